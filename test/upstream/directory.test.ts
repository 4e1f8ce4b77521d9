/** Providers that vaults read their groups from: paging, what counts as a member, and what is no list at all. */
import { describe, expect, it } from "vitest";
import { IMPORT_NESTED_GROUPS_MAX } from "../../src/domain/limits.ts";
import { AccessTokens } from "../../src/upstream/access-token.ts";
import { type DirectoryConnection, openDirectory } from "../../src/upstream/directory/open.ts";
import { UpstreamFailure } from "../../src/upstream/failure.ts";
import { DirectoryService, entraSource, oktaSource } from "../support/directory-service.ts";
import { json } from "./service.ts";

const entra = entraSource as DirectoryConnection;
const okta = oktaSource as DirectoryConnection;
const scim: DirectoryConnection = {
  provider: "scim",
  baseUrl: "https://directory.example.com/scim",
  credential: { type: "bearer", token: "scim token" },
};
const providers = [
  ["entra", entra],
  ["okta", okta],
  ["scim", scim],
] as const;

function open(connection: DirectoryConnection, service = new DirectoryService()) {
  const transport = {
    fetch: service.fetch,
    tokens: new AccessTokens(),
    policy: { allowLoopback: false },
    now: () => 0,
  };
  const directory = openDirectory(transport, connection);
  const names = async (group: string, nested = false): Promise<string[]> => {
    const people = [];
    let cursor: string | undefined;
    do {
      const page = await directory.readPage(group, nested, cursor);
      people.push(...page.people);
      cursor = page.next;
    } while (cursor !== undefined);
    const unnamed = people.filter(({ userName }) => userName === undefined).map(({ id }) => id);
    const described = [...people.filter(({ userName }) => userName), ...(await directory.describe(unnamed))];
    return described.map(({ userName, active }) => `${userName}${active ? "" : " (inactive)"}`).toSorted();
  };
  return { service, directory, names };
}

const failureOf = async (work: Promise<unknown>): Promise<UpstreamFailure> => {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof UpstreamFailure)) throw new Error(`no failure: ${String(failure)}`);
  return failure;
};

describe.each(providers)("%s", (_, connection) => {
  it("reads every page of a group, and who is inactive", async () => {
    const { service, names } = open(connection);
    service.pageSize = 2;
    service.join("g", "a", "b", "c", "d", "e");
    service.change("c", { active: false });
    expect(await names("g")).toEqual(["a", "b", "c (inactive)", "d", "e"]);
  });

  it("an empty group is empty, a missing one is refused by its id", async () => {
    const { service, names } = open(connection);
    service.join("empty");
    expect(await names("empty")).toEqual([]);
    const failure = await failureOf(names("gone"));
    expect([failure.kind, failure.status]).toEqual(["refused", 404]);
    expect(failure.message).toContain("no group gone");
  });

  it("anything that is no page of members is a failure, never an empty list", async () => {
    for (const body of [{}, "text", { value: "no list" }, null, 7]) {
      const { service, names } = open(connection);
      service.join("g", "a");
      service.intercept = (request, pass) =>
        request.url.includes("/oauth2/") ? pass() : Promise.resolve(json(200, body));
      expect((await failureOf(names("g"))).kind).toBe("invalid_answer");
    }
  });

  it("asks to wait, is out of order, or does not accept the credential: each is told apart", async () => {
    const answers: [status: number, headers: Record<string, string>, kind: string][] = [
      [429, { "retry-after": "17" }, "throttled"],
      [503, {}, "unavailable"],
      [401, {}, "credential"],
      [403, {}, "credential"],
    ];
    for (const [status, headers, kind] of answers) {
      const { service, names } = open(connection);
      service.intercept = (request, pass) =>
        request.url.includes("/oauth2/") ? pass() : json(status, {}, headers);
      const failure = await failureOf(names("g"));
      expect(failure.kind).toBe(kind);
      if (kind === "throttled") expect(failure.retryAfterSeconds).toBe(17);
    }
  });

  it("repeats no credential, whatever the provider says", async () => {
    const { service, names } = open(connection);
    service.intercept = async (request, pass) => {
      if (request.url.includes("/oauth2/")) return pass();
      const said = `you sent ${request.headers.get("authorization")}`;
      return json(400, { error: { message: said }, errorSummary: said, detail: said });
    };
    expect((await failureOf(names("g"))).message).not.toMatch(/token(?! endpoint)/);
  });
});

