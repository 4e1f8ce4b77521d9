/** What RFC 7643, 7644 and 9865 ask of a service provider beyond what identity providers happen to send. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Call, type ScimClient, send, signUpTenant } from "../support/gateway.ts";
import { gateway } from "../support/gateway-worker.ts";
import type { Json } from "../support/json-subset.ts";
import {
  bulkBody,
  ENTERPRISE,
  GROUP,
  groupBody,
  LIST,
  patchBody,
  searchBody,
  USER,
  userBody,
} from "../support/scim-messages.ts";
import { breaches } from "../support/transcript.ts";

type JsonObject = { [name: string]: Json };
type Resource = JsonObject & { id: string; meta: JsonObject };
type List = { totalResults: number; startIndex: number; itemsPerPage: number; Resources: Resource[] };

let client: ScimClient;
let gallery: ScimClient;

beforeAll(async () => {
  const tenant = await signUpTenant(gateway);
  client = await tenant.configure("other_scim");
  gallery = await tenant.configure("entra_gallery");
});

/** Without hyphens: filters here look for what follows one. */
const fresh = (): string => crypto.randomUUID().replaceAll("-", "").slice(0, 12);
const query = (parameters: Record<string, string>): string => `?${new URLSearchParams(parameters)}`;
const create = (more: JsonObject = {}): Promise<Resource> =>
  client.call<Resource>(201, "POST", "/Users", userBody(`user-${fresh()}`, more));
const createGroup = (members: string[] = []): Promise<Resource> =>
  client.call<Resource>(201, "POST", "/Groups", groupBody(`group ${fresh()}`, members));
const patch = (id: string, ...operations: JsonObject[]): Promise<Resource> =>
  client.call<Resource>(200, "PATCH", `/Users/${id}`, patchBody(...operations));

async function expectError(
  work: Promise<Answer>,
  status: number,
  scimType?: string,
  what = "",
): Promise<void> {
  const answer = await work;
  const place = `${what} ${answer.text.slice(0, 300)}`;
  expect(answer.status, place).toBe(status);
  expect(breaches(answer), place).toEqual([]);
  expect((answer.body as { scimType?: string }).scimType, place).toBe(scimType);
}

type Attribute = {
  name: string;
  type: string;
  multiValued: boolean;
  required: boolean;
  mutability: string;
  returned: string;
  uniqueness: string;
  caseExact?: boolean;
  description: string;
  canonicalValues?: string[];
  referenceTypes?: string[];
  subAttributes?: Attribute[];
};
type Schema = Resource & { attributes: Attribute[] };

const schemaNamed = (id: string): Promise<Schema> => client.call<Schema>(200, "GET", `/Schemas/${id}`);

