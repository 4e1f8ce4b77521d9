/** Lists and searches of SCIM resources (RFC 7644 §3.4.2 and §3.4.3, RFC 9865): one trip to the shard. */
import { refusal, type ScimError } from "../scim/error.ts";
import { parseFilter } from "../scim/filter/parse.ts";
import { type ResolvedFilter, resolveFilter } from "../scim/filter/resolve.ts";
import type { JsonObject } from "../scim/json.ts";
import { type ListQuery, listResponse, parseListQuery, resolveSort } from "../scim/list.ts";
import { type Projection, parseProjection, project, wantsAttribute } from "../scim/projection.ts";
import { GROUP_TYPE, type ResolvedAttribute, type ResourceType, USER_TYPE } from "../scim/resource-type.ts";
import { ok, type Result } from "../scim/result.ts";
import type { Row } from "../store/database.ts";
import { groupRecord } from "../store/groups.ts";
import { type Page, type PageQuery, type Position, planPage } from "../store/resource-page.ts";
import { userRecord } from "../store/users.ts";
import { type CursorUse, openCursor, sealCursor } from "./cursor.ts";
import { readAs, type ScimClient, whenGuarded } from "./scim-client.ts";
import {
  type GroupMember,
  groupRepresentation,
  userGroups,
  userRepresentation,
} from "./scim-representation.ts";

export type ListParameters = Readonly<Record<string, string | undefined>>;

const tooMany: ScimError = refusal(
  "tooMany",
  "The filter or the sort order cannot be served by an index, and there are too many resources to examine. " +
    "Filter by id, userName, displayName, externalId, emails.value, groups or members with 'eq', or page without a filter.",
);

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
  return parsed.ok ? resolveFilter(parsed.value, type) : parsed;
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
  const after = paging.method === "cursor" ? await openCursor(client, use, paging.cursor) : ok(undefined);
  if (!after.ok) return after;
  const page = await readPage(client, request, after.value);
  if (!page.ok) return page;
  const resources = await represent(client, request, page.value.rows);
  const { total } = page.value;
  if (paging.method === "index") {
    return ok(
      listResponse({
        ...(total === undefined ? {} : { totalResults: total }),
        startIndex: paging.startIndex,
        itemsPerPage: resources.length,
        resources,
      }),
    );
  }
  const next = page.value.next;
  return ok(
    listResponse({
      ...(total === undefined ? {} : { totalResults: total }),
      itemsPerPage: resources.length,
      resources,
      ...(next === undefined ? {} : { nextCursor: await sealCursor(client, use, next) }),
    }),
  );
}

function pageQuery(client: ScimClient, request: Request, after: Position | undefined): PageQuery {
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
    count: paging.count,
    withRelations: wantsAttribute(projection, type.name === "User" ? "groups" : "members"),
  };
}

async function readPage(
  client: ScimClient,
  request: Request,
  after: Position | undefined,
): Promise<Result<Page>> {
  const plan = planPage(pageQuery(client, request, after));
  const results = await whenGuarded(
    readAs(client, () => plan.statements),
    { too_many: () => tooMany },
  );
  return results.ok ? ok(plan.read(results.value)) : results;
}

async function represent(
  client: ScimClient,
  { type, projection }: Request,
  rows: readonly Row[],
): Promise<JsonObject[]> {
  const relations = wantsAttribute(projection, type.name === "User" ? "groups" : "members");
  return rows.map((row) => {
    const resource =
      type.name === "User"
        ? userRepresentation(
            client.baseUrl,
            userRecord(row),
            relations ? userGroups(row["relations"]) : undefined,
          )
        : groupRepresentation(client.baseUrl, groupRecord(row), relations ? membersOf(row) : undefined);
    return project(type, resource, projection);
  });
}

const membersOf = (row: Row): GroupMember[] =>
  (JSON.parse(String(row["relations"] ?? "[]")) as [number, string | null][]).flatMap(([kind, id]) =>
    id === null ? [] : [{ id, kind: kind === 0 ? "User" : "Group" }],
  );
