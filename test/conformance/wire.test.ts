/** The protocol below the resources: bodies, methods, errors, versions, projections, and the life of an id. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Call, type ScimClient, signUpTenant, type Tenant } from "../support/gateway.ts";
import { gateway } from "../support/gateway-worker.ts";
import type { Json } from "../support/json-subset.ts";
import {
  bulkBody,
  ENTERPRISE,
  ERROR,
  GROUP,
  groupBody,
  INFO,
  patchBody,
  searchBody,
  USER,
  userBody,
} from "../support/scim-messages.ts";
import { breaches } from "../support/transcript.ts";

type Resource = {
  id: string;
  meta: { location: string; version: string; created: string; lastModified: string };
} & {
  [name: string]: Json;
};

let tenant: Tenant;
let entra: ScimClient;
let okta: ScimClient;

beforeAll(async () => {
  tenant = await signUpTenant(gateway);
  entra = await tenant.configure("entra_gallery");
  okta = await tenant.configure("other_scim");
});

const fresh = (): string => crypto.randomUUID().slice(0, 13);
const create = (more: { [name: string]: Json } = {}, client = entra): Promise<Resource> =>
  client.call<Resource>(201, "POST", "/Users", userBody(`user-${fresh()}`, more));
const createGroup = (members: string[] = [], client = entra): Promise<Resource> =>
  client.call<Resource>(201, "POST", "/Groups", groupBody(`group ${fresh()}`, members));
const replace = (path: string, value: Json): Json => patchBody({ op: "replace", path, value }) as Json;

/** Fails unless the answer is an error of RFC 7644 §3.12. */
function expectError(answer: Answer, status: number, scimType?: string, what = ""): void {
  const place = `${what} ${answer.text.slice(0, 300)}`;
  expect(answer.status, place).toBe(status);
  expect(breaches(answer), place).toEqual([]);
  expect((answer.body as { scimType?: string }).scimType, place).toBe(scimType);
}

