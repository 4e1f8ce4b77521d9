/** A tenant with accounts, source groups, vaults and links, driven through use cases; the test delivers messages. */

import type { BrakePolicy } from "../../src/domain/brake.ts";
import { configurationNo } from "../../src/domain/id.ts";
import type { OutboxKind, PropagationMessage } from "../../src/domain/outbox.ts";
import type { AdminAct } from "../../src/domain/vault.ts";
import type { Deps } from "../../src/gateway/deps.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import type { Outcome } from "../../src/gateway/problem.ts";
import { repairDrift } from "../../src/gateway/vaults/drift.ts";
import { type LinkPlan, previewLink } from "../../src/gateway/vaults/link-preview.ts";
import {
  applyLink,
  getLink,
  type Link,
  listLinks,
  removeLink,
  setLinkState,
} from "../../src/gateway/vaults/links.ts";
import { decideStagedEffects, listStagedEffects } from "../../src/gateway/vaults/staged-effects.ts";
import { actOnVaultUser } from "../../src/gateway/vaults/vault-users.ts";
import { createVault, createVaultGroup } from "../../src/gateway/vaults/vaults.ts";
import { commit } from "../../src/store/database.ts";
import { GuardRaised } from "../../src/store/failure.ts";
import { insertGroup, markGroupDeleted } from "../../src/store/resources/groups.ts";
import { changeMembers } from "../../src/store/resources/members.ts";
import { deprovisionUser } from "../../src/store/resources/users.ts";
import { type SeededTenant, seedConfiguration, seedTenant } from "./tenant.ts";

export type Place = { id: string; no: number };
export type Target = { vault: Place; group: Place };

export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problem));
  return outcome.value;
}

