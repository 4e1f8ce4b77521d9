/** What SCIM services answer in practice, and what the client makes of it. */
import { describe, expect, it, vi } from "vitest";
import { UPSTREAM_ANSWER_BYTES_MAX, UPSTREAM_TIMEOUT_MS } from "../../src/domain/limits.ts";
import { parseRetryAfter } from "../../src/upstream/exchange.ts";
import { UpstreamFailure } from "../../src/upstream/failure.ts";
import { clientCredentials, json, scripted } from "./service.ts";

const list = (...Resources: object[]) => ({ totalResults: Resources.length, Resources });
const user = (id: unknown, userName: string) => ({ id, userName });

const failure = async (work: Promise<unknown>): Promise<UpstreamFailure> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UpstreamFailure)) throw new Error(`no failure of the service: ${String(error)}`);
  return error;
};

describe("looking for a user", () => {
  it.each([
    ["as the RFC has it", json(200, list(user("7", "ann"))), "7"],
    ["with other case", json(200, list(user("7", "ANN"))), "7"],
    ["with a numeric id", json(200, list(user(7, "ann"))), "7"],
    ["with the filter ignored", json(200, list(user("6", "bob"), user("7", "ann"))), "7"],
    ["nothing found", json(200, list()), undefined],
    ["nothing found, Resources left out", json(200, { totalResults: 0 }), undefined],
    ["nothing found, Resources null", json(200, { totalResults: 0, Resources: null }), undefined],
    ["nothing found, as 404", json(404, { status: "404" }), undefined],
    ["nothing found, as 204", json(204), undefined],
    ["somebody else found", json(200, list(user("6", "bob"))), undefined],
    ["one user twice", json(200, list(user("7", "ann"), user("7", "ann"))), "7"],
  ])("%s", async (_what, answer, found) => {
    const { client } = scripted([answer]);
    expect(await client.findUser("userName", "ann")).toBe(found);
  });

  it("quotes the value, and sends what a SCIM client sends", async () => {
    const { client, asked } = scripted([json(200, list())]);
    await client.findUser("userName", 'a"b\\c');
    expect(asked[0]?.path).toBe('/v2/Users?filter=userName eq "a\\"b\\\\c"&count=10');
    expect(asked[0]?.headers.get("authorization")).toBe("Bearer secret-token");
    expect(asked[0]?.headers.get("accept")).toContain("application/scim+json");
  });

  it("does not choose between two", async () => {
    const { client } = scripted([json(200, list(user("7", "ann"), user("8", "ann")))]);
    expect((await failure(client.findUser("userName", "ann"))).kind).toBe("refused");
  });

  it("compares externalId with case", async () => {
    const { client } = scripted([json(200, list({ id: "1", externalId: "ABC" }))]);
    expect(await client.findUser("externalId", "abc")).toBeUndefined();
  });
});

describe("creating", () => {
  it.each([
    ["201 with the user", json(201, user("7", "ann")), "7"],
    ["200 with the user", json(200, user("7", "ann")), "7"],
    ["201 without a body", json(201, undefined, { location: "https://scim.example.com/v2/Users/7" }), "7"],
    ["201 that says nothing", json(201), "exists"],
    ["409", json(409, { status: 409, scimType: "uniqueness" }), "exists"],
  ])("%s", async (_what, answer, outcome) => {
    const { client } = scripted([answer]);
    expect(await client.createUser({ userName: "ann" })).toBe(outcome);
  });

  it("repeats what the service says, but no secret", async () => {
    const detail = "bad header 'Bearer secret-token', token secret-token";
    const { client } = scripted([json(400, { detail, status: 400 })]);
    const { kind, message } = await failure(client.createUser({ userName: "ann" }));
    expect(kind).toBe("refused");
    expect(message).toMatch(/^POST \/Users: 400, bad header/);
    expect(message).not.toContain("secret-token");
  });

  it.each([
    ["message", { message: "no" }],
    ["a status that is a number", { detail: "no", status: 400 }],
    ["a status that is text", { detail: "no", status: "400" }],
  ])("reads errors with %s", async (_what, body) => {
    const { client } = scripted([json(400, body)]);
    expect((await failure(client.createGroup("Readers"))).message).toBe("POST /Groups: 400, no");
  });
});

