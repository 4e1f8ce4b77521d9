/** Lists and searches of SCIM resources (RFC 7644 §3.4.2 and §3.4.3, RFC 9865): one trip to the shard. */
import { parseFilter } from "../../scim/filter/parse.ts";
import { type ResolvedFilter, resolveFilter } from "../../scim/filter/resolve.ts";
import type { JsonObject } from "../../scim/json.ts";
import { type ListQuery, listResponse, parseListQuery, resolveSort } from "../../scim/list.ts";
import { type Projection, parseProjection } from "../../scim/projection.ts";
import {
  GROUP_TYPE,
  type ResolvedAttribute,
  type ResourceType,
  USER_TYPE,
} from "../../scim/resource-type.ts";
import { ok, type Result } from "../../scim/result.ts";
import { type Page, type PagePlan, type PageQuery, planPage } from "../../store/resources/resource-page.ts";
import { readAs, type ScimClient, whenGuarded } from "./client.ts";
import { type CursorUse, openCursor, type PageStart, sealCursor } from "./cursor.ts";
import { checkSize, fitting, represent, tooMany, wantsRelations } from "./listed.ts";

export type ListParameters = Readonly<Record<string, string | undefined>>;

/** Everything about a list but the rows. */
type Request = {
  readonly type: ResourceType;
  readonly list: ListQuery;
  readonly projection: Projection;
  readonly filter: ResolvedFilter | undefined;
  readonly sort: ResolvedAttribute | undefined;
};

function parseRequest(type: ResourceType, parameters: ListParameters): Result<Request> {
  const list = parseListQuery(parameters);
  if (!list.ok) return list;
  const projection = parseProjection(parameters["attributes"], parameters["excludedAttributes"], type);
  if (!projection.ok) return projection;
  const filter = filterOf(list.value, type);
  if (!filter.ok) return filter;
  const sort = list.value.sortBy === undefined ? ok(undefined) : resolveSort(list.value.sortBy, type);
  if (!sort.ok) return sort;
  return ok({ type, list: list.value, projection: projection.value, filter: filter.value, sort: sort.value });
}

function filterOf({ filter }: ListQuery, type: ResourceType): Result<ResolvedFilter | undefined> {
  if (filter === undefined) return ok(undefined);
  const parsed = parseFilter(filter);
  if (!parsed.ok) return parsed;
  const resolved = resolveFilter(parsed.value, type);
  return resolved.ok ? checkSize(resolved.value) : resolved;
}

/** `GET /Users` and `POST /Users/.search`. */
export const listUsers = (client: ScimClient, parameters: ListParameters): Promise<Result<JsonObject>> =>
  list(client, USER_TYPE, parameters);

/** `GET /Groups` and `POST /Groups/.search`. */
export const listGroups = (client: ScimClient, parameters: ListParameters): Promise<Result<JsonObject>> =>
  list(client, GROUP_TYPE, parameters);

async function list(
  client: ScimClient,
  type: ResourceType,
  parameters: ListParameters,
): Promise<Result<JsonObject>> {
  const parsed = parseRequest(type, parameters);
  if (!parsed.ok) return parsed;
  const request = parsed.value;
  const { paging, filter, sortBy, sortOrder } = request.list;
  const use: CursorUse = { endpoint: type.endpoint, filter, sortBy, sortOrder };
  const start = await openCursor(client, use, paging);
  if (!start.ok) return start;
  const { after, count } = start.value;
  const page = await readPage(client, request, start.value);
  if (!page.ok) return page;
  const { rows, total } = page.value;
  const isLong = type.name === "Group" && wantsRelations(type, request.projection);
  const shown = isLong ? fitting(rows) : rows.length;
  const resources = await represent(client, type, request.projection, rows.slice(0, shown));
  const answer = { ...(total === undefined ? {} : { totalResults: total }), itemsPerPage: shown, resources };
  if (paging.method === "index") return ok(listResponse({ ...answer, startIndex: paging.startIndex }));
  // A page of no resources ends where it began.
  const last = shown === 0 ? after : page.value.positionAt(shown - 1);
  const hasMore = page.value.hasMore || shown < rows.length;
  return ok(
    listResponse({
      ...answer,
      ...(hasMore ? { nextCursor: await sealCursor(client, use, last, count) } : {}),
    }),
  );
}

function pageQuery(client: ScimClient, request: Request, { after, count }: PageStart): PageQuery {
  const { type, list, projection, filter, sort } = request;
  const { paging, sortOrder } = list;
  return {
    tenantNo: client.scope.tenantNo,
    owner: client.identity.configurationNo,
    type,
    baseUrl: client.baseUrl,
    filter,
    sort,
    descending: sortOrder === "descending",
    start: paging.method === "index" ? { offset: paging.startIndex - 1 } : { after },
    count,
    withRelations: count > 0 && wantsRelations(type, projection),
  };
}

async function readPage(client: ScimClient, request: Request, start: PageStart): Promise<Result<Page>> {
  const { method } = request.list.paging;
  const read = async (plan: PagePlan): Promise<Page> => {
    const page = plan.read(await readAs(client, () => plan.statements));
    // Walks by cursor need no total (RFC 9865 §2), unless that is all that was asked for.
    if (page.total !== undefined || (method === "cursor" && start.count > 0)) return page;
    const [rows] = await readAs(client, () => [plan.count]);
    return { ...page, total: Number(rows?.[0]?.["total"]) };
  };
  const plan = planPage(pageQuery(client, request, start));
  const { otherwise } = plan;
  const first = await whenGuarded(read(plan), { too_many: () => tooMany });
  return first.ok || otherwise === undefined
    ? first
    : whenGuarded(read(otherwise), { too_many: () => tooMany });
}