export async function linkedTenant(userCount: number, shard: "SHARD_0" | "SHARD_1" = "SHARD_0") {
  const tenant = await seedTenant(shard);
  const owner = configurationNo(await seedConfiguration(tenant));
  await tenant.run(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, active, origin,
       version, created_at, updated_at, document, folded)
     SELECT ?, i, 1, 'u' || i, 'u' || i, 'u' || i, 1, 'scim', 1, 0, 0, '{}', '{}' FROM n`,
    userCount,
    tenant.tenantNo,
  );
  return new LinkedTenant(tenant, owner);
}

export class LinkedTenant {
  readonly tenant: SeededTenant;
  readonly owner: ReturnType<typeof configurationNo>;

  constructor(tenant: SeededTenant, owner: ReturnType<typeof configurationNo>) {
    this.tenant = tenant;
    this.owner = owner;
  }

  async number(table: string, column: string, idColumn: string, id: string): Promise<number> {
    const [row] = await this.tenant.all(
      `SELECT ${column} AS no FROM ${table} WHERE tenant_no = ? AND ${idColumn} = ?`,
      this.tenant.tenantNo,
      id,
    );
    return Number(row?.["no"]);
  }

  async group(name: string, members: number[] = []): Promise<string> {
    const scope = this.tenant.scope();
    const id = `${name}-${this.tenant.tenantNo}`;
    await commit(scope.shard, insertGroup(scope, { owner: this.owner, scimId: id }, { displayName: name }));
    if (members.length > 0) await this.change(id, { add: members.map((no) => `u${no}`) });
    return id;
  }

  /** As PATCH of a group writes it: member rows, event and outbox in one batch. Members are SCIM ids. */
  async change(
    group: string,
    { add = [], remove = [] }: { add?: string[]; remove?: string[] },
  ): Promise<void> {
    const scope = this.tenant.scope();
    const reference = { owner: this.owner, scimId: group };
    try {
      await commit(scope.shard, changeMembers(scope, reference, { add, remove }, crypto.randomUUID()));
    } catch (error) {
      if (!(error instanceof GuardRaised && error.word === "unchanged")) throw error;
    }
  }

  add = (group: string, ...users: number[]) => this.change(group, { add: users.map((no) => `u${no}`) });
  remove = (group: string, ...users: number[]) => this.change(group, { remove: users.map((no) => `u${no}`) });

  async deleteGroup(group: string): Promise<void> {
    const scope = this.tenant.scope();
    await commit(scope.shard, markGroupDeleted(scope, { owner: this.owner, scimId: group }));
  }

  async deprovision(userNo: number): Promise<void> {
    const scope = this.tenant.scope();
    await commit(scope.shard, deprovisionUser(scope, this.owner, `u${userNo}`, crypto.randomUUID()));
  }

  /** Thresholds of the brake on accidents; 100 percent lets everything pass. */
  async brake({ percent, floor, absolute }: BrakePolicy): Promise<void> {
    await this.tenant.run(
      `INSERT INTO policies (tenant_no, brake_percent, brake_floor, brake_absolute) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET brake_percent = excluded.brake_percent, brake_floor = excluded.brake_floor,
         brake_absolute = excluded.brake_absolute`,
      ...[this.tenant.tenantNo, percent, floor, absolute],
    );
  }

  /** The same decision about everything that is staged; returns how many people it was about. */
  async decideAll(decision: "approved" | "discarded"): Promise<number> {
    const request = { state: "staged", limit: 100 } as const;
    const { items } = value(await listStagedEffects(this.tenant.admin(), request));
    for (const { id } of items) value(await decideStagedEffects(this.tenant.admin(), { id, decision }));
    return items.reduce((sum, { people }) => sum + people, 0);
  }

  async repair({ id }: Place): Promise<void> {
    value(await repairDrift(this.tenant.admin(), { vaultId: id }));
  }

  async vault(name: string): Promise<Place> {
    const { id } = value(await createVault(this.tenant.admin(), { name }));
    return { id, no: await this.number("vaults", "vault_no", "vault_id", id) };
  }

  async target(vault: Place, name: string): Promise<Target> {
    const { id } = value(await createVaultGroup(this.tenant.admin(), { vaultId: vault.id, name }));
    return {
      vault,
      group: { id, no: await this.number("vault_groups", "vault_group_no", "vault_group_id", id) },
    };
  }

  async preview(group: string, { vault, group: target }: Target): Promise<LinkPlan> {
    const ends = { groupId: group, vaultId: vault.id, vaultGroupId: target.id };
    return value(await previewLink(this.tenant.admin(), ends));
  }

  async link(group: string, target: Target): Promise<Link> {
    const { planHash } = await this.preview(group, target);
    const ends = { groupId: group, vaultId: target.vault.id, vaultGroupId: target.group.id };
    return value(await applyLink(this.tenant.admin(), { ...ends, planHash }));
  }

  async linkState(link: Link): Promise<Link> {
    return value(await getLink(this.tenant.admin(), link.id));
  }

  async unlink(link: Link, members: "remove" | "keep"): Promise<void> {
    value(await removeLink(this.tenant.admin(), { id: link.id, members }));
  }

  async switchLink(link: Link, state: "active" | "paused"): Promise<Link> {
    return value(await setLinkState(this.tenant.admin(), { id: link.id, state }));
  }

  async links(): Promise<Link[]> {
    return value(await listLinks(this.tenant.admin(), { limit: 100 })).items;
  }

  linkStates = async (): Promise<string[]> => (await this.links()).map(({ state }) => state);

  act(vault: Place, userNo: number, act: AdminAct) {
    return actOnVaultUser(this.tenant.admin(), { vaultId: vault.id, userId: `u${userNo}`, act });
  }

  async messages(): Promise<PropagationMessage[]> {
    const rows = await this.tenant.all<{ kind: OutboxKind; seq: number }>(
      "SELECT kind, seq FROM outbox WHERE tenant_no = ? AND kind <> 'license' AND dead_at IS NULL ORDER BY seq",
      this.tenant.tenantNo,
    );
    const { shardName, tenantNo } = this.tenant;
    return rows.map(({ kind, seq }) => ({ v: 1, shard: shardName, tenantNo, kind, seq }));
  }

  /** Delivers until nothing is open; `arrange` may shuffle or repeat the messages of a round. */
  async settle(
    arrange: (messages: PropagationMessage[]) => PropagationMessage[] = (messages) => messages,
    deps: Deps = this.tenant.deps(),
  ): Promise<void> {
    for (let round = 0; round < 100; round += 1) {
      const messages = await this.messages();
      if (messages.length === 0) return;
      for (const message of arrange(messages)) await propagate(deps, message);
    }
    throw new Error(`did not settle: ${JSON.stringify(await this.messages())}`);
  }

  /** `1:enabled`, `2:disabled(sync)`, … in order of user numbers. */
  async vaultUsers(vault: Place): Promise<string[]> {
    const rows = await this.tenant.all(
      "SELECT user_no, state, disabled_by FROM vault_users WHERE tenant_no = ? AND vault_no = ? ORDER BY user_no",
      this.tenant.tenantNo,
      vault.no,
    );
    return rows.map(
      ({ user_no, state, disabled_by }) =>
        `${user_no}:${state}${disabled_by === null ? "" : `(${disabled_by})`}`,
    );
  }

  async members({ group }: Target): Promise<number[]> {
    const rows = await this.tenant.all(
      "SELECT user_no FROM vault_members WHERE tenant_no = ? AND vault_group_no = ? ORDER BY user_no",
      this.tenant.tenantNo,
      group.no,
    );
    return rows.map(({ user_no }) => Number(user_no));
  }

  async events(action: string): Promise<{ reason: string | null; data: { users?: number[] } }[]> {
    const rows = await this.tenant.all<{ reason: string | null; data: string }>(
      "SELECT reason, data FROM events WHERE tenant_no = ? AND action = ? ORDER BY seq",
      this.tenant.tenantNo,
      action,
    );
    return rows.map(({ reason, data }) => ({ reason, data: JSON.parse(data) as { users?: number[] } }));
  }

  /** Stored counts against counted rows: they must agree at every moment. */
  async miscounts(): Promise<unknown[]> {
    return this.tenant.all(
      `SELECT g.name, g.member_count, CASE g.built_in
          WHEN 1 THEN (SELECT COUNT(*) FROM vault_users p WHERE p.tenant_no = g.tenant_no AND p.vault_no = g.vault_no AND p.state = 'enabled')
          ELSE (SELECT COUNT(*) FROM vault_members m WHERE m.tenant_no = g.tenant_no AND m.vault_group_no = g.vault_group_no)
        END AS counted FROM vault_groups g WHERE g.tenant_no = ? AND g.member_count <> counted`,
      this.tenant.tenantNo,
    );
  }
}
