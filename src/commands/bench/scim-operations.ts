/** Each operation of SCIM on one organization, as something that can be repeated, with what it may cost in D1. */
import { type Answer, expectStatus } from "../client/http.ts";
import { type Directory, freshName, groupSchema, person, seededId } from "./directory.ts";
import type { Spent } from "./spent.ts";

export type ScimOperation = {
  name: string;
  /** Where the design names one. */
  budget?: Spent;
  send(index: number): Promise<Answer>;
};

const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const bulkSchema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/** Users in one Bulk request and on one page. */
const perBulk = 10;
const perPage = 100;

const patch = (...operations: readonly object[]) => ({ schemas: [patchSchema], Operations: operations });
const member = (op: "add" | "remove", id: string) =>
  op === "add" ? { op, path: "members", value: [{ value: id }] } : { op, path: `members[value eq "${id}"]` };

/** @param groups that each user shown is in */
const budgetsOf = (groups: number) =>
  ({
    create: { trips: 1, read: 10, written: 10 },
    read: { trips: 1, read: 6 + 4 * groups, written: 0 },
    change: { trips: 2, read: 10 + 4 * groups, written: 5 },
    member: { trips: 1, read: 14, written: 7 },
    group: { trips: 1, read: 6, written: 0 },
    page: { trips: 1, read: 2 * perPage + 6 + 4 * groups * perPage, written: 0 },
  }) satisfies Record<string, Spent>;

/** Later operations use what earlier ones made: they run in this order. */
export function scimOperations(
  directory: Directory,
  groupId: string,
  groupsOfEach: 0 | 1 = 0,
): ScimOperation[] {
  const budgets = budgetsOf(groupsOfEach);
  const { scim, people } = directory;
  const created: { id: string; name: string }[] = [];
  const someone = (index: number): number => 1 + ((index * 7_919) % people);
  const stock = (index: number) => {
    const found = created[index % Math.max(1, created.length)];
    if (found === undefined) throw new Error("No user was created before.");
    return found;
  };
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    expectStatus(`${method} ${path}`, await scim.request(method, path, body), 200, 201, 204);
  let cursor = "";
  return [
    {
      name: "POST /Users",
      budget: budgets.create,
      async send() {
        const name = freshName();
        const answer = await ask("POST", "/Users", person(name));
        created.push({ id: (answer.body as { id: string }).id, name });
        return answer;
      },
    },
    {
      name: "GET /Users/{id}",
      budget: budgets.read,
      send: (index) => ask("GET", `/Users/${seededId(someone(index))}`),
    },
    {
      name: "filter userName eq",
      budget: budgets.read,
      send: (index) => ask("GET", `/Users?filter=userName eq "seed-${someone(index)}"`),
    },
    {
      name: "filter externalId eq",
      budget: budgets.read,
      send: (index) => ask("GET", `/Users?filter=externalId eq "external-${stock(index).name}"`),
    },
    {
      name: "PUT /Users/{id}",
      budget: budgets.change,
      send: (index) =>
        ask("PUT", `/Users/${stock(index).id}`, { ...person(stock(index).name), title: freshName() }),
    },
    {
      name: "PATCH /Users/{id}",
      budget: budgets.change,
      send: (index) =>
        ask(
          "PATCH",
          `/Users/${stock(index).id}`,
          patch({ op: "replace", path: "title", value: freshName() }),
        ),
    },
    {
      name: `list of ${perPage} by index`,
      budget: budgets.page,
      send: () => ask("GET", `/Users?startIndex=1&count=${perPage}`),
    },
    {
      name: `list of ${perPage} by cursor`,
      budget: budgets.page,
      async send() {
        const answer = await ask("GET", `/Users?count=${perPage}&cursor=${encodeURIComponent(cursor)}`);
        cursor = (answer.body as { nextCursor?: string }).nextCursor ?? "";
        return answer;
      },
    },
    {
      name: "POST /Groups",
      send: () => ask("POST", "/Groups", { schemas: [groupSchema], displayName: freshName() }),
    },
    {
      name: "PATCH /Groups/{id}, add 1",
      budget: budgets.member,
      send: (index) => ask("PATCH", `/Groups/${groupId}`, patch(member("add", stock(index).id))),
    },
    {
      name: "GET /Groups/{id} without members",
      budget: budgets.group,
      send: () => ask("GET", `/Groups/${groupId}?excludedAttributes=members`),
    },
    {
      name: "PATCH /Groups/{id}, remove 1",
      budget: budgets.member,
      send: (index) => ask("PATCH", `/Groups/${groupId}`, patch(member("remove", stock(index).id))),
    },
    { name: "token", send: () => directory.requestToken() },
    {
      name: `Bulk, ${perBulk} × POST /Users`,
      send: () =>
        ask("POST", "/Bulk", {
          schemas: [bulkSchema],
          Operations: Array.from({ length: perBulk }, (_, place) => ({
            method: "POST",
            path: "/Users",
            bulkId: String(place),
            data: person(freshName()),
          })),
        }),
    },
    {
      name: "DELETE /Users/{id}",
      send: () => ask("DELETE", `/Users/${created.pop()?.id ?? ""}`),
    },
  ];
}
