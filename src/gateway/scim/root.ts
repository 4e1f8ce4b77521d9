/** Queries of the root: users and groups in one list (RFC 7644 §3.4.2.1). */
import { parseFilter } from "../../scim/filter/parse.ts";
import { type ResolvedFilter, resolveRootFilter } from "../../scim/filter/resolve.ts";
import type { JsonObject } from "../../scim/json.ts";
import { type ListQuery, listResponse, parseListQuery, resolveSort } from "../../scim/list.ts";
import { type Projection, parseProjection } from "../../scim/projection.ts";
import {
  GROUP_TYPE,
  type ResolvedAttribute,
  type ResourceType,
  USER_TYPE,
} from "../../scim/resource-type.ts";
import { ok, type Result, refuse } from "../../scim/result.ts";
import type { Row } from "../../store/database.ts";
import type { PageQuery } from "../../store/resources/resource-page.ts";
import { planRootPage, type RootPage, selectByNumber } from "../../store/resources/root-page.ts";
import { readAs, type ScimClient, whenGuarded } from "./client.ts";
import { type CursorUse, openCursor, type PageStart, sealCursor } from "./cursor.ts";
import type { ListParameters } from "./list.ts";
import { checkSize, fitting, represent, tooMany, wantsRelations } from "./listed.ts";

const types = [USER_TYPE, GROUP_TYPE] as const;

/** What is asked of one type. An attribute the type lacks has no value there: it matches and sorts as absent. */
type Part = {
  readonly type: ResourceType;
  readonly projection: Projection;
  readonly filter: ResolvedFilter | undefined;
  readonly sort: ResolvedAttribute | "lacking" | undefined;
};

function parseParts({ filter, sortBy }: ListQuery, parameters: ListParameters): Result<Part[]> {
  const parsed = filter === undefined ? ok(undefined) : parseFilter(filter);
  if (!parsed.ok) return parsed;
  const filters = parsed.value === undefined ? ok([]) : resolveRootFilter(parsed.value, types);
  if (!filters.ok) return filters;
  for (const each of filters.value) {
    const size = checkSize(each);
    if (!size.ok) return size;
  }
  const parts: Part[] = [];
  for (const [index, type] of types.entries()) {
    const projection = parseProjection(parameters["attributes"], parameters["excludedAttributes"], type);
    if (!projection.ok) return projection;
    const resolved = sortBy === undefined ? undefined : resolveSort(sortBy, type);
    const sort = resolved === undefined ? undefined : resolved.ok ? resolved.value : "lacking";
    parts.push({ type, projection: projection.value, filter: filters.value[index], sort });
  }
  if (sortBy !== undefined && parts.every(({ sort }) => sort === "lacking")) {
    return refuse("invalidValue", `'${sortBy}' is not an attribute that resources can be sorted by.`);
  }
  return ok(parts);
}

const pageQuery = (
  client: ScimClient,
  list: ListQuery,
  { after, count }: PageStart,
  part: Part,
): PageQuery => ({
  tenantNo: client.scope.tenantNo,
  owner: client.identity.configurationNo,
  type: part.type,
  baseUrl: client.baseUrl,
  filter: part.filter,
  sort: part.sort,
  descending: list.sortOrder === "descending",
  start: list.paging.method === "index" ? { offset: list.paging.startIndex - 1 } : { after },
  count,
  withRelations: wantsRelations(part.type, part.projection),
});

/** `GET /` and `POST /.search`. */
export async function searchAll(client: ScimClient, parameters: ListParameters): Promise<Result<JsonObject>> {
  const parsed = parseListQuery(parameters);
  if (!parsed.ok) return parsed;
  const list = parsed.value;
  const { paging, filter, sortBy, sortOrder } = list;
  const parts = parseParts(list, parameters);
  if (!parts.ok) return parts;
  const use: CursorUse = { endpoint: "/", filter, sortBy, sortOrder };
  const start = await openCursor(client, use, paging);
  if (!start.ok) return start;
  const { after, count } = start.value;
  const queries = parts.value.map((part) => pageQuery(client, list, start.value, part));
  const plan = planRootPage(queries);
  const results = await whenGuarded(
    readAs(client, () => plan.statements),
    { too_many: () => tooMany },
  );
  if (!results.ok) return results;
  const page = plan.read(results.value);
  const { resources, consumed } = await read(client, parts.value, queries, page);
  const answer = { totalResults: page.total, itemsPerPage: resources.length, resources };
  if (paging.method === "index") return ok(listResponse({ ...answer, startIndex: paging.startIndex }));
  const hasMore = page.hasMore || consumed < page.entries.length;
  const last = consumed === 0 ? after : page.positionAt(consumed - 1);
  return ok(
    listResponse({
      ...answer,
      ...(hasMore ? { nextCursor: await sealCursor(client, use, last, count) } : {}),
    }),
  );
}

/** Reads what is on the page, in its order; what has gone since the first trip is left out. */
async function read(
  client: ScimClient,
  parts: readonly Part[],
  queries: readonly PageQuery[],
  { entries }: RootPage,
): Promise<{ resources: JsonObject[]; consumed: number }> {
  if (entries.length === 0) return { resources: [], consumed: 0 };
  const numbers = parts.map((_, index) => entries.filter(({ part }) => part === index).map(({ no }) => no));
  const results = await readAs(client, () =>
    queries.map((query, index) => selectByNumber(query, numbers[index] ?? [])),
  );
  const rows = new Map<string, Row>();
  for (const [index, found] of results.entries()) {
    for (const row of found) rows.set(`${index}:${row["no"]}`, row);
  }
  const onPage = entries.map((entry) => ({ ...entry, row: rows.get(`${entry.part}:${entry.no}`) }));
  const consumed = parts.some(
    ({ type, projection }) => type.name === "Group" && wantsRelations(type, projection),
  )
    ? fitting(onPage.map(({ row }) => row ?? {}))
    : onPage.length;
  const kept = onPage.slice(0, consumed);
  const shown = new Map<string, JsonObject>();
  for (const [index, { type, projection }] of parts.entries()) {
    const own = kept.flatMap(({ part, row }) => (part === index && row !== undefined ? [row] : []));
    const resources = await represent(client, type, projection, own);
    for (const [at, row] of own.entries()) {
      const resource = resources[at];
      if (resource !== undefined) shown.set(`${index}:${row["no"]}`, resource);
    }
  }
  return {
    resources: kept.flatMap(({ part, no }) => {
      const resource = shown.get(`${part}:${no}`);
      return resource === undefined ? [] : [resource];
    }),
    consumed,
  };
}
