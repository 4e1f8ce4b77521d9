/** An organization whose vault reads groups from a directory; the test says when imports run. */
import type { Deps } from "../../src/gateway/deps.ts";
import { ConnectedTenant } from "./connected-tenant.ts";
import { DirectoryService, entraSource } from "./directory-service.ts";

export type Run = {
  id: string;
  state: "scheduled" | "running" | "succeeded" | "failed";
  scheduledFor: string;
  read: number;
  created: number;
  added: number;
  removed: number;
  enabled: number;
  skipped: number;
  error: string | null;
};
export type Shown = {
  groups: { remoteId: string; vaultGroup: { id: string; name: string }; link: { id: string } | null }[];
  firstImportMinutes: number;
  currentImport: Run | null;
  lastImport: Run | null;
};
type Listed<Item> = { items: Item[] };
export type VaultUser = {
  userId: string;
  userName: string;
  state: string;
  disabledBy: string | null;
  groups: { name: string }[];
};
export type Account = {
  id: string;
  userName: string;
  origin: string;
  active: boolean;
  license: { held: string | null; wanted: string | null };
};

export class ImportingVault {
  readonly tenant: ConnectedTenant;
  readonly directory: DirectoryService;
  readonly deps: Deps;
  readonly id: string;

  private constructor(tenant: ConnectedTenant, directory: DirectoryService, id: string) {
    this.tenant = tenant;
    this.directory = directory;
    this.deps = tenant.deps(directory.fetch);
    this.id = id;
  }

  static async open(
    directory = new DirectoryService(),
    organization?: ConnectedTenant,
  ): Promise<ImportingVault> {
    const tenant = organization ?? (await ConnectedTenant.open(10_000));
    const { id } = await tenant.admin("POST", "/vaults", { name: crypto.randomUUID() });
    return new ImportingVault(tenant, directory, id);
  }

  get path(): string {
    return `/vaults/${this.id}/synchronization`;
  }

  settings(more: object = {}): object {
    return {
      source: entraSource,
      groups: [{ remoteId: "sales", name: "Sales", newVaultGroupName: "Sellers" }],
      licenseType: "named",
      ...more,
    };
  }

  set = (more: object = {}): Promise<Shown> =>
    this.tenant.admin<Shown>("PUT", this.path, this.settings(more));
  show = (): Promise<Shown> => this.tenant.admin<Shown>("GET", this.path);
  order = (): Promise<Run> => this.tenant.admin<Run>("POST", `${this.path}/runs`);

  async runs(): Promise<Run[]> {
    return (await this.tenant.admin<Listed<Run>>("GET", `${this.path}/runs?limit=200`)).items;
  }

  /** Imports now, and settles everything that follows. */
  async import(): Promise<Run> {
    const { id } = await this.order();
    await this.tenant.settle(this.deps);
    const run = (await this.runs()).find((candidate) => candidate.id === id);
    if (run === undefined) throw new Error("the import is not listed");
    return run;
  }

  async users(): Promise<Record<string, string>> {
    const { items } = await this.tenant.admin<Listed<VaultUser>>("GET", `/vaults/${this.id}/users?limit=200`);
    return Object.fromEntries(
      items.map(({ userName, state, disabledBy, groups }) => [
        userName,
        [disabledBy === null ? state : `${state} by ${disabledBy}`, ...groups.map(({ name }) => name)].join(
          ", ",
        ),
      ]),
    );
  }

  async account(userName: string): Promise<Account | undefined> {
    const { items } = await this.tenant.admin<Listed<Account>>("GET", `/users?search=${userName}&limit=200`);
    return items.find((item) => item.userName === userName);
  }

  async licenses(...names: string[]): Promise<(string | null | undefined)[]> {
    const found = await Promise.all(names.map((name) => this.account(name)));
    return found.map((account) => account?.license.held);
  }

  /** What an administrator does to one person in the vault. */
  async act(userName: string, act: "enabled" | "disabled" | "deleted"): Promise<void> {
    const { id } = (await this.account(userName)) ?? { id: "" };
    const path = `/vaults/${this.id}/users/${id}`;
    if (act === "deleted") {
      const { status } = await this.tenant.ask("DELETE", path);
      if (status !== 204) throw new Error(`${status}`);
    } else await this.tenant.admin("PATCH", path, { state: act });
  }
}