describe("bodies", () => {
  it("come as SCIM or plain JSON, in any case and with any charset parameter", async () => {
    for (const type of [
      "application/scim+json",
      "application/json",
      "application/scim+json; charset=utf-8",
      "application/json;charset=UTF-8",
      "Application/SCIM+JSON ; charset=utf-8",
    ]) {
      const answer = await entra.send("POST", "/Users", userBody(`user-${fresh()}`), {
        "content-type": type,
      });
      expect(answer.status, type).toBe(201);
    }
  });

  it("of another media type are 415, with an error of SCIM", async () => {
    for (const type of [
      "text/plain",
      "application/xml",
      "application/x-www-form-urlencoded",
      "application/jsonp",
    ]) {
      for (const [method, path] of [
        ["POST", "/Users"],
        ["PUT", "/Users/x"],
        ["PATCH", "/Groups/x"],
        ["POST", "/Bulk"],
        ["POST", "/.search"],
      ] as const) {
        const answer = await entra.send(method, path, "{}", { "content-type": type });
        expectError(answer, 415, undefined, `${method} ${path} ${type}`);
      }
    }
  });

  it("leave as application/scim+json, and as application/json for a client that takes nothing else", async () => {
    for (const [accept, type] of [
      [undefined, "application/scim+json"],
      ["application/scim+json", "application/scim+json"],
      ["*/*", "application/scim+json"],
      ["application/json, application/scim+json;q=0.5", "application/scim+json"],
      ["application/json", "application/json"],
      ["application/json; charset=utf-8", "application/json"],
    ] as const) {
      const headers: Record<string, string> = accept === undefined ? {} : { accept };
      for (const path of ["/Users", "/Users/nobody", "/Schemas"]) {
        const answer = await entra.send("GET", path, undefined, headers);
        expect(answer.headers.get("content-type")?.split(";")[0], `${accept} ${path}`).toBe(type);
      }
    }
  });

  const malformed: Record<string, Call["body"]> = {
    empty: "",
    "cut off": '{"schemas":',
    "not JSON": "userName=x",
    "a comment": '{"a":1}//',
    "a trailing comma": '{"a":1,}',
    "a list": "[]",
    null: "null",
    "a string": '"x"',
    "a number": "7",
    "the same name twice": `{"schemas":["${USER}"],"userName":"a","userName":"b"}`,
    "the same name in another case": `{"schemas":["${USER}"],"userName":"a","USERNAME":"b"}`,
    "the same name twice, deeper": `{"schemas":["${USER}"],"userName":"a","name":{"givenName":"a","givenName":"b"}}`,
    "deep nesting": `{"schemas":["${USER}"],"userName":"a","x":${"[".repeat(5000)}${"]".repeat(5000)}}`,
    "invalid UTF-8": new Uint8Array([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    "UTF-16": new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
    "no schemas": '{"userName":"a"}',
    "schemas of something else": `{"schemas":["${GROUP}"],"userName":"a"}`,
  };

  it("that are no resource are 400 invalidSyntax", async () => {
    for (const [what, body] of Object.entries(malformed)) {
      expectError(await entra.send("POST", "/Users", body), 400, "invalidSyntax", what);
      expectError(await entra.send("PUT", "/Users/x", body), 400, "invalidSyntax", what);
    }
    for (const what of [
      "empty",
      "cut off",
      "a list",
      "deep nesting",
      "invalid UTF-8",
      "the same name twice",
    ]) {
      expectError(await entra.send("PATCH", "/Users/x", malformed[what]), 400, "invalidSyntax", what);
      expectError(await entra.send("PATCH", "/Groups/x", malformed[what]), 400, "invalidSyntax", what);
      expectError(await entra.send("POST", "/Bulk", malformed[what]), 400, "invalidSyntax", what);
      expectError(await entra.send("POST", "/Users/.search", malformed[what]), 400, "invalidSyntax", what);
    }
    const unfinished = await entra.send("POST", "/Users", undefined, {
      "content-type": "application/scim+json",
    });
    expectError(unfinished, 400, "invalidSyntax", "no body at all");
  });

  it("past the limit are 413", async () => {
    const large = `{"schemas":["${USER}"],"userName":"a","x":"${"y".repeat(10_000_001)}"}`;
    expectError(await entra.send("POST", "/Users", large), 413);
    expectError(await entra.send("PATCH", "/Groups/x", large), 413);
    expectError(await entra.send("POST", "/Bulk", large), 413);
  });

  it("with values of a wrong type are 400 invalidValue", async () => {
    for (const more of [
      { displayName: 7 },
      { active: "maybe" },
      { name: "Babs" },
      { emails: "babs@example.com" },
      { emails: [7] },
      { emails: [{ value: 7 }] },
      { emails: [{ value: "a", primary: "perhaps" }] },
      { [ENTERPRISE]: "text" },
      { x509Certificates: [{ value: "not base64!" }] },
    ] as { [name: string]: Json }[]) {
      const answer = await entra.send("POST", "/Users", userBody(`user-${fresh()}`, more));
      expectError(answer, 400, "invalidValue", JSON.stringify(more));
    }
    expectError(await entra.send("POST", "/Users", { schemas: [USER] }), 400, "invalidValue");
    expectError(await entra.send("POST", "/Users", userBody("")), 400, "invalidValue");
    expectError(await entra.send("POST", "/Groups", { schemas: [GROUP] }), 400, "invalidValue");
  });

  it("keep every character", async () => {
    for (const text of [
      "Ærøskøbing 北京 🙂",
      "a\u0301 á",
      "  spaces  ",
      'quote " back \\ slash',
      "line\nbreak\ttab",
      "'; --",
      "ﬁ İ ß",
    ]) {
      const made = await create({ displayName: text, title: text });
      expect(made["displayName"]).toBe(text);
      expect(await entra.call(200, "GET", `/Users/${made.id}`)).toMatchObject({
        displayName: text,
        title: text,
      });
      await entra.call(200, "PATCH", `/Users/${made.id}`, replace("nickName", text));
      expect(await entra.call(200, "GET", `/Users/${made.id}`)).toMatchObject({ nickName: text });
    }
    const odd = await entra.send("POST", "/Users", userBody(`user-${fresh()}`, { title: "nul \u0000" }));
    expect([201, 400]).toContain(odd.status);
    const name = `Über-${fresh()}@Example.com`;
    await entra.call(201, "POST", "/Users", userBody(name));
    const filter = encodeURIComponent(`userName eq "${name.toUpperCase()}"`);
    expect(await entra.call(200, "GET", `/Users?filter=${filter}`)).toMatchObject({
      Resources: [{ userName: name }],
    });
    expectError(await entra.send("POST", "/Users", userBody(name.normalize("NFD"))), 409, "uniqueness");
  });
});

describe("addresses and methods", () => {
  it("that do not exist are 404, and known ones name their methods", async () => {
    for (const path of [
      "/Devices",
      "/users",
      "/Users/a/b",
      "/Schemas/urn:none",
      "/ResourceTypes/Device",
      "/v2/Users",
    ]) {
      expectError(await entra.send("GET", path), 404, undefined, path);
    }
    for (const [method, path, allow] of [
      ["PUT", "/Users", "GET, POST"],
      ["DELETE", "/Groups", "GET, POST"],
      ["POST", "/Users/x", "GET, PUT, PATCH, DELETE"],
      ["POST", "/Schemas", "GET"],
      ["PATCH", "/ServiceProviderConfig", "GET"],
      ["DELETE", "/ResourceTypes/User", "GET"],
      ["GET", "/Bulk", "POST"],
      ["GET", "/Groups/.search", "POST"],
    ] as const) {
      const answer = await entra.send(method, path);
      expectError(answer, 405, undefined, `${method} ${path}`);
      expect(answer.headers.get("allow")).toBe(allow);
    }
  });

  it("/Me is not implemented, by any method", async () => {
    for (const method of ["GET", "PUT", "PATCH", "DELETE", "POST"]) {
      const body = ["PUT", "PATCH", "POST"].includes(method) ? {} : undefined;
      expectError(await entra.send(method, "/Me", body), 501, undefined, method);
    }
  });

  it("unknown query parameters mean nothing", async () => {
    const answer = await entra.send("GET", "/Users?aadOptscim062020&_=1&filter=userName%20eq%20%22nobody%22");
    expect(answer.body).toMatchObject({ totalResults: 0 });
  });

  it("a trailing slash changes nothing", async () => {
    expect((await entra.send("GET", "/Users/?count=1")).status).toBe(200);
    expect((await entra.send("GET", "/")).status).toBe(200);
    expect((await entra.send("GET", "")).status).toBe(200);
  });

  it("HEAD answers as GET, without a body", async () => {
    const { id, meta } = await create();
    const answer = await entra.send("HEAD", `/Users/${id}`);
    expect([answer.status, answer.text, answer.headers.get("etag")]).toEqual([200, "", meta.version]);
  });

  it("locations of resources are addresses that answer", async () => {
    const user = await create();
    const group = await createGroup([user.id]);
    for (const { id, meta } of [user, group]) {
      expect(meta.location).toMatch(/^http:\/\/localhost\/t\/[^/]+\/scim\/v2\/(Users|Groups)\/[^/]+$/);
      expect(await entra.call(200, "GET", meta.location)).toMatchObject({
        id,
        meta: { location: meta.location },
      });
    }
    const [member] = (await entra.call<{ members: { $ref: string }[] }>(200, "GET", `/Groups/${group.id}`))
      .members;
    expect(await entra.call(200, "GET", member?.$ref ?? "")).toMatchObject({ id: user.id });
  });
});

describe("versions (RFC 7644 §3.14)", () => {
  it("stand in ETag and meta.version, and change with every change only", async () => {
    const user = await create({ title: "One" });
    const read = await entra.send("GET", `/Users/${user.id}`);
    expect(read.headers.get("etag")).toBe(user.meta.version);
    expect(user.meta.version).toMatch(/^W\/".+"$/);
    const same = await entra.send("PATCH", `/Users/${user.id}`, replace("title", "One"));
    expect(same.body).toMatchObject({
      meta: { version: user.meta.version, lastModified: user.meta.lastModified },
    });
    const changed = await entra.send("PATCH", `/Users/${user.id}`, replace("title", "Two"));
    const { meta } = changed.body as Resource;
    expect(meta.version).not.toBe(user.meta.version);
    expect(changed.headers.get("etag")).toBe(meta.version);
    const put = await entra.send("PUT", `/Users/${user.id}`, changed.body);
    expect(put.headers.get("etag"), "a PUT of what is there").toBe(meta.version);
    expect((await entra.call<Resource>(200, "GET", `/Users/${user.id}`)).meta).toEqual(meta);
    expect(meta.created).toBe(user.meta.created);
  });

  it("of a group change with its members", async () => {
    const { id: member } = await create();
    const group = await createGroup();
    await entra.call(
      204,
      "PATCH",
      `/Groups/${group.id}`,
      patchBody({ op: "add", path: "members", value: [{ value: member }] }),
    );
    const read = await entra.call<Resource>(200, "GET", `/Groups/${group.id}`);
    expect(read.meta.version).not.toBe(group.meta.version);
    await entra.call(
      204,
      "PATCH",
      `/Groups/${group.id}`,
      patchBody({ op: "add", path: "members", value: [{ value: member }] }),
    );
    expect(
      (await entra.call<Resource>(200, "GET", `/Groups/${group.id}`)).meta.version,
      "a member that is there",
    ).toBe(read.meta.version);
  });

  it("make a GET conditional: 304", async () => {
    for (const resource of [await create(), await createGroup()]) {
      const { location, version } = resource.meta;
      for (const tag of [version, "*", `"zzz", ${version}`, version.slice(2)]) {
        const answer = await entra.send("GET", location, undefined, { "if-none-match": tag });
        expect(answer.status, tag).toBe(304);
        expect(answer.text).toBe("");
        expect(answer.headers.get("etag"), "RFC 9110 §15.4.5").toBe(version);
      }
      expect((await entra.send("GET", location, undefined, { "if-none-match": 'W/"zzz"' })).status).toBe(200);
    }
  });

  it("guard writes: 412, and nothing has changed", async () => {
    for (const [resource, body] of [
      [await create(), replace("displayName", "Changed")],
      [await createGroup(), replace("displayName", `Changed ${fresh()}`)],
    ] as const) {
      const { location, version } = resource.meta;
      for (const stale of ['W/"zzz"', '"0"', "garbage"]) {
        const headers = { "if-match": stale };
        const put = { ...resource, displayName: `Put ${fresh()}` };
        for (const [method, sent] of [
          ["PATCH", body],
          ["PUT", put],
          ["DELETE", undefined],
        ] as const) {
          expectError(
            await entra.send(method, location, sent, headers),
            412,
            undefined,
            `${method} ${stale}`,
          );
        }
      }
      expect((await entra.call<Resource>(200, "GET", location)).meta.version).toBe(version);
      const patched = await entra.send("PATCH", location, body, { "if-match": version });
      expect([200, 204]).toContain(patched.status);
      expectError(await entra.send("PATCH", location, body, { "if-match": version }), 412);
      const { meta } = await entra.call<Resource>(200, "GET", location);
      expect(
        (await entra.send("DELETE", location, undefined, { "if-match": `"zzz", ${meta.version}` })).status,
      ).toBe(204);
      expect([404, 412]).toContain(
        (await entra.send("DELETE", location, undefined, { "if-match": "*" })).status,
      );
    }
  });

  it("guard changes of members too", async () => {
    const { id: member } = await create();
    const group = await createGroup();
    const add = patchBody({ op: "add", path: "members", value: [{ value: member }] });
    const guarded = (tag: string) => entra.send("PATCH", `/Groups/${group.id}`, add, { "if-match": tag });
    expectError(await guarded('W/"zzz"'), 412);
    expect((await entra.call<Resource>(200, "GET", `/Groups/${group.id}`))["members"]).toBeUndefined();
    expect((await guarded(group.meta.version)).status).toBe(204);
    expectError(await guarded(group.meta.version), 412);
    expect((await guarded("*")).status).toBe(204);
  });
});

describe("attributes and excludedAttributes (RFC 7644 §3.9)", () => {
  const full = {
    displayName: "D",
    title: "T",
    name: { givenName: "G", familyName: "F" },
    emails: [{ value: "a@b.example", type: "work", primary: true }],
    [ENTERPRISE]: { department: "Dep", employeeNumber: "7" },
    [INFO]: { info1: "I" },
  };
  const all = [
    "schemas",
    "id",
    "userName",
    "displayName",
    "title",
    "name",
    "emails",
    ENTERPRISE,
    INFO,
    "meta",
  ];

  it("choose what is returned, id and schemas always", async () => {
    const { id } = await create(full);
    for (const [query, names] of [
      ["", all],
      ["?attributes=userName", ["schemas", "id", "userName"]],
      ["?attributes=USERNAME,Title", ["schemas", "id", "userName", "title"]],
      ["?attributes=id", ["schemas", "id"]],
      ["?attributes=meta.location", ["schemas", "id", "meta"]],
      [`?attributes=${USER}:userName`, ["schemas", "id", "userName"]],
      [`?attributes=${ENTERPRISE}:department`, ["schemas", "id", ENTERPRISE]],
      [`?attributes=${ENTERPRISE}`, ["schemas", "id", ENTERPRISE]],
      ["?attributes=shoeSize", ["schemas", "id"]],
      ["?attributes=password,userName", ["schemas", "id", "userName"]],
      ["?excludedAttributes=id,schemas,userName", all.filter((name) => name !== "userName")],
      [
        `?excludedAttributes=${INFO},name,emails,meta`,
        ["schemas", "id", "userName", "displayName", "title", ENTERPRISE],
      ],
    ] as [string, string[]][]) {
      const one = await entra.call(200, "GET", `/Users/${id}${query}`);
      expect(new Set(Object.keys(one)), query).toEqual(new Set(names));
      const separator = query === "" ? "?" : "&";
      const list = await entra.call<{ Resources: Json[] }>(
        200,
        "GET",
        `/Users${query}${separator}filter=id eq "${id}"`,
      );
      expect(list.Resources, query).toEqual([one]);
    }
    const part = await entra.call(
      200,
      "GET",
      `/Users/${id}?attributes=name.givenName,emails.value,${ENTERPRISE}:department`,
    );
    expect(part).toEqual({
      schemas: [USER, ENTERPRISE],
      id,
      name: { givenName: "G" },
      emails: [{ value: "a@b.example" }],
      [ENTERPRISE]: { department: "Dep" },
    });
    const rest = await entra.call<Resource>(
      200,
      "GET",
      `/Users/${id}?excludedAttributes=name.givenName,emails.type`,
    );
    expect(rest["name"]).toEqual({ familyName: "F" });
    expect(rest["emails"]).toEqual([{ value: "a@b.example", primary: true }]);
    expectError(
      await entra.send("GET", `/Users/${id}?attributes=title&excludedAttributes=name`),
      400,
      "invalidValue",
    );
  });

  it("hold for the answers to writes", async () => {
    const made = await entra.call<Resource>(
      201,
      "POST",
      "/Users?attributes=userName",
      userBody(`user-${fresh()}`, full),
    );
    expect(Object.keys(made).sort()).toEqual(["id", "schemas", "userName"]);
    const put = await entra.call(
      200,
      "PUT",
      `/Users/${made.id}?attributes=title`,
      userBody(`user-${fresh()}`, full),
    );
    expect(put).toEqual({ schemas: [USER], id: made.id, title: "T" });
    const patched = await entra.call(
      200,
      "PATCH",
      `/Users/${made.id}?attributes=nickName`,
      replace("nickName", "N"),
    );
    expect(patched).toEqual({ schemas: [USER], id: made.id, nickName: "N" });
    const group = await createGroup([made.id]);
    const answer = await entra.call(
      200,
      "PATCH",
      `/Groups/${group.id}?attributes=displayName`,
      replace("displayName", `Renamed ${group.id}`),
    );
    expect(answer, "attributes asked for: 200 with them").toEqual({
      schemas: [GROUP],
      id: group.id,
      displayName: `Renamed ${group.id}`,
    });
  });
});

describe("the life of an id", () => {
  it("ends with DELETE: a person who comes back has another, and the old one is 404 for ever", async () => {
    const userName = `Back-${fresh()}`;
    const first = await entra.call<Resource>(
      201,
      "POST",
      "/Users",
      userBody(userName, { title: "Old", externalId: "old" }),
    );
    const group = await createGroup([first.id]);
    expect((await entra.send("DELETE", `/Users/${first.id}`)).text).toBe("");
    const second = await entra.call<Resource>(
      201,
      "POST",
      "/Users",
      userBody(userName.toLowerCase(), { nickName: "New" }),
    );
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ userName: userName.toLowerCase(), nickName: "New" });
    for (const name of ["title", "externalId", "groups"]) expect(second).not.toHaveProperty(name);
    for (const [method, body] of [
      ["GET"],
      ["DELETE"],
      ["PUT", userBody(userName)],
      ["PATCH", replace("title", "x")],
    ] as const) {
      expectError(await entra.send(method, `/Users/${first.id}`, body), 404, undefined, method);
    }
    expect(await entra.call(200, "GET", `/Groups/${group.id}`)).not.toHaveProperty("members");
    const old = patchBody({ op: "add", path: "members", value: [{ value: first.id }] });
    expectError(await entra.send("PATCH", `/Groups/${group.id}`, old), 400, "invalidValue");
  });

  it("is the server's: a client's is ignored, in any way it comes", async () => {
    const { id, meta } = await create({
      id: "mine",
      meta: { location: "elsewhere", version: "9" },
      groups: [{ value: "x" }],
    });
    expect(id).not.toBe("mine");
    expect(meta.location).toContain(id);
    const put = await entra.call<Resource>(200, "PUT", `/Users/${id}`, {
      ...userBody(`user-${fresh()}`),
      id: "mine",
    });
    expect(put.id).toBe(id);
    const patched = await entra.call<Resource>(
      200,
      "PATCH",
      `/Users/${id}`,
      patchBody({ op: "replace", value: { id: "mine", title: "T" } }),
    );
    expect(patched).toMatchObject({ id, title: "T" });
    const same = await entra.send("PATCH", `/Users/${id}`, replace("id", id));
    expect(same.status, "a path that names the id with the value it has").toBe(200);
    for (const [path, value] of [
      ["id", "mine"],
      ["meta", {}],
      ["meta.version", "9"],
      ["groups", [{ value: "x" }]],
    ] as [string, Json][]) {
      expectError(await entra.send("PATCH", `/Users/${id}`, replace(path, value)), 400, "mutability", path);
    }
  });

  it("of an account that nobody owns is invisible; a create adopts it under a new one", async () => {
    const userName = `manual-${fresh()}@example.com`;
    const made = await tenant.admin("POST", "/users", { userName, displayName: "By hand" });
    expect(made.status, made.text).toBe(201);
    const { id: adminId } = made.body as { id: string };
    expect(await okta.call(200, "GET", `/Users?filter=userName eq "${userName}"`)).toMatchObject({
      totalResults: 0,
    });
    expectError(await okta.send("GET", `/Users/${adminId}`), 404);
    expectError(await okta.send("DELETE", `/Users/${adminId}`), 404);
    const adopted = await okta.call<Resource>(
      201,
      "POST",
      "/Users",
      userBody(userName.toUpperCase(), { title: "From the client" }),
    );
    expect(adopted).toMatchObject({ userName: userName.toUpperCase(), title: "From the client" });
    expect(adopted).not.toHaveProperty("displayName");
    expect(adopted.id).not.toBe(adminId);
    expectError(await entra.send("POST", "/Users", userBody(userName)), 409, "uniqueness", "it is owned now");
  });

  it("of one configuration does not exist for the other", async () => {
    const mine = await create({}, okta);
    expectError(await entra.send("GET", `/Users/${mine.id}`), 404);
    const answer = await entra.send("POST", "/Users", userBody(String(mine["userName"])));
    expectError(answer, 409, "uniqueness");
    expect(answer.text).not.toContain(mine.id);
  });

  it("is one when the same create arrives many times at once", async () => {
    const body = userBody(`race-${fresh()}`);
    const answers = await Promise.all(Array.from({ length: 12 }, () => entra.send("POST", "/Users", body)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 11 }, () => 409)]);
  });
});