describe("replacing", () => {
  it.each([
    [200, "done"],
    [204, "done"],
    [404, "missing"],
  ] as const)("PUT answered %i: %s", async (status, outcome) => {
    const { client, asked } = scripted([json(status)]);
    expect(await client.replaceUser("a/b", { userName: "ann" })).toBe(outcome);
    expect(asked[0]).toMatchObject({ method: "PUT", path: "/v2/Users/a/b" });
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({ userName: "ann", id: "a/b" });
  });

  it.each([405, 501])("falls back to PATCH when PUT answers %i", async (status) => {
    const { client, asked } = scripted([json(status), json(204)]);
    expect(await client.replaceUser("7", { schemas: ["x"], userName: "ann" })).toBe("done");
    expect(asked[1]?.method).toBe("PATCH");
    expect(JSON.parse(asked[1]?.body ?? "").Operations).toEqual([
      { op: "replace", value: { userName: "ann" } },
    ]);
  });
});

describe("members", () => {
  it.each([200, 204])("are added by one operation, answered %i with or without a body", async (status) => {
    const { client, asked } = scripted([json(status)]);
    expect(await client.addMembers("g", ["1", "2"])).toBe("done");
    expect(JSON.parse(asked[0]?.body ?? "").Operations).toEqual([
      { op: "add", path: "members", value: [{ value: "1" }, { value: "2" }] },
    ]);
  });

  it("are removed by one operation each, in one request", async () => {
    const { client, asked } = scripted([json(204)]);
    expect(await client.removeMembers("g", ["1", "2"])).toBe("done");
    expect(asked).toHaveLength(1);
    expect(JSON.parse(asked[0]?.body ?? "").Operations).toEqual([
      { op: "remove", path: 'members[value eq "1"]' },
      { op: "remove", path: 'members[value eq "2"]' },
    ]);
  });

  it("that are out already do not hold up the others", async () => {
    const noTarget = () => json(400, { scimType: "noTarget", status: 400 });
    const { client } = scripted([
      noTarget(),
      noTarget(),
      json(200, { members: [{ value: "2" }] }),
      json(204),
    ]);
    expect(await client.removeMembers("g", ["1", "2"])).toBe("done");
  });

  it("are removed in the other form where value paths are unknown", async () => {
    const present = json(200, { members: [{ value: "1" }] });
    const { client, asked } = scripted([json(400, { scimType: "invalidPath" }), present, json(204)]);
    expect(await client.removeMembers("g", ["1"])).toBe("done");
    expect(JSON.parse(asked[2]?.body ?? "").Operations).toEqual([
      { op: "remove", path: "members", value: [{ value: "1" }] },
    ]);
  });

  it("of a group that is gone tell so", async () => {
    expect(await scripted([json(404)]).client.addMembers("g", ["1"])).toBe("missing");
    expect(await scripted([json(404), json(404)]).client.removeMembers("g", ["1"])).toBe("missing");
  });

  it.each([
    ["listed", json(200, { members: [{ value: "1" }, { value: 2 }, {}] }), ["1", "2"]],
    ["left out", json(200, { id: "g" }), undefined],
    ["not shown", json(501, { detail: "no" }), undefined],
    ["of a group that is gone", json(404), "missing"],
  ])("read back: %s", async (_what, answer, members) => {
    const { client } = scripted([answer]);
    expect(await client.memberIds("g")).toEqual(members);
  });
});

