/** A typed client of the admin API, `/api/v1`. Each call throws unless it is answered with success. */
import type {
  Activity,
  CreatedConfiguration,
  Event,
  Group,
  LicenseType,
  LicenseTypeCode,
  Link,
  LinkTarget,
  Named,
  Page,
  Plan,
  Tenant,
  User,
  VaultMember,
  VaultUser,
} from "./answers.ts";
import { type Answer, send, UnexpectedAnswer } from "./http.ts";

export type AdminClient = ReturnType<typeof adminClient>;

export function adminClient(base: string, apiKey: string) {
  const request = (method: string, path: string, body?: unknown): Promise<Answer> =>
    send(`${base}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}` },
      ...(body === undefined ? {} : { body }),
    });

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await request(method, path, body);
    if (answer.status < 200 || answer.status > 299) throw new UnexpectedAnswer(`${method} ${path}`, answer);
    return answer.body as T;
  }

  /** All pages of a list. */
  async function list<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    const separator = path.includes("?") ? "&" : "?";
    for (let cursor: string | undefined; ; ) {
      const next: string = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await call<Page<T>>("GET", `${path}${separator}limit=200${next}`);
      items.push(...page.items);
      cursor = page.nextCursor;
      if (cursor === undefined) return items;
    }
  }

  return {
    base,
    apiKey,
    request,
    tenant: () => call<Tenant>("GET", "/tenant"),
    activity: () => call<Activity>("GET", "/activity"),
    createConfiguration: (body: {
      name: string;
      type: CreatedConfiguration["type"];
      defaultLicenseType: LicenseTypeCode;
    }) => call<CreatedConfiguration>("POST", "/configurations", body),
    licenseTypes: async () => (await call<{ items: LicenseType[] }>("GET", "/license-types")).items,
    purchase: (code: LicenseTypeCode, purchased: number) =>
      call<LicenseType>("PATCH", `/license-types/${code}`, { purchased }),
    users: (query = "") => list<User>(`/users${query}`),
    groups: () => list<Group>("/groups"),
    setGroupLicense: (id: string, licenseType: LicenseTypeCode | null) =>
      call<Group>("PATCH", `/groups/${id}`, { licenseType }),
    /** Thresholds of the brake on accidents. */
    setBrake: (brake: { percent?: number; floor?: number; absolute?: number }) =>
      call<unknown>("PATCH", "/policies", { brake }),
    createVault: (name: string) => call<Named>("POST", "/vaults", { name }),
    createVaultGroup: (vaultId: string, name: string) =>
      call<Named>("POST", `/vaults/${vaultId}/groups`, { name }),
    vaultMembers: (vaultId: string, vaultGroupId: string) =>
      list<VaultMember>(`/vaults/${vaultId}/groups/${vaultGroupId}/members`),
    vaultUsers: (vaultId: string) => list<VaultUser>(`/vaults/${vaultId}/users`),
    setVaultUserState: (vaultId: string, userId: string, state: "enabled" | "disabled") =>
      call<VaultUser>("PATCH", `/vaults/${vaultId}/users/${userId}`, { state }),
    deleteVaultUser: (vaultId: string, userId: string) =>
      call<void>("DELETE", `/vaults/${vaultId}/users/${userId}`),
    /** Preview, then apply exactly that plan. */
    async link(target: LinkTarget): Promise<Link> {
      const { planHash } = await call<Plan>("POST", "/links/preview", target);
      return call<Link>("POST", "/links", { ...target, planHash });
    },
    links: () => list<Link>("/links"),
    unlink: (linkId: string, members: "remove" | "keep") =>
      call<void>("DELETE", `/links/${linkId}?members=${members}`),
    events: (subject?: string) =>
      list<Event>(`/events${subject === undefined ? "" : `?subject=${encodeURIComponent(subject)}`}`),
    /** Asks until nothing is left to be done for this tenant. */
    async settled(timeoutMs = 30_000): Promise<Activity> {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const activity = await call<Activity>("GET", "/activity");
        if (activity.idle) return activity;
        if (Date.now() > deadline) {
          throw new Error(`The gateway has not settled in ${timeoutMs} ms: ${JSON.stringify(activity)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}