const typed: Record<string, (value: Json) => boolean> = {
  string: (value) => typeof value === "string",
  reference: (value) => typeof value === "string",
  binary: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  integer: (value) => Number.isInteger(value),
  decimal: (value) => typeof value === "number",
  dateTime: (value) => typeof value === "string" && !Number.isNaN(Date.parse(value)),
  complex: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

/** Where a document is not what its own published schema says. */
function departures(document: JsonObject, attributes: readonly Attribute[], place = ""): string[] {
  const found: string[] = [];
  for (const { name, required } of attributes) {
    if (required && document[name] === undefined) found.push(`${place}${name} is missing`);
  }
  for (const [name, value] of Object.entries(document)) {
    if (place === "" && ["schemas", "id", "externalId", "meta"].includes(name)) continue;
    const attribute = attributes.find((one) => one.name === name);
    if (attribute === undefined) {
      found.push(`${place}${name} is not in the schema`);
      continue;
    }
    if (Array.isArray(value) !== attribute.multiValued) found.push(`${place}${name} has the wrong plurality`);
    for (const item of Array.isArray(value) ? value : [value]) {
      if (typed[attribute.type]?.(item) !== true) found.push(`${place}${name} is no ${attribute.type}`);
      else if (attribute.type === "complex") {
        // Sub-attributes have sub-attributes; RFC 7643 §8.7.2 describes that recursion one level deep.
        const isRecursive = name === "subAttributes" && attribute.subAttributes !== undefined;
        const inner = [...(attribute.subAttributes ?? []), ...(isRecursive ? [attribute] : [])];
        found.push(...departures(item as JsonObject, inner, `${place}${name}.`));
      }
    }
  }
  return found;
}

describe("discovery (RFC 7644 §4, RFC 7643 §5–7)", () => {
  it("documents are what their own schemas say", async () => {
    const config = await client.call(200, "GET", "/ServiceProviderConfig");
    const kinds = {
      ServiceProviderConfig: await schemaNamed("urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"),
      ResourceType: await schemaNamed("urn:ietf:params:scim:schemas:core:2.0:ResourceType"),
      Schema: await schemaNamed("urn:ietf:params:scim:schemas:core:2.0:Schema"),
    };
    expect(departures(config, kinds.ServiceProviderConfig.attributes)).toEqual([]);
    for (const [path, schema] of [
      ["/ResourceTypes", kinds.ResourceType],
      ["/Schemas", kinds.Schema],
    ] as const) {
      const list = await client.call<List>(200, "GET", path);
      expect(list).toMatchObject({ schemas: [LIST], totalResults: list.Resources.length });
      for (const resource of list.Resources) {
        expect(departures(resource, schema.attributes), resource.id).toEqual([]);
        expect(resource["schemas"]).toEqual([schema.id]);
        const location = String(resource.meta["location"]);
        expect(await client.call(200, "GET", location)).toEqual(resource);
      }
    }
  });

  it("characteristics of attributes are words of RFC 7643 §7", async () => {
    const check = (attribute: Attribute, place: string): void => {
      expect(
        ["string", "boolean", "decimal", "integer", "dateTime", "reference", "complex", "binary"],
        place,
      ).toContain(attribute.type);
      expect(["readOnly", "readWrite", "immutable", "writeOnly"], place).toContain(attribute.mutability);
      expect(["always", "never", "default", "request"], place).toContain(attribute.returned);
      expect(["none", "server", "global"], place).toContain(attribute.uniqueness);
      expect(attribute.type === "complex", place).toBe(attribute.subAttributes !== undefined);
      expect(attribute.type === "reference", place).toBe(attribute.referenceTypes !== undefined);
      expect(attribute.description, place).not.toBe("");
      expect(attribute.name, place).toMatch(/^[$a-zA-Z][\w$-]*$/);
      for (const sub of attribute.subAttributes ?? []) check(sub, `${place}.${sub.name}`);
    };
    const { Resources } = await client.call<{ Resources: Schema[] }>(200, "GET", "/Schemas");
    for (const schema of Resources)
      for (const attribute of schema.attributes) check(attribute, `${schema.id}:${attribute.name}`);
  });

  it("types name the schemas that are there", async () => {
    const { Resources: types } = await client.call<List>(200, "GET", "/ResourceTypes");
    const { Resources: schemas } = await client.call<List>(200, "GET", "/Schemas");
    const ids = schemas.map(({ id }) => id);
    expect(ids.filter((id) => id.startsWith("urn:ietf:params:scim:api:"))).toEqual([]);
    for (const type of types) {
      const extensions = (type["schemaExtensions"] ?? []) as { schema: string; required: boolean }[];
      for (const id of [type["schema"], ...extensions.map(({ schema }) => schema)]) expect(ids).toContain(id);
      expect(await client.call(200, "GET", String(type["endpoint"]))).toMatchObject({ schemas: [LIST] });
    }
  });

  it("filters are refused with 403, and sorting and paging are ignored", async () => {
    const lists = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];
    for (const path of [
      ...lists,
      "/ResourceTypes/User",
      "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    ]) {
      const plain = await client.call(200, "GET", path);
      await expectError(client.send("GET", `${path}?filter=id pr`), 403);
      expect(
        await client.call(200, "GET", `${path}?sortBy=id&sortOrder=descending&startIndex=2&count=1`),
      ).toEqual(plain);
    }
  });

  it("authentication schemes are those that work here", async () => {
    for (const [side, schemes] of [
      [client, ["oauthbearertoken", "httpbasic"]],
      [gallery, ["oauthbearertoken"]],
    ] as const) {
      const { authenticationSchemes } = await side.call<{ authenticationSchemes: { type: string }[] }>(
        200,
        "GET",
        "/ServiceProviderConfig",
      );
      expect(authenticationSchemes.map(({ type }) => type)).toEqual(schemes);
      const basic = await side.send("GET", "/Users", undefined, { authorization: side.basic });
      expect(basic.status === 200).toBe(schemes.some((type) => type === "httpbasic"));
    }
  });

  it("every attribute that the schemas offer is taken and returned as they say", async () => {
    const sample = (attribute: Attribute): Json => {
      const one = (): Json => {
        switch (attribute.type) {
          case "boolean":
            return true;
          case "binary":
            return "AQID";
          case "complex":
            return Object.fromEntries(
              (attribute.subAttributes ?? [])
                .filter(({ mutability }) => mutability !== "readOnly")
                .map((sub) => [sub.name, sample(sub)]),
            );
          default:
            return attribute.canonicalValues?.[0] ?? `value of ${attribute.name}`;
        }
      };
      return attribute.multiValued ? [one()] : one();
    };
    const writable = (schema: Schema): JsonObject =>
      Object.fromEntries(
        schema.attributes
          .filter(({ mutability, name }) => mutability !== "readOnly" && name !== "members")
          .map((attribute) => [attribute.name, sample(attribute)]),
      );
    const types = await client.call<List>(200, "GET", "/ResourceTypes");
    for (const type of types.Resources) {
      const core = await schemaNamed(String(type["schema"]));
      const body: JsonObject = { schemas: [core.id], ...writable(core) };
      for (const { schema } of (type["schemaExtensions"] ?? []) as { schema: string }[]) {
        body[schema] = writable(await schemaNamed(schema));
        (body["schemas"] as string[]).push(schema);
      }
      const name = type.id === "User" ? "userName" : "displayName";
      body[name] = `${type.id} ${fresh()}`;
      const made = await client.call<Resource>(201, "POST", String(type["endpoint"]), body);
      const never = core.attributes
        .filter(({ returned }) => returned === "never")
        .map((attribute) => attribute.name);
      const wanted = Object.fromEntries(Object.entries(body).filter(([key]) => !never.includes(key)));
      expect(made).toMatchObject(wanted);
      for (const key of never) expect(made).not.toHaveProperty(key);
      expect(await client.call(200, "GET", String(made.meta["location"]))).toEqual(made);
      const unique = core.attributes.filter(({ uniqueness }) => uniqueness === "server");
      expect(unique.map((attribute) => attribute.name)).toEqual(type.id === "User" ? ["userName"] : []);
      for (const { name: path } of core.attributes.filter(({ mutability }) => mutability === "readOnly")) {
        const answer = client.send(
          "PATCH",
          String(made.meta["location"]),
          patchBody({ op: "replace", path, value: [{ value: "x" }] }),
        );
        await expectError(answer, 400, "mutability", path);
      }
    }
  });

  it("limits that it names are kept", async () => {
    const config = await client.call<{
      filter: { maxResults: number };
      bulk: { maxOperations: number; maxPayloadSize: number };
      pagination: JsonObject;
    }>(200, "GET", "/ServiceProviderConfig");
    const { maxOperations, maxPayloadSize } = config.bulk;
    const operation = { method: "DELETE", path: "/Users/nobody" };
    const tooMany = await client.send(
      "POST",
      "/Bulk",
      bulkBody(...Array.from({ length: maxOperations + 1 }, () => operation)),
    );
    await expectError(Promise.resolve(tooMany), 413);
    expect(tooMany.text).toContain(String(maxOperations));
    const tooLarge = await client.send("POST", "/Bulk", `{"x":"${"y".repeat(maxPayloadSize)}"}`);
    await expectError(Promise.resolve(tooLarge), 413);
    expect(tooLarge.text).toContain(String(maxPayloadSize));
    expect(config.pagination).toMatchObject({ cursor: true, index: true, defaultPaginationMethod: "index" });
    const page = await client.call<List>(200, "GET", `/Users?count=${config.filter.maxResults + 1}`);
    expect(page.Resources.length).toBeLessThanOrEqual(config.filter.maxResults);
  });
});

describe("queries (RFC 7644 §3.4.2)", () => {
  let mark: string;
  let ids: Record<string, string>;

  beforeAll(async () => {
    mark = fresh();
    const people: [string, JsonObject][] = [
      [
        "ann",
        {
          displayName: `${mark} Ann`,
          title: "Boss",
          active: true,
          name: { familyName: "Zed" },
          emails: [
            { value: `ann@${mark}.com`, type: "work" },
            { value: `ann@${mark}.net`, type: "home" },
          ],
        },
      ],
      [
        "bob",
        {
          displayName: `${mark} bob`,
          active: false,
          name: { familyName: "Alba" },
          emails: [{ value: `bob@${mark}.com`, type: "home" }],
          [ENTERPRISE]: { department: "Sales" },
        },
      ],
      ["cyd", { displayName: `${mark} Cyd`, title: "boss", active: true, nickName: 'quo"te' }],
    ];
    ids = {};
    for (const [key, more] of people)
      ids[key] = (await client.call<Resource>(201, "POST", "/Users", userBody(`${mark}-${key}`, more))).id;
  });

  const found = async (filter: string, more: Record<string, string> = {}): Promise<string[]> => {
    const bounded = `displayName sw "${mark}" and (${filter})`;
    const list = await client.call<List>(200, "GET", `/Users${query({ filter: bounded, ...more })}`);
    expect(list.totalResults).toBe(list.Resources.length);
    const names = Object.entries(ids);
    return list.Resources.map(({ id }) => names.find(([, known]) => known === id)?.[0] ?? id);
  };

  it("filters by every operator, with precedence and value paths", async () => {
    for (const [filter, expected] of [
      ['title eq "BOSS"', ["ann", "cyd"]],
      ['title ne "boss"', ["bob"]],
      ['userName co "-b"', ["bob"]],
      [`userName sw "${mark}-"`, ["ann", "bob", "cyd"]],
      ['userName ew "-CYD"', ["cyd"]],
      ["title pr", ["ann", "cyd"]],
      ["not (title pr)", ["bob"]],
      ['displayName gt "' + "zzz" + '"', []],
      ['name.familyName lt "b"', ["bob"]],
      ['name.familyName ge "zed"', ["ann"]],
      ["active eq true", ["ann", "cyd"]],
      ["active eq false", ["bob"]],
      ['emails[type eq "work" and value co "@"]', ["ann"]],
      ['emails[type eq "work" and value ew ".net"]', []],
      ['emails.type eq "work" and emails.value ew ".net"', ["ann"]],
      ['emails.value ew ".com"', ["ann", "bob"]],
      [`${ENTERPRISE}:department eq "sales"`, ["bob"]],
      [`${USER}:title eq "boss"`, ["ann", "cyd"]],
      ['title eq "boss" and active eq true or nickName pr', ["ann", "cyd"]],
      ['active eq false or title eq "boss" and nickName pr', ["bob", "cyd"]],
      ['(active eq false or title eq "boss") and nickName pr', ["cyd"]],
      ['nickName eq "quo\\"te"', ["cyd"]],
      [
        'meta.created gt "2000-01-01T00:00:00Z" and meta.lastModified le "2999-01-01T00:00:00Z"',
        ["ann", "bob", "cyd"],
      ],
      ['meta.resourceType eq "User"', ["ann", "bob", "cyd"]],
      ['TITLE EQ "boss" AND Active Eq TRUE', ["ann", "cyd"]],
    ] as [string, string[]][]) {
      expect((await found(filter)).sort(), filter).toEqual(expected);
    }
  });

  it("refuses what is no filter, or none that fits, and never lists everybody instead", async () => {
    for (const filter of [
      "",
      "title",
      "title eq",
      'title eq "x" and',
      '(title eq "x"',
      'title eq "x")',
      'title is "x"',
      'shoeSize eq "x"',
      "active gt true",
      'active co "t"',
      'emails[type eq "work"',
      "emails[]",
      'title eq "unclosed',
      'not title eq "x"',
      'meta.created gt "yesterday"',
      'password eq "x"',
      `title eq "${"x".repeat(9000)}"`,
      `${"(".repeat(500)}title pr${")".repeat(500)}`,
      Array.from({ length: 300 }, () => "title pr").join(" or "),
    ]) {
      await expectError(
        client.send("POST", "/Users/.search", searchBody({ filter })),
        400,
        "invalidFilter",
        filter.slice(0, 60),
      );
    }
  });

  it("sorts in both directions, case-insensitively where the attribute is", async () => {
    expect(await found("id pr", { sortBy: "displayName" })).toEqual(["ann", "bob", "cyd"]);
    expect(await found("id pr", { sortBy: "displayName", sortOrder: "descending" })).toEqual([
      "cyd",
      "bob",
      "ann",
    ]);
    expect(await found("name.familyName pr", { sortBy: "name.familyName" })).toEqual(["bob", "ann"]);
    expect(await found("id pr", { sortBy: "userName", sortOrder: "descending" })).toEqual([
      "cyd",
      "bob",
      "ann",
    ]);
    // §3.4.2.3: without a value last in ascending order, first in descending.
    expect((await found("id pr", { sortBy: "title" })).at(-1)).toBe("bob");
    expect((await found("id pr", { sortBy: "title", sortOrder: "descending" }))[0]).toBe("bob");
  });

  it("without a match are 200 and empty", async () => {
    for (const path of ["/Users", "/Groups", "/"]) {
      const list = await client.call(200, "GET", `${path}${query({ filter: 'id eq "nobody"' })}`);
      expect(list).toEqual({
        schemas: [LIST],
        totalResults: 0,
        startIndex: 1,
        itemsPerPage: 0,
        Resources: [],
      });
    }
  });

  it("in a body mean the same (§3.4.3)", async () => {
    const filter = `displayName sw "${mark}"`;
    const wanted = {
      attributes: ["userName", "name.familyName"],
      filter,
      sortBy: "userName",
      sortOrder: "descending",
      startIndex: 1,
      count: 2,
    };
    for (const path of ["/Users/.search", "/.search"]) {
      const answer = await client.call<List>(200, "POST", path, searchBody(wanted));
      expect(answer, path).toMatchObject({ totalResults: 3, itemsPerPage: 2, startIndex: 1 });
      expect(answer.Resources.map(({ id }) => id)).toEqual([ids["cyd"], ids["bob"]]);
      expect(answer.Resources[1]).toEqual({
        schemas: [USER],
        id: ids["bob"],
        userName: `${mark}-bob`,
        name: { familyName: "Alba" },
      });
    }
    const group = await createGroup([ids["ann"] ?? ""]);
    const groups = await client.call<List>(
      200,
      "POST",
      "/Groups/.search",
      searchBody({ filter: `members eq "${ids["ann"]}"`, excludedAttributes: ["members"] }),
    );
    expect(groups.Resources.map(({ id }) => id)).toEqual([group.id]);
    expect(groups.Resources[0]).not.toHaveProperty("members");
    await expectError(
      client.send("POST", "/Users/.search", { schemas: [USER], filter }),
      400,
      "invalidSyntax",
    );
  });

  it("of the root reach every type (§3.4.2.1)", async () => {
    const name = `Root ${fresh()}`;
    const user = await create({ displayName: name });
    const group = await client.call<Resource>(201, "POST", "/Groups", groupBody(name));
    const both = await client.call<List>(200, "GET", `/${query({ filter: `displayName eq "${name}"` })}`);
    expect(both.Resources.map(({ id }) => id).sort()).toEqual([user.id, group.id].sort());
    const kinds = both.Resources.map(({ meta }) => meta["resourceType"]).sort();
    expect(kinds).toEqual(["Group", "User"]);
    const groups = await client.call<List>(
      200,
      "GET",
      `/${query({ filter: `displayName eq "${name}" and meta.resourceType eq "Group"` })}`,
    );
    expect(groups.Resources.map(({ id }) => id)).toEqual([group.id]);
    const users = await client.call<List>(
      200,
      "GET",
      `/${query({ filter: `userName eq "${user["userName"]}"` })}`,
    );
    expect(
      users.Resources.map(({ id }) => id),
      "an attribute that a type lacks has no value there",
    ).toEqual([user.id]);
  });
});

describe("pages", () => {
  let total: number;
  let all: string[];

  beforeAll(async () => {
    for (let index = 0; index < 12; index += 1) await create();
    const list = await client.call<List>(200, "GET", "/Users?count=1000");
    total = list.totalResults;
    all = list.Resources.map(({ id }) => id);
  });

  it("by index keep to RFC 7644 Table 6", async () => {
    for (const [parameters, startIndex, length] of [
      ["", 1, Math.min(total, 100)],
      ["?startIndex=1&count=5", 1, 5],
      ["?startIndex=0&count=5", 1, 5],
      ["?startIndex=-3&count=5", 1, 5],
      ["?count=0", 1, 0],
      ["?count=-1", 1, 0],
    ] as [string, number, number][]) {
      const page = await client.call<List>(200, "GET", `/Users${parameters}`);
      expect(page, parameters).toMatchObject({ totalResults: total, startIndex, itemsPerPage: length });
      expect(
        page.Resources.map(({ id }) => id),
        parameters,
      ).toEqual(all.slice(0, length));
    }
    const last = await client.call<List>(200, "GET", `/Users?startIndex=${total}&count=5`);
    expect(last).toMatchObject({ totalResults: total, startIndex: total, itemsPerPage: 1 });
    const past = await client.call<List>(200, "GET", `/Users?startIndex=${total + 1}&count=5`);
    expect(past).toMatchObject({ totalResults: total, itemsPerPage: 0, Resources: [] });
    const middle = await client.call<List>(200, "GET", "/Users?startIndex=4&count=3");
    expect(middle.Resources.map(({ id }) => id)).toEqual(all.slice(3, 6));
    await expectError(client.send("GET", "/Users?startIndex=two"), 400, "invalidValue");
  });

  it("by cursor return everybody once, while others come and go (RFC 9865)", async () => {
    const seen: string[] = [];
    let path = "/Users?cursor&count=3";
    for (let pages = 0; ; pages += 1) {
      const page = await client.call<{ nextCursor?: string; previousCursor?: string; Resources: Resource[] }>(
        200,
        "GET",
        path,
      );
      seen.push(...page.Resources.map(({ id }) => id));
      if (pages === 0) expect(page).not.toHaveProperty("previousCursor");
      if (pages === 1) await client.call(204, "DELETE", `/Users/${(await create()).id}`);
      if (pages === 2) await create();
      if (page.nextCursor === undefined) break;
      expect(page.nextCursor).toMatch(/^[A-Za-z0-9\-._~]+$/);
      path = `/Users?count=3&cursor=${page.nextCursor}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(all));
  });

  it("by cursor refuse a cursor that is forged or belongs to another query", async () => {
    const next = async (path: string): Promise<string> =>
      (await client.call<{ nextCursor: string }>(200, "GET", path)).nextCursor;
    const cursor = await next("/Users?cursor&count=3");
    const filtered = await next(`/Users${query({ cursor: "", count: "3", filter: "userName pr" })}`);
    for (const path of [
      `/Users?count=3&cursor=${cursor.slice(0, -2)}xx`,
      "/Users?cursor=abc",
      "/Users?cursor=%20%22",
      `/Groups?count=3&cursor=${cursor}`,
      `/Users?count=3&cursor=${filtered}`,
      `/Users${query({ cursor, count: "3", filter: "userName pr" })}`,
      `/Users?count=3&sortBy=userName&cursor=${cursor}`,
      `/Users?cursor=${"x".repeat(5000)}`,
    ]) {
      await expectError(client.send("GET", path), 400, "invalidCursor", path.slice(0, 60));
    }
    await expectError(client.send("GET", "/Users?cursor&count=x"), 400, "invalidCount");
    expect((await client.send("GET", `/Users?count=3&cursor=${cursor}`)).status).toBe(200);
    const searched = await client.call<{ nextCursor: string; Resources: Json[] }>(
      200,
      "POST",
      "/Users/.search",
      searchBody({ cursor: "", count: 2 }),
    );
    expect([typeof searched.nextCursor, searched.Resources.length]).toEqual(["string", 2]);
  });
});

describe("PATCH (RFC 7644 §3.5.2)", () => {
  it("adds: new values beside old ones, nothing for those that are there", async () => {
    const user = await create({ emails: [{ value: "a@x.example", type: "work" }] });
    const added = await patch(user.id, {
      op: "add",
      path: "emails",
      value: [{ value: "b@x.example", type: "home" }],
    });
    expect(added["emails"]).toHaveLength(2);
    const again = await patch(user.id, {
      op: "add",
      path: "emails",
      value: [{ value: "b@x.example", type: "home" }],
    });
    expect(again).toEqual(added);
    const merged = await patch(user.id, {
      op: "add",
      value: { name: { familyName: "F" }, nickName: "N", emails: [{ value: "c@x.example" }] },
    });
    expect(merged).toMatchObject({ name: { familyName: "F" }, nickName: "N" });
    expect(merged["emails"]).toHaveLength(3);
    const single = await patch(user.id, { op: "add", path: "nickName", value: "M" });
    expect(single["nickName"]).toBe("M");
  });

  it("moves primary to the value that got it last", async () => {
    const user = await create({
      emails: [
        { value: "a", type: "work", primary: true },
        { value: "b", type: "home" },
      ],
    });
    const moved = await patch(user.id, {
      op: "add",
      path: "emails",
      value: [{ value: "c", type: "other", primary: true }],
    });
    const primary = (resource: JsonObject) =>
      (resource["emails"] as JsonObject[])
        .filter((email) => email["primary"] === true)
        .map((email) => email["value"]);
    expect(primary(moved)).toEqual(["c"]);
    expect(
      primary(await patch(user.id, { op: "replace", path: 'emails[value eq "b"].primary', value: true })),
    ).toEqual(["b"]);
    const two = [
      { value: "x", primary: true },
      { value: "y", primary: true },
    ];
    const refused = client.send(
      "PATCH",
      `/Users/${user.id}`,
      patchBody({ op: "add", path: "emails", value: two }),
    );
    await expectError(refused, 400, "invalidValue");
  });

  it("removes: a value, the values that match, a sub-attribute, an extension", async () => {
    const user = await create({
      title: "T",
      emails: [
        { value: "a", type: "work", display: "A" },
        { value: "b", type: "home" },
        { value: "c", type: "home" },
      ],
      [ENTERPRISE]: { department: "D", division: "V" },
    });
    expect(await patch(user.id, { op: "remove", path: "title" })).not.toHaveProperty("title");
    expect(
      (await patch(user.id, { op: "remove", path: 'emails[type eq "work"].display' }))["emails"],
    ).toContainEqual({ value: "a", type: "work" });
    expect(
      (await patch(user.id, { op: "remove", path: 'emails[type eq "home" and value ew "c"]' }))["emails"],
    ).toHaveLength(2);
    expect((await patch(user.id, { op: "remove", path: 'emails[type eq "home"]' }))["emails"]).toHaveLength(
      1,
    );
    expect(await patch(user.id, { op: "remove", path: "emails" })).not.toHaveProperty("emails");
    expect((await patch(user.id, { op: "remove", path: `${ENTERPRISE}:division` }))[ENTERPRISE]).toEqual({
      department: "D",
    });
    const bare = await patch(user.id, { op: "remove", path: ENTERPRISE });
    expect(bare).not.toHaveProperty(ENTERPRISE);
    expect(bare["schemas"]).toEqual([USER]);
    expect(await patch(user.id, { op: "remove", path: "title" })).not.toHaveProperty("title");
  });

  it("replaces: whole lists, matching elements, sub-attributes; what is absent is added", async () => {
    const user = await create({
      emails: [
        { value: "a", type: "work" },
        { value: "b", type: "home" },
      ],
      name: { givenName: "G" },
    });
    expect(
      (await patch(user.id, { op: "replace", path: "emails", value: [{ value: "z" }] }))["emails"],
    ).toEqual([{ value: "z" }]);
    expect(
      (
        await patch(user.id, {
          op: "replace",
          path: 'emails[value eq "z"]',
          value: { value: "y", type: "work" },
        })
      )["emails"],
    ).toEqual([{ value: "y", type: "work" }]);
    expect(
      (await patch(user.id, { op: "replace", path: 'emails[type eq "work"].value', value: "x" }))["emails"],
    ).toEqual([{ value: "x", type: "work" }]);
    expect((await patch(user.id, { op: "replace", path: "name.familyName", value: "F" }))["name"]).toEqual({
      givenName: "G",
      familyName: "F",
    });
    expect((await patch(user.id, { op: "replace", path: "title", value: "T" }))["title"]).toBe("T");
    expect(
      (await patch(user.id, { op: "replace", path: ENTERPRISE, value: { department: "D" } }))[ENTERPRISE],
    ).toEqual({ department: "D" });
    for (const [path, value] of [
      ['emails[value eq "nobody"]', { value: "q" }],
      ['addresses[locality eq "x" or region eq "y"].country', "q"],
    ] as [string, Json][]) {
      const answer = client.send("PATCH", `/Users/${user.id}`, patchBody({ op: "replace", path, value }));
      await expectError(answer, 400, "noTarget", path);
    }
  });

  it("is atomic, and in order", async () => {
    const user = await create({ title: "One" });
    const body = patchBody(
      { op: "replace", path: "title", value: "Two" },
      { op: "remove", path: "title" },
      { op: "add", path: "title", value: "Three" },
    );
    expect(await client.call(200, "PATCH", `/Users/${user.id}`, body)).toMatchObject({ title: "Three" });
    const failing = patchBody(
      { op: "replace", path: "title", value: "Four" },
      { op: "replace", path: "nothing", value: 1 },
    );
    await expectError(client.send("PATCH", `/Users/${user.id}`, failing), 400, "invalidPath");
    expect(await client.call(200, "GET", `/Users/${user.id}`)).toMatchObject({ title: "Three" });
  });

  it("takes `op`, names and URNs in any case, and refuses another message", async () => {
    const user = await create();
    const odd = {
      schemas: ["URN:IETF:PARAMS:SCIM:API:MESSAGES:2.0:PATCHOP"],
      operations: [
        { OP: "ADD", Path: "TITLE", Value: "T" },
        { op: "Replace", path: `${ENTERPRISE.toUpperCase()}:Department`, value: "D" },
      ],
    };
    expect(await client.call(200, "PATCH", `/Users/${user.id}`, odd)).toMatchObject({
      title: "T",
      [ENTERPRISE]: { department: "D" },
    });
    for (const schemas of [[USER], ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]]) {
      const answer = client.send("PATCH", `/Users/${user.id}`, {
        schemas,
        Operations: [{ op: "add", path: "title", value: "U" }],
      });
      await expectError(answer, 400, "invalidSyntax");
    }
  });
});

describe("Bulk (RFC 7644 §3.7)", () => {
  type BulkAnswer = { schemas: string[]; Operations: (JsonObject & { status: string; location?: string })[] };
  const bulk = (...operations: JsonObject[]): Promise<BulkAnswer> =>
    client.call<BulkAnswer>(200, "POST", "/Bulk", bulkBody(...operations));
  const post = (bulkId: string, path: string, data: JsonObject): JsonObject => ({
    method: "POST",
    path,
    bulkId,
    data,
  });
  const idOf = (location: string | undefined): string => location?.split("/").pop() ?? "";

  it("does every method and answers for each operation, in order", async () => {
    const kept = await create({ title: "Old" });
    const gone = await create();
    const answer = await bulk(
      post("a", "/Users", userBody(`user-${fresh()}`)),
      {
        method: "PUT",
        path: `/Users/${kept.id}`,
        data: userBody(String(kept["userName"]), { title: "Put" }),
      },
      {
        method: "PATCH",
        path: `/Users/${kept.id}`,
        data: patchBody({ op: "add", path: "nickName", value: "N" }),
      },
      { method: "DELETE", path: `/Users/${gone.id}` },
      { method: "DELETE", path: `/Users/${gone.id}` },
    );
    expect(answer.schemas).toEqual(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]);
    expect(answer.Operations.map(({ status }) => status)).toEqual(["201", "200", "200", "204", "404"]);
    expect(answer.Operations.map(({ method }) => method)).toEqual([
      "POST",
      "PUT",
      "PATCH",
      "DELETE",
      "DELETE",
    ]);
    expect(answer.Operations[0]).toMatchObject({
      bulkId: "a",
      location: expect.stringContaining("/Users/"),
      version: expect.any(String),
    });
    expect(answer.Operations[4]).toMatchObject({
      response: { status: "404", detail: expect.any(String) },
      location: expect.stringContaining(gone.id),
    });
    expect(await client.call(200, "GET", `/Users/${kept.id}`)).toMatchObject({ title: "Put", nickName: "N" });
  });

  it("resolves references backward, forward and in a circle", async () => {
    const backward = await bulk(
      post("u", "/Users", userBody(`user-${fresh()}`)),
      post("g", "/Groups", groupBody(`group ${fresh()}`, ["bulkId:u"])),
    );
    const [user, group] = backward.Operations.map(({ location }) => idOf(location));
    expect(await client.call(200, "GET", `/Groups/${group}`)).toMatchObject({ members: [{ value: user }] });
    const forward = await bulk(
      post("g", "/Groups", groupBody(`group ${fresh()}`, ["bulkId:u"])),
      post("u", "/Users", userBody(`user-${fresh()}`)),
    );
    expect(forward.Operations.map(({ status, bulkId }) => [status, bulkId])).toEqual([
      ["201", "g"],
      ["201", "u"],
    ]);
    const member = (bulkId: string): JsonObject => ({
      members: [{ type: "Group", value: `bulkId:${bulkId}` }],
    });
    const circle = await bulk(
      post("one", "/Groups", { ...groupBody(`group ${fresh()}`), ...member("two") }),
      post("two", "/Groups", { ...groupBody(`group ${fresh()}`), ...member("one") }),
    );
    const [one, two] = circle.Operations.map(({ location }) => idOf(location));
    expect(await client.call(200, "GET", `/Groups/${one}`)).toMatchObject({
      members: [{ value: two, type: "Group" }],
    });
    expect(await client.call(200, "GET", `/Groups/${two}`)).toMatchObject({
      members: [{ value: one, type: "Group" }],
    });
    const inPath = await bulk(post("p", "/Users", userBody(`user-${fresh()}`)), {
      method: "PATCH",
      path: "/Users/bulkId:p",
      data: patchBody({ op: "add", path: "title", value: "T" }),
    });
    expect(inPath.Operations.map(({ status }) => status)).toEqual(["201", "200"]);
  });

  it("goes on after a failure, up to failOnErrors", async () => {
    const failing = { method: "DELETE", path: "/Users/nobody" };
    const good = () => post(fresh(), "/Users", userBody(`user-${fresh()}`));
    const all = await bulk(failing, good(), failing, good());
    expect(all.Operations.map(({ status }) => status)).toEqual(["404", "201", "404", "201"]);
    const stopped = await client.call<BulkAnswer>(200, "POST", "/Bulk", {
      ...bulkBody(failing, good(), failing, good()),
      failOnErrors: 1,
    });
    expect(stopped.Operations.map(({ status }) => status)).toEqual(["404"]);
    const two = await client.call<BulkAnswer>(200, "POST", "/Bulk", {
      ...bulkBody(failing, good(), failing, good()),
      failOnErrors: 2,
    });
    expect(two.Operations.map(({ status }) => status)).toEqual(["404", "201", "404"]);
    const dependent = await bulk(
      post("x", "/Users", userBody("")),
      post("y", "/Groups", groupBody(`group ${fresh()}`, ["bulkId:x"])),
    );
    expect(dependent.Operations.map(({ status }) => status)).toEqual(["400", "409"]);
    const unknown = await bulk(post("y", "/Groups", groupBody(`group ${fresh()}`, ["bulkId:nothing"])));
    expect(unknown.Operations[0]?.status).toBe("409");
  });

  it("refuses what is no bulk request", async () => {
    for (const body of [
      {},
      { schemas: [USER], Operations: [] },
      { ...bulkBody(), Operations: "all" },
      { ...bulkBody(), failOnErrors: "many" },
    ] as JsonObject[]) {
      const answer = await client.send("POST", "/Bulk", body);
      expect(answer.status, JSON.stringify(body)).toBe(400);
      expect(breaches(answer)).toEqual([]);
    }
    const odd = await bulk(
      { method: "GET", path: "/Users/x" },
      { method: "POST", path: "/Users", data: userBody("x") },
      { method: "DELETE", path: "/Devices/1" },
    );
    expect(odd.Operations.map(({ status }) => status)).toEqual(["400", "400", "400"]);
  });
});

describe("authentication (RFC 7644 §2, RFC 6750, RFC 7617)", () => {
  it("fails with 401, a challenge and an error of SCIM", async () => {
    const path = `${client.configuration.tenantUrl}/Users`;
    for (const headers of [{}, { authorization: "Bearer x" }, { authorization: "Digest x" }] as Record<
      string,
      string
    >[]) {
      const answer = await send(gateway, { method: "GET", path, headers });
      expect(breaches(answer)).toEqual([]);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toMatch(/Bearer.*Basic/);
    }
  });

  it("publishes the key of its tokens, and only the public half", async () => {
    const { body } = await send(gateway, { method: "GET", path: "/.well-known/jwks.json" });
    const [key] = (body as { keys: JsonObject[] }).keys;
    expect(key).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig", kid: expect.any(String) });
    expect(key).not.toHaveProperty("d");
  });
});

describe("whatever comes", () => {
  it("is answered without a server error", async () => {
    const { id } = await create({ emails: [{ value: "a" }] });
    const group = await createGroup();
    const values: Json[] = [
      null,
      "",
      0,
      -1,
      1e308,
      true,
      [],
      {},
      [[]],
      [null],
      [{}],
      { value: null },
      "\u0000",
      "x".repeat(70_000),
      [{ value: { value: [] } }],
      { "": 1 },
      { __proto__x: 1, constructor: 1 },
    ];
    const paths = [
      "title",
      "emails",
      "name",
      "emails.value",
      'emails[value eq "a"]',
      'emails[value eq "a"].value',
      "members",
      'members[value eq "a"]',
      ENTERPRISE,
      `${ENTERPRISE}:manager`,
      `${GROUP}:displayName`,
      "constructor",
      "__proto__",
      "",
      " ",
      "a b",
      "emails[",
      "]",
      'emails[value eq "a"].value.x',
      "schemas",
      "$ref",
    ];
    const calls: [string, string, Call["body"]][] = [];
    for (const path of paths) {
      for (const op of ["add", "replace", "remove"]) {
        for (const value of op === "remove" ? [null, []] : [null, "", 1, [], {}, [null], [{ value: {} }]]) {
          calls.push(
            ["PATCH", `/Users/${id}`, patchBody({ op, path, value })],
            ["PATCH", `/Groups/${group.id}`, patchBody({ op, path, value })],
          );
        }
      }
    }
    for (const value of values) {
      calls.push(
        ["PATCH", `/Users/${id}`, patchBody({ op: "replace", value })],
        ["PATCH", `/Users/${id}`, { schemas: value, Operations: value }],
      );
      for (const name of ["userName", "emails", "name", "active", ENTERPRISE, "meta", "schemas", "groups"]) {
        calls.push(
          ["POST", "/Users", { ...userBody(`user-${fresh()}`), [name]: value }],
          ["PUT", `/Users/${id}`, { ...userBody(`user-${fresh()}`), [name]: value }],
        );
      }
      for (const name of ["displayName", "members", "externalId"])
        calls.push(["PUT", `/Groups/${group.id}`, { ...groupBody(`g ${fresh()}`), [name]: value }]);
      calls.push(
        ["POST", "/Bulk", bulkBody({ method: value, path: value, data: value, bulkId: value })],
        ["POST", "/.search", searchBody({ filter: value, sortBy: value, count: value })],
      );
    }
    const bad: string[] = [];
    for (const [method, path, body] of calls) {
      const answer = await client.send(method, path, body);
      if (answer.status >= 500)
        bad.push(`${method} ${path} ${JSON.stringify(body).slice(0, 300)}: ${answer.text}`);
    }
    expect(bad).toEqual([]);
  }, 60_000);
});
