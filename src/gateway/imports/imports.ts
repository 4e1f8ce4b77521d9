/** Synchronization of a vault by pulling, as administrators set it up, look at it and turn it off (R62–R68). */
import { nextImportAt, proposeFirstImport } from "../../domain/import.ts";
import { read, type Statement } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { endOpenRun, scheduleRun, selectOtherTurns } from "../../store/imports/runs.ts";
import {
  deleteImport,
  type ImportRecord,
  selectActiveConfigurations,
  writeImport,
} from "../../store/imports/settings.ts";
import { outboxPointers } from "../../store/outbox.ts";
import type { Admin } from "../admin.ts";
import { commitAct } from "../administrative-act.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { answered } from "../refusals.ts";
import { noVault } from "../vaults/vaults.ts";
import { type ImportSource, prepareSource, type ShownSource, shownSource } from "./connection.ts";
import { type Found, findImport, type ImportRun, movedOn, notSynchronized, presentRun } from "./found.ts";
import { dropGroups, type GroupsRequest, planGroups } from "./groups.ts";

export type ImportRequest = GroupsRequest & {
  source: ImportSource;
  /** Minutes from now to the first import; proposed when absent. */
  firstImportMinutes?: number | undefined;
  intervalMinutes: number;
  /** Code of the license type of accounts that imports create. */
  licenseType: string;
  enableDisabledUsersFromImportedGroups: boolean;
  includeNested: boolean;
};

export type Synchronization = {
  source: ShownSource;
  groups: {
    remoteId: string;
    name: string;
    members: number;
    vaultGroup: { id: string; name: string };
    /** null until the group was read for the first time. */
    link: { id: string; state: string } | null;
  }[];
  firstImportMinutes: number;
  intervalMinutes: number;
  licenseType: string;
  enableDisabledUsersFromImportedGroups: boolean;
  includeNested: boolean;
  /** The import at work, or the one that comes next. */
  currentImport: ImportRun | null;
  lastImport: ImportRun | null;
};

export async function getSynchronization(admin: Admin, vaultId: string): Promise<Outcome<Synchronization>> {
  const found = await findImport(admin, vaultId);
  if (found === undefined) return refuse(noVault);
  return found.record === undefined ? refuse(notSynchronized) : done(present(found, found.record));
}

/** What a page shows of a vault that may or may not synchronize; and the first import that would be proposed (R66). */
export async function readSynchronization(admin: Admin, vaultId: string) {
  const found = await findImport(admin, vaultId);
  if (found === undefined) return refuse(noVault);
  const configurations = await namesOfConfigurations(admin);
  return done({
    vault: { id: vaultId, name: found.vault.name },
    synchronization: found.record === undefined ? null : present(found, found.record),
    configurations,
    proposedMinutes: proposeFirstImport(admin.deps.now(), await otherTurns(admin, found.vault.vaultNo)),
  });
}

async function otherTurns({ scope }: Admin, vaultNo: number): Promise<number[]> {
  const [, rows = []] = await read(scope.shard, [tenantFence(scope), selectOtherTurns(scope, vaultNo)]);
  return rows.map((row) => Number(row["scheduled_for"]));
}

async function namesOfConfigurations({ scope }: Admin): Promise<string[]> {
  const [, rows = []] = await read(scope.shard, [tenantFence(scope), selectActiveConfigurations(scope)]);
  return rows.map((row) => String(row["name"]));
}

const minuteMs = 60_000;