describe("next pages", () => {
  it("that lie elsewhere are not fetched: the credential would go with the request", async () => {
    const elsewhere = "https://attacker.example/v1.0/groups/g/members?page=2";
    const traps: [DirectoryConnection, () => Response][] = [
      [entra, () => json(200, { value: [], "@odata.nextLink": elsewhere })],
      [entra, () => json(200, { value: [], "@odata.nextLink": "https://graph.microsoft.com/beta/me" })],
      [okta, () => json(200, [], { link: `<${elsewhere}>; rel="next"` })],
    ];
    for (const [connection, trap] of traps) {
      const { service, names } = open(connection);
      service.intercept = (request, pass) => (request.url.includes("/oauth2/") ? pass() : trap());
      expect((await failureOf(names("g"))).kind).toBe("invalid_answer");
      expect(service.requests.filter((request) => request.includes("attacker"))).toEqual([]);
    }
  });

  it("that were stored are checked again", async () => {
    for (const connection of [entra, okta]) {
      const { directory, service } = open(connection);
      const failure = await failureOf(directory.readPage("g", false, "https://attacker.example/api/v1/x"));
      expect([failure.kind, service.requests]).toEqual(["invalid_answer", []]);
    }
  });
});

describe("groups inside groups", () => {
  it.each([
    ["entra", entra],
    ["scim", scim],
  ] as const)("%s: are left out, or walked once each, circles included (A27)", async (_, connection) => {
    const { service, names } = open(connection);
    service.join("outer", "a");
    service.join("inner", "b", "c");
    service.groups.get("outer")?.add("inner");
    service.groups.get("inner")?.add("outer");
    expect(await names("outer")).toEqual(["a"]);
    expect(await names("outer", true)).toEqual(["a", "b", "c"]);
  });

  it("scim: too many of them are refused", async () => {
    const { service, names } = open(scim);
    service.join("outer");
    for (let index = 0; index <= IMPORT_NESTED_GROUPS_MAX; index += 1) {
      service.join(`g${index}`);
      service.groups.get("outer")?.add(`g${index}`);
    }
    expect((await failureOf(names("outer", true))).kind).toBe("refused");
  });
});

describe("Microsoft Entra ID", () => {
  it("asks for what an account needs, once per page, with the application's own token", async () => {
    const { service, names } = open(entra);
    const asked: Request[] = [];
    service.intercept = (request, pass) => {
      asked.push(request.clone());
      return pass();
    };
    service.join("g", "a");
    await names("g");
    expect(service.requests).toEqual([
      `POST login.microsoftonline.com/${entraSource.directoryId}/oauth2/v2.0/token`,
      "GET graph.microsoft.com/v1.0/groups/g/members",
    ]);
    const query = new URL(asked[1]?.url ?? "").searchParams;
    expect(query.get("$select")?.split(",")).toEqual(
      expect.arrayContaining(["id", "userPrincipalName", "accountEnabled"]),
    );
  });

  it.each([
    [7_000_222, "has expired"],
    [7_000_215, "is wrong"],
    [700_016, "no application"],
    [90_002, "no directory"],
  ])("says what to do about AADSTS%i", async (code, words) => {
    const { service, directory } = open(entra);
    service.intercept = () => json(401, { error: "invalid_client", error_codes: [code] });
    const failure = await failureOf(directory.authenticate());
    expect(failure.kind).toBe("credential");
    expect(failure.message).toContain(words);
  });

  it("members whose names it hides are a missing permission, not people without a name", async () => {
    const { service, names } = open(entra);
    const hidden = { "@odata.type": "#microsoft.graph.user", id: "1", userPrincipalName: null };
    service.intercept = (request, pass) =>
      request.url.includes("/oauth2/") ? pass() : json(200, { value: [hidden] });
    expect((await failureOf(names("g"))).message).toContain("User.Read.All");
  });

  it("devices and service principals are no people", async () => {
    const { service, names } = open(entra);
    const value = [
      { "@odata.type": "#microsoft.graph.device", id: "1", displayName: "a printer" },
      { "@odata.type": "#microsoft.graph.user", id: "2", userPrincipalName: "b" },
    ];
    service.intercept = (request, pass) => (request.url.includes("/oauth2/") ? pass() : json(200, { value }));
    expect(await names("g")).toEqual(["b"]);
  });
});

it("addresses that may not be called are not", () => {
  const inside = { ...oktaSource, organizationUrl: "https://10.0.0.1" } as DirectoryConnection;
  expect(() => open(inside)).toThrow(UpstreamFailure);
  expect(() => open({ ...scim, baseUrl: "http://localhost/scim" } as DirectoryConnection)).toThrow(
    UpstreamFailure,
  );
});