describe("a PUT", () => {
  it("clears what it omits, but active, members and what no schema knows", async () => {
    const custom = "urn:example:custom:2.0:User";
    const user = await create({
      title: "T",
      active: false,
      [ENTERPRISE]: { department: "D" },
      [custom]: { a: 1 },
      loose: "kept",
    });
    const put = await entra.call<Resource>(
      200,
      "PUT",
      `/Users/${user.id}`,
      userBody(String(user["userName"])),
    );
    expect(put).toMatchObject({ active: false, [custom]: { a: 1 }, loose: "kept" });
    for (const name of ["title", ENTERPRISE]) expect(put).not.toHaveProperty(name);
    expect(put["schemas"]).toEqual([USER, custom]);
    const group = await createGroup([user.id]);
    await entra.call(200, "PUT", `/Groups/${group.id}`, groupBody(`Kept ${fresh()}`));
    expect(await entra.call(200, "GET", `/Groups/${group.id}`)).toMatchObject({
      members: [{ value: user.id }],
    });
    await entra.call(200, "PUT", `/Groups/${group.id}`, { ...groupBody(`Emptied ${fresh()}`), members: [] });
    expect(await entra.call(200, "GET", `/Groups/${group.id}`)).not.toHaveProperty("members");
  });

  it("never creates", async () => {
    expectError(await entra.send("PUT", `/Users/${crypto.randomUUID()}`, userBody(`user-${fresh()}`)), 404);
    expectError(
      await entra.send("PUT", `/Groups/${crypto.randomUUID()}`, groupBody(`group ${fresh()}`)),
      404,
    );
  });
});