describe("when the service does not do what it should", () => {
  it.each([
    [429, { "retry-after": "7" }, "throttled", 7],
    [429, {}, "throttled", 30],
    [503, { "retry-after": "120" }, "throttled", 120],
    [503, {}, "unavailable", undefined],
    [500, {}, "unavailable", undefined],
    [502, {}, "unavailable", undefined],
    [408, {}, "unavailable", undefined],
    [401, {}, "credential", undefined],
    [403, {}, "credential", undefined],
    [301, { location: "https://evil.example.com/" }, "refused", undefined],
    [302, { location: "http://169.254.169.254/" }, "refused", undefined],
    [307, { location: "/elsewhere" }, "refused", undefined],
    [308, {}, "refused", undefined],
    [400, {}, "refused", undefined],
    [422, {}, "refused", undefined],
  ] as const)("%i with %j is %s", async (status, headers, kind, retryAfterSeconds) => {
    const { client, asked } = scripted([json(status, undefined, headers)]);
    expect(await failure(client.createUser({}))).toMatchObject({ kind, retryAfterSeconds, status });
    expect(asked).toHaveLength(1);
  });

  it.each([
    ["12", 12],
    ["0", 1],
    ["999999", 3_600],
    ["Thu, 01 Jan 1970 00:01:40 GMT", 40],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 1],
    ["soon", 30],
    [null, 30],
  ])("waits for Retry-After: %s", (header, seconds) => {
    expect(parseRetryAfter(header, 60_000)).toBe(seconds);
  });

  it("a connection that breaks is unavailable", async () => {
    const { client } = scripted([new Error("reset by peer, token secret-token")]);
    const { kind, message } = await failure(client.probe("/Users"));
    expect([kind, message]).toEqual(["unavailable", "scim.example.com: the connection failed"]);
  });

  it("an answer that never comes is given up", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const abort = new AbortController();
      vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
        setTimeout(() => abort.abort(new Error("time is up")), milliseconds);
        return abort.signal;
      });
      const { client } = scripted([() => new Promise<Response>(() => {})]);
      const given = failure(client.probe("/Users"));
      await vi.advanceTimersByTimeAsync(UPSTREAM_TIMEOUT_MS);
      expect((await given).message).toBe("scim.example.com: no answer within 10 s");
    } finally {
      vi.restoreAllMocks();
      vi.useRealTimers();
    }
  });

  it("a giant answer is not read to its end", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1_000_000;
        controller.enqueue(new Uint8Array(1_000_000).fill(32));
      },
    });
    const { client } = scripted([new Response(endless)]);
    expect((await failure(client.findUser("userName", "ann"))).kind).toBe("invalid_answer");
    expect(sent).toBeLessThan(UPSTREAM_ANSWER_BYTES_MAX + 5_000_000);
  });

  it.each([
    ["a page of HTML", new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["a list that is no object", json(200, [])],
  ])("a probe is not content with %s", async (_what, answer) => {
    expect((await failure(scripted([answer]).client.probe("/Users"))).kind).toBe("invalid_answer");
  });

  it("settings that were allowed once are checked again", () => {
    const refused = { ...clientCredentials, baseUrl: "https://10.0.0.1/" };
    expect(() => scripted([], refused)).toThrow(UpstreamFailure);
  });
});

describe("client credentials", () => {
  const token = (value: string, more: object = { expires_in: 3_600 }) =>
    json(200, { access_token: value, ...more });
  const found = () => json(200, list());
  const sent = (asked: { headers: Headers }[]) => asked.map(({ headers }) => headers.get("authorization"));

  it("are exchanged once for many calls, and again before the token expires", async () => {
    const clock = { now: 0 };
    const { client, asked } = scripted(
      [token("one"), found(), found(), token("two"), found()],
      clientCredentials,
      clock,
    );
    await client.findGroup("a");
    clock.now = 3_000_000;
    await client.findGroup("a");
    clock.now = 3_571_000;
    await client.findGroup("a");
    expect(sent(asked)).toEqual([null, "Bearer one", "Bearer one", null, "Bearer two"]);
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
      grant_type: "client_credentials",
      client_id: "client:1",
      client_secret: "s%cret",
    });
  });

  it.each([[{}], [{ expires_in: "600" }], [{ expires_in: -1 }], [{ expires_in: "soon" }]])(
    "tokens with %j are used and kept",
    async (more) => {
      const { client, asked } = scripted([token("one", more), found(), found()], clientCredentials);
      await client.findGroup("a");
      await client.findGroup("a");
      expect(asked).toHaveLength(3);
    },
  );

  it("go into a Basic header where the body is not accepted", async () => {
    const { client, asked } = scripted([json(401), token("one"), found()], clientCredentials);
    await client.findGroup("a");
    expect(atob(asked[1]?.headers.get("authorization")?.replace("Basic ", "") ?? "")).toBe(
      "client%3A1:s%25cret",
    );
  });

  it("get a fresh token when one is refused, once", async () => {
    const { client, asked } = scripted([token("one"), json(401), token("two"), found()], clientCredentials);
    await client.findGroup("a");
    expect(sent(asked)).toEqual([null, "Bearer one", null, "Bearer two"]);
    const again = scripted([token("one"), json(401), token("two"), json(401)], clientCredentials);
    expect((await failure(again.client.findGroup("a"))).kind).toBe("credential");
  });

  it("that are refused tell the code and nothing else", async () => {
    const refusal = () => json(401, { error: "invalid_client", error_description: "s%cret is wrong" });
    const { client } = scripted([refusal(), refusal()], clientCredentials);
    const { kind, message } = await failure(client.authenticate());
    expect([kind, message]).toEqual([
      "credential",
      "The token endpoint refuses the client (401, invalid_client).",
    ]);
  });

  it.each([[{ access_token: "two words" }], [{ access_token: 7 }], [{}], ["text"]])(
    "an answer of %j is no token",
    async (body) => {
      const { client } = scripted([json(200, body), json(200, body)], clientCredentials);
      expect((await failure(client.authenticate())).kind).toBe("credential");
    },
  );
});
