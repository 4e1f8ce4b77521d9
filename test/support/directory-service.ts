/** Microsoft Graph, Okta and a SCIM service over one directory in memory: what vaults read in tests. */

export type Person = {
  id: string;
  userName: string;
  displayName?: string;
  email?: string;
  active?: boolean;
};
type Intercept = (request: Request, pass: () => Promise<Response>) => Response | Promise<Response>;

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

export const entraSource = {
  provider: "entra",
  directoryId: "9a7b330a-0000-4000-8000-000000000001",
  clientId: "vestibule",
  clientSecret: "entra client secret",
};
export const oktaSource = {
  provider: "okta",
  organizationUrl: "https://example.okta.com",
  token: "okta api token",
};
export const scimSource = {
  provider: "scim",
  baseUrl: "https://directory.example.com/scim",
  authentication: { type: "bearer", token: "scim token" },
};

export class DirectoryService {
  readonly people = new Map<string, Person>();
  /** Ids of people, and of groups, in the order they joined. */
  readonly groups = new Map<string, Set<string>>();
  readonly requests: string[] = [];
  pageSize = 100;
  /** Stands before the service: answers itself, or passes the request on. */
  intercept: Intercept = (_, pass) => pass();

  readonly fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    this.requests.push(`${request.method} ${url.host}${url.pathname}`);
    return this.intercept(request, () => this.#handle(request, url));
  };

  /** People called so, in the group; whoever is new to the directory is added to it. */
  join(group: string, ...names: string[]): void {
    const members = this.groups.get(group) ?? new Set();
    this.groups.set(group, members);
    for (const name of names) {
      const id = `id-${name}`;
      if (!this.people.has(id)) {
        this.people.set(id, {
          id,
          userName: name,
          displayName: name.toUpperCase(),
          email: `${name}@example.com`,
        });
      }
      members.add(id);
    }
  }

  leave(group: string, ...names: string[]): void {
    for (const name of names) this.groups.get(group)?.delete(`id-${name}`);
  }

  change(name: string, change: Partial<Person>): void {
    const person = this.people.get(`id-${name}`);
    if (person === undefined) throw new Error(`nobody is called ${name}`);
    Object.assign(person, change);
  }

  async #handle(request: Request, url: URL): Promise<Response> {
    const authorization = request.headers.get("authorization");
    switch (url.host) {
      case "login.microsoftonline.com":
        return this.#token(await request.text());
      case "graph.microsoft.com":
        return authorization === "Bearer graph-token" ? this.#graph(url) : json({}, 401);
      case "example.okta.com":
        return authorization === `SSWS ${oktaSource.token}` ? this.#okta(url) : json({}, 401);
      case "directory.example.com":
        return authorization === "Bearer scim token" ? this.#scim(url) : json({}, 401);
      default:
        throw new Error(`nobody lives at ${url.host}`);
    }
  }

  #token(body: string): Response {
    const form = new URLSearchParams(body);
    const accepted =
      form.get("client_secret") === entraSource.clientSecret &&
      form.get("scope") === "https://graph.microsoft.com/.default";
    return accepted
      ? json({ access_token: "graph-token", expires_in: 3_599 })
      : json({ error: "invalid_client", error_codes: [7_000_215] }, 401);
  }

  /** A page of the members past `after`, and where the next one begins. */
  #page(members: readonly string[], after: string | null): { page: string[]; next: string | undefined } {
    const start = Number(after ?? 0);
    const end = start + this.pageSize;
    return { page: members.slice(start, end), next: end < members.length ? String(end) : undefined };
  }

  #graph(url: URL): Response {
    const [, group = "", list] =
      /^\/v1\.0\/groups\/([^/]+)\/(members|transitiveMembers)$/.exec(url.pathname) ?? [];
    const members = this.groups.get(group);
    if (members === undefined) return json({ error: { code: "Request_ResourceNotFound" } }, 404);
    const ids = list === "members" ? [...members] : [...this.#within(group)];
    const { page, next } = this.#page(ids, url.searchParams.get("$skiptoken"));
    const value = page.map((id) => {
      const person = this.people.get(id);
      if (person === undefined) return { "@odata.type": "#microsoft.graph.group", id };
      const { userName: userPrincipalName, displayName, email: mail, active = true } = person;
      return {
        "@odata.type": "#microsoft.graph.user",
        id,
        userPrincipalName,
        displayName,
        mail,
        accountEnabled: active,
      };
    });
    url.searchParams.set("$skiptoken", next ?? "");
    return json({ value, ...(next === undefined ? {} : { "@odata.nextLink": url.toString() }) });
  }

  #okta(url: URL): Response {
    const [, group = ""] = /^\/api\/v1\/groups\/([^/]+)\/users$/.exec(url.pathname) ?? [];
    const members = this.groups.get(group);
    if (members === undefined) return json({ errorSummary: "Not found" }, 404);
    const { page, next } = this.#page([...members], url.searchParams.get("after"));
    const users = page.flatMap((id) => {
      const person = this.people.get(id);
      if (person === undefined) return [];
      const { userName: login, displayName, email, active = true } = person;
      return [{ id, status: active ? "ACTIVE" : "SUSPENDED", profile: { login, displayName, email } }];
    });
    const self = `<${url}>; rel="self"`;
    url.searchParams.set("after", next ?? "");
    return json(users, 200, { link: next === undefined ? self : `${self}, <${url}>; rel="next"` });
  }

  #scim(url: URL): Response {
    const [, kind, id = ""] = /^\/scim\/(Users|Groups)\/([^/]+)$/.exec(url.pathname) ?? [];
    const person = this.people.get(id);
    if (kind === "Users" && person !== undefined) {
      const { userName, displayName, email: value, active = true } = person;
      return json({ id, userName, displayName, active, emails: [{ value, primary: true }] });
    }
    const members = this.groups.get(id);
    if (kind !== "Groups" || members === undefined) return json({ detail: "not found" }, 404);
    const listed = [...members].map((value) => ({ value, type: this.groups.has(value) ? "Group" : "User" }));
    return json({ id, displayName: id, ...(listed.length === 0 ? {} : { members: listed }) });
  }

  #within(group: string, seen = new Set<string>(), found = new Set<string>()): Set<string> {
    seen.add(group);
    for (const id of this.groups.get(group) ?? []) {
      found.add(id);
      if (this.groups.has(id) && !seen.has(id)) this.#within(id, seen, found);
    }
    return found;
  }
}