/** Turns synchronization on, or changes it. An import at work ends here: the next one follows the new settings. */
export async function setSynchronization(
  admin: Admin,
  { vaultId, ...request }: ImportRequest & { vaultId: string },
): Promise<Outcome<Synchronization>> {
  const found = await findImport(admin, vaultId);
  if (found === undefined) return refuse(noVault);
  const source = await prepareSource(admin, vaultId, request.source, found.record);
  if (!source.ok) return source;
  const groups = await planGroups(admin, found, request);
  if (!groups.ok) return groups;
  const { deps, scope } = admin;
  const { vaultNo } = found.vault;
  const schedule = await planSchedule(admin, found, request);
  const written = await answered(
    commitAct(admin, [
      tenantFence(scope),
      ...endOpenRun(scope, vaultNo, "The settings were changed. The next import follows them."),
      ...writeImport(scope, vaultNo, {
        ...source.value,
        provider: request.source.provider,
        firstImportMinutes: schedule.minutes,
        firstImportAt: schedule.firstAt,
        intervalMinutes: request.intervalMinutes,
        licenseType: request.licenseType,
        enableDisabled: request.enableDisabledUsersFromImportedGroups,
        includeNested: request.includeNested,
      }),
      ...groups.value.statements,
      scheduleRun(scope, vaultNo, deps.newId(), schedule.nextAt),
    ]),
    {
      ...groups.value.refusals,
      configurations_exist: async () => configurationsExist(await namesOfConfigurations(admin)),
      no_license_type: () => ({
        kind: "invalid",
        detail: `licenseType: the subscription has no license type "${request.licenseType}".`,
      }),
    },
  );
  if (!written.ok) return written;
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(written.value));
  return getSynchronization(admin, vaultId);
}

/** R9, I14. */
export const configurationsExist = (names: readonly string[]): Problem => ({
  kind: "conflict",
  detail: `A vault cannot synchronize by itself while there are provisioning configurations: ${names.join(", ")}. Delete them first, or stay with provisioning.`,
});

/** The schedule starts anew when it is new or was changed (A24); otherwise turns stay where they were. */
async function planSchedule(admin: Admin, { vault, record, open }: Found, request: ImportRequest) {
  const now = admin.deps.now();
  const { firstImportMinutes, intervalMinutes } = request;
  const kept = firstImportMinutes === undefined || firstImportMinutes === record?.firstImportMinutes;
  if (record !== undefined && kept && intervalMinutes === record.intervalMinutes) {
    const { firstImportMinutes: minutes, firstImportAt: firstAt } = record;
    const turn = open?.state === "scheduled" ? open.scheduledFor : undefined;
    return { minutes, firstAt, nextAt: turn ?? nextImportAt(firstAt, intervalMinutes, now) };
  }
  const minutes = firstImportMinutes ?? proposeFirstImport(now, await otherTurns(admin, vault.vaultNo));
  const firstAt = now + minutes * minuteMs;
  return { minutes, firstAt, nextAt: firstAt };
}

/** Turns synchronization off. Accounts, licenses and user groups stay; members stay too, unless that was chosen. */
export async function endSynchronization(
  admin: Admin,
  { vaultId, members }: { vaultId: string; members: "keep" | "remove" },
): Promise<Outcome<undefined>> {
  const found = await findImport(admin, vaultId);
  if (found === undefined) return refuse(noVault);
  if (found.record === undefined) return refuse(notSynchronized);
  const { deps, scope } = admin;
  const { vaultNo } = found.vault;
  const statements: Statement[] = [
    tenantFence(scope),
    ...endOpenRun(scope, vaultNo, "Synchronization was turned off."),
    ...dropGroups(scope, vaultNo, found.groups, members),
    ...deleteImport(scope, vaultNo),
  ];
  const ended = await answered(commitAct(admin, statements), {
    not_found: () => notSynchronized,
    moved: () => movedOn,
  });
  if (!ended.ok) return ended;
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(ended.value));
  return done(undefined);
}

const present = ({ groups, open, last }: Found, record: ImportRecord): Synchronization => ({
  source: shownSource(record),
  groups: groups.map(({ remoteId, name, members, target, link }) => ({
    remoteId,
    name,
    members,
    vaultGroup: { id: target.id, name: target.name },
    link: link === undefined ? null : { id: link.id, state: link.state },
  })),
  firstImportMinutes: record.firstImportMinutes,
  intervalMinutes: record.intervalMinutes,
  licenseType: record.licenseType,
  enableDisabledUsersFromImportedGroups: record.enableDisabled,
  includeNested: record.includeNested,
  currentImport: open === undefined ? null : presentRun(open),
  lastImport: last === undefined ? null : presentRun(last),
});