describe("members", () => {
  it("nobody knows are 400 invalidValue that names them, and nothing happens", async () => {
    const { id: known } = await create();
    const group = await createGroup();
    const value = [{ value: known }, { value: "unknown-one" }, { value: "unknown-two" }];
    for (const operation of [
      { op: "add", path: "members", value },
      { op: "replace", path: "members", value },
      { op: "add", value: { members: value } },
    ]) {
      const answer = await entra.send(
        "PATCH",
        `/Groups/${group.id}`,
        patchBody(operation as { [name: string]: Json }),
      );
      expectError(answer, 400, "invalidValue");
      const { detail } = answer.body as { detail: string };
      expect(detail).toContain("unknown-one");
      expect(detail).toContain("unknown-two");
      expect(detail).not.toContain(known);
    }
    expect(await entra.call(200, "GET", `/Groups/${group.id}`)).not.toHaveProperty("members");
  });

  it("may be groups, in circles too; a user's groups tell direct from indirect", async () => {
    const { id: user } = await create();
    const inner = await createGroup([user]);
    const outer = await createGroup([inner.id]);
    await entra.call(
      204,
      "PATCH",
      `/Groups/${inner.id}`,
      patchBody({ op: "add", path: "members", value: [{ value: outer.id, type: "Group" }] }),
    );
    const read = await entra.call<{ groups: { value: string; type: string }[] }>(
      200,
      "GET",
      `/Users/${user}`,
    );
    expect(Object.fromEntries(read.groups.map(({ value, type }) => [value, type]))).toEqual({
      [inner.id]: "direct",
      [outer.id]: "indirect",
    });
    expect(await entra.call(200, "GET", `/Groups/${outer.id}`)).toMatchObject({
      members: [{ value: inner.id, type: "Group", $ref: inner.meta.location }],
    });
  });

  it("added one by one at the same time are all there", async () => {
    const group = await createGroup();
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await create()).id));
    const added = await Promise.all(
      ids.map((value) =>
        entra.send(
          "PATCH",
          `/Groups/${group.id}`,
          patchBody({ op: "add", path: "members", value: [{ value }] }),
        ),
      ),
    );
    expect(added.map(({ status }) => status)).toEqual(ids.map(() => 204));
    const { members } = await entra.call<{ members: { value: string }[] }>(200, "GET", `/Groups/${group.id}`);
    expect(members.map(({ value }) => value).sort()).toEqual([...ids].sort());
    const removed = patchBody(
      ...ids.slice(0, 19).map((id) => ({ op: "remove", path: `members[value eq "${id}"]` })),
    );
    await entra.call(204, "PATCH", `/Groups/${group.id}`, removed);
    expect(await entra.call(200, "GET", `/Groups/${group.id}`)).toMatchObject({
      members: [{ value: ids[19] }],
    });
  });

  it("of a thousand arrive in one PATCH", async () => {
    const value: { value: string }[] = [];
    for (const batch of [1, 2, 3, 4]) {
      const operations = Array.from({ length: 250 }, (_, index) => ({
        method: "POST",
        path: "/Users",
        bulkId: `b${index}`,
        data: userBody(`many-${batch}-${index}-${fresh()}`),
      }));
      const bulk = bulkBody(...operations);
      const made = await entra.call<{ Operations: { status: string; location: string }[] }>(
        200,
        "POST",
        "/Bulk",
        bulk,
      );
      expect(new Set(made.Operations.map(({ status }) => status))).toEqual(new Set(["201"]));
      value.push(...made.Operations.map(({ location }) => ({ value: location.split("/").pop() ?? "" })));
    }
    const group = await createGroup();
    const started = Date.now();
    await entra.call(204, "PATCH", `/Groups/${group.id}`, patchBody({ op: "add", path: "members", value }));
    expect(Date.now() - started, "clients give up after 60 seconds").toBeLessThan(20_000);
    const { members } = await entra.call<{ members: Json[] }>(200, "GET", `/Groups/${group.id}`);
    expect(members).toHaveLength(1000);
    const others = value.slice(1);
    await entra.call(
      204,
      "PATCH",
      `/Groups/${group.id}`,
      patchBody({ op: "remove", path: "members", value: others }),
    );
    expect((await entra.call<{ members: Json[] }>(200, "GET", `/Groups/${group.id}`)).members).toHaveLength(
      1,
    );
  });
});

