/**
 * Events complete: played again from the first on, they make every row and counter that is stored (I25). Each
 * change commits with its event, so this holds at the moment of the kill as well as at rest.
 */
import { expect } from "vitest";
import type { TenantRows } from "./crash-databases.ts";

type Event = {
  actor: string;
  action: string;
  subject_no: number;
  subject_kind: string;
  reason: string | null;
  data: Record<string, unknown>;
};
type Person = {
  owner: string;
  live: boolean;
  active: boolean;
  version: number;
  held: string | null;
  waiting: string | null;
};

class Replay {
  readonly people = new Map<number, Person>();
  readonly groups = new Map<
    number,
    { owner: string; live: boolean; type: string | null; members: Set<number> }
  >();
  readonly vaultUsers = new Map<string, string>();
  readonly targets = new Map<number, { vault: number; members: Set<number> }>();
  readonly links = new Map<number, string>();
  readonly purchased = new Map<string, number>();

  apply(event: Event): void {
    const [noun = "", act = ""] = event.action.split(".");
    if (noun === "user") this.#account(event, act);
    else if (noun === "group") this.#group(event, act);
    else if (noun === "vault_user") this.#vaultUser(event, act);
    else if (noun === "vault_group") this.#vaultGroup(event, act);
    else if (noun === "link") this.#link(event, act);
    else if (event.action === "license.purchased") {
      this.purchased.set(String(event.data["type"]), Number(event.data["after"]));
    } else if (noun === "license" && event.subject_kind === "user") this.#license(event);
  }

  #account({ subject_no: no, actor, data }: Event, act: string): void {
    if (act === "released") {
      for (const user of data["users"] as number[]) Object.assign(this.people.get(user) ?? {}, { owner: "" });
      return;
    }
    const before = this.people.get(no);
    if (act === "created" || act === "adopted" || act === "revived") {
      const owner = actor.replace(/^idp:/, "");
      const { held = null, waiting = null } = before ?? {};
      this.people.set(no, { owner, live: true, active: true, version: 1, held, waiting });
      return;
    }
    if (before === undefined) throw new Error(`user.${act} of an account that no event created.`);
    before.version += 1;
    if (act === "deactivated" || act === "deprovisioned") before.active = false;
    if (act === "reactivated") before.active = true;
    if (act !== "deprovisioned") return;
    Object.assign(before, { owner: "", live: false });
    for (const { members } of this.groups.values()) members.delete(no);
  }

  #license({ subject_no: no, data }: Event): void {
    const person = this.people.get(no);
    const { from, to } = data as Record<"from" | "to", { held: string | null; waiting: string | null }>;
    expect(
      { held: person?.held, waiting: person?.waiting },
      `before the license event of user ${no}`,
    ).toEqual(from);
    Object.assign(person ?? {}, to);
  }

  #group({ subject_no: no, actor, data }: Event, act: string): void {
    if (act === "created") {
      const owner = actor.replace(/^idp:/, "");
      this.groups.set(no, { owner, live: true, type: null, members: new Set() });
    }
    const group = this.groups.get(no);
    if (act === "deleted") Object.assign(group ?? {}, { live: false });
    if (act === "license_type_changed") Object.assign(group ?? {}, { type: data["after"] });
    if (act !== "members_changed") return;
    for (const user of data["removed"] as number[]) group?.members.delete(user);
    for (const user of data["added"] as number[]) group?.members.add(user);
  }

  #vaultUser({ subject_kind: kind, subject_no: no, data }: Event, act: string): void {
    if (kind === "user") {
      const vault = Number(data["vault"]);
      const state = act === "restored" ? "enabled" : act === "disabled" ? "disabled admin" : act;
      this.vaultUsers.set(`${vault} ${no}`, state);
      if (act !== "deleted") return;
      for (const target of this.targets.values()) if (target.vault === vault) target.members.delete(no);
      return;
    }
    if (!["created", "enabled", "disabled"].includes(act)) return;
    const state = act === "disabled" ? "disabled sync" : "enabled";
    for (const user of data["users"] as number[]) this.vaultUsers.set(`${no} ${user}`, state);
  }

  #vaultGroup({ subject_no: no, reason, data }: Event, act: string): void {
    if (act === "created") this.targets.set(no, { vault: Number(data["vault"]), members: new Set() });
    if (act !== "members_changed") return;
    for (const user of data["users"] as number[]) {
      if (reason === "added") this.targets.get(no)?.members.add(user);
      else this.targets.get(no)?.members.delete(user);
    }
  }

  #link({ subject_no: no }: Event, act: string): void {
    // Runs begin and fail in any state; a failure that is retried is no other state here.
    if (act === "started" || act === "failed") return;
    const state = ["paused", "unlinking", "removed", "source_deleted"].includes(act) ? act : "following";
    this.links.set(no, state);
  }
}

export function replay({ query }: TenantRows): Replay {
  const rows = query(`SELECT seq, actor, action, subject_kind, subject_no, reason, data FROM events
    WHERE tenant_no = :tenant ORDER BY seq`);
  // A number that is missing is an event that is missing, or was there before it was committed.
  expect(rows.at(-1)?.["seq"]).toBe(rows.length);
  expect(
    query(`SELECT seq FROM events AS e WHERE tenant_no = :tenant AND NOT EXISTS (SELECT 1 FROM event_subjects AS s
      WHERE s.tenant_no = :tenant AND s.seq = e.seq)`),
    "events without a subject",
  ).toEqual([]);
  const replayed = new Replay();
  for (const row of rows) {
    replayed.apply({ ...row, data: JSON.parse(String(row["data"])) } as Event);
  }
  return replayed;
}

export type { Replay };
