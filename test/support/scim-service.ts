/** A small SCIM service in memory that misbehaves when told to: what a vault's connector pushes to in tests. */

export type HeldUser = {
  id: string;
  userName: string;
  externalId?: string;
  active?: boolean;
  [name: string]: unknown;
};
export type HeldGroup = { id: string; displayName: string; members: Set<string> };
type Operation = { op: string; path?: string; value?: unknown };
type Intercept = (request: Request, pass: () => Promise<Response>) => Response | Promise<Response>;

const answer = (status: number, body?: unknown, headers: Record<string, string> = {}): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), { status, headers });

export class ScimService {
  readonly users = new Map<string, HeldUser>();
  readonly groups = new Map<string, HeldGroup>();
  readonly requests: string[] = [];
  /** How many members each PATCH of a group carried. */
  readonly memberCounts: number[] = [];
  /** Stands before the service: answers itself, or passes the request on. */
  intercept: Intercept = (_, pass) => pass();
  /** Requests under way at one moment, at most. */
  parallel = 0;
  #underWay = 0;
  #lastId = 0;

  readonly fetch = async (request: Request): Promise<Response> => {
    this.#underWay += 1;
    this.parallel = Math.max(this.parallel, this.#underWay);
    try {
      const { pathname } = new URL(request.url);
      this.requests.push(`${request.method} ${pathname.replace("/scim", "")}`);
      return await this.intercept(request, () => this.#handle(request));
    } finally {
      this.#underWay -= 1;
    }
  };

  addUser(userName: string, more: object = {}): HeldUser {
    this.#lastId += 1;
    const user = { ...more, id: `r${this.#lastId}`, userName };
    this.users.set(user.id, user);
    return user;
  }

  addGroup(displayName: string, members: string[] = []): HeldGroup {
    this.#lastId += 1;
    const group = { id: `r${this.#lastId}`, displayName, members: new Set(members) };
    this.groups.set(group.id, group);
    return group;
  }

  names(): string[] {
    return [...this.users.values()].map(({ userName }) => userName).toSorted();
  }

  active(): string[] {
    return [...this.users.values()]
      .filter(({ active }) => active)
      .map(({ userName }) => userName)
      .toSorted();
  }

  membersOf(displayName: string): string[] {
    const found = [...this.groups.values()].filter((group) => group.displayName === displayName);
    if (found.length !== 1) throw new Error(`${found.length} groups are called ${displayName}`);
    return [...(found[0]?.members ?? [])].map((id) => this.users.get(id)?.userName ?? id).toSorted();
  }

  async #handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const [, kind = "", id = ""] = /^\/scim\/(Users|Groups)(?:\/(.+))?$/.exec(url.pathname) ?? [];
    const text = await request.text();
    const body = text === "" ? {} : JSON.parse(text);
    if (kind === "Users") return this.#user(request.method, id, url, body);
    if (kind === "Groups") return this.#group(request.method, id, url, body);
    return answer(404);
  }

  #user(method: string, id: string, url: URL, body: HeldUser): Response {
    if (method === "GET" && id === "") return this.#list([...this.users.values()], url);
    if (method === "POST") {
      if (this.names().includes(body.userName)) return answer(409, { scimType: "uniqueness" });
      const user = this.addUser(body.userName, body);
      return answer(201, user);
    }
    const user = this.users.get(id);
    if (user === undefined) return answer(404);
    if (method === "GET") return answer(200, user);
    this.users.set(id, { ...body, id });
    return answer(200, body);
  }

  #group(method: string, id: string, url: URL, body: HeldGroup & { Operations: Operation[] }): Response {
    if (method === "GET" && id === "") return this.#list([...this.groups.values()], url);
    if (method === "POST") return answer(201, { id: this.addGroup(body.displayName).id });
    const group = this.groups.get(id);
    if (group === undefined) return answer(404);
    if (method === "GET")
      return answer(200, { ...group, members: [...group.members].map((value) => ({ value })) });
    if (method === "DELETE") {
      this.groups.delete(id);
      return answer(204);
    }
    return this.#patch(group, body.Operations);
  }

  #patch(group: HeldGroup, operations: Operation[]): Response {
    let count = 0;
    for (const { op, path = "", value } of operations) {
      const [, removed] = /^members\[value eq "(.+)"\]$/.exec(path) ?? [];
      const values =
        removed === undefined
          ? ((value ?? []) as { value: string }[]).map((member) => member.value)
          : [removed];
      if (path === "displayName") group.displayName = String(value);
      else count += values.length;
      for (const member of path === "displayName" ? [] : values) {
        if (op === "remove" && !group.members.delete(member)) return answer(400, { scimType: "noTarget" });
        if (op === "add" && !this.users.has(member)) return answer(400, { scimType: "invalidValue" });
        if (op === "add") group.members.add(member);
      }
    }
    this.memberCounts.push(count);
    return answer(204);
  }

  #list(resources: (HeldUser | HeldGroup)[], url: URL): Response {
    const [, attribute = "", quoted = '""'] =
      /^(\w+) eq (".*")$/.exec(url.searchParams.get("filter") ?? "") ?? [];
    const wanted = JSON.parse(quoted) as string;
    const found = resources.filter((resource) => (resource as Record<string, unknown>)[attribute] === wanted);
    // As some services do: no Resources when there are none.
    return answer(
      200,
      found.length === 0 ? { totalResults: 0 } : { totalResults: found.length, Resources: found },
    );
  }
}