describe("an error", () => {
  it("tells that a filter would have to look at too much", async () => {
    // After the thousand members above: rows times comparisons pass the named limit.
    const filter = Array.from({ length: 190 }, (_, index) => `title co "x${index}"`).join(" or ");
    const answer = await entra.send("POST", "/Users/.search", searchBody({ filter }));
    expectError(answer, 400, "tooMany");
    const indexed = await entra.send(
      "POST",
      "/Users/.search",
      searchBody({ filter: `userName eq "x" and (${filter})` }),
    );
    expect(indexed.status, "an index narrows it down first").toBe(200);
  });

  it("says which rule it is about", async () => {
    const { id } = await create();
    for (const [status, scimType, method, path, body] of [
      [400, "invalidFilter", "GET", '/Users?filter=userName zz "x"', undefined],
      [400, "invalidFilter", "GET", "/Users?filter=shoeSize eq 1", undefined],
      [400, "invalidFilter", "GET", '/Groups?filter=userName[type eq "x"', undefined],
      [400, "invalidValue", "GET", "/Users?count=many", undefined],
      [400, "invalidValue", "GET", "/Users?sortBy=userName&sortOrder=upward", undefined],
      [400, "invalidCount", "GET", "/Users?cursor&count=many", undefined],
      [400, "invalidCursor", "GET", "/Users?cursor=forged", undefined],
      [400, "invalidPath", "PATCH", `/Users/${id}`, replace("shoeSize", 1)],
      [400, "noTarget", "PATCH", `/Users/${id}`, patchBody({ op: "remove" })],
      [400, "mutability", "PATCH", `/Users/${id}`, patchBody({ op: "remove", path: "userName" })],
      [400, "invalidValue", "PATCH", `/Users/${id}`, replace("active", 7)],
      [400, "invalidSyntax", "PATCH", `/Users/${id}`, patchBody({ op: "copy", path: "title" })],
      [404, undefined, "GET", "/Users/nobody", undefined],
      [404, undefined, "GET", "/Groups/nothing", undefined],
    ] as [number, string | undefined, string, string, Call["body"]][]) {
      const answer = await entra.send(method, path, body);
      expectError(answer, status, scimType, `${method} ${path}`);
      expect(answer.body).toEqual({
        schemas: [ERROR],
        ...(scimType === undefined ? {} : { scimType }),
        detail: expect.any(String),
        status: String(status),
      });
    }
  });
});
