/** Accounts as administrators see them, whichever configuration owns them, or none. */
import { fold } from "../../scim/fold.ts";
import { isObject, type JsonObject, memberOf } from "../../scim/json.ts";
import { INFO_USER } from "../../scim/urn.ts";
import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import {
  type AccountRecord,
  findAccount,
  listAccounts,
  listWaiting,
  searchAccounts,
} from "../../store/overview/accounts-page.ts";
import { selectVaultsOfUser, vaultUserRecord } from "../../store/vaults/vault-users.ts";
import type { Admin } from "../admin.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, refuse } from "../problem.ts";

export type User = {
  id: string;
  userName: string;
  displayName: string | null;
  /** What the identity provider says; an administrator's own flag stands beside it (A26). */
  active: boolean;
  adminDisabled: boolean;
  origin: "scim" | "manual" | "pull";
  configurationId: string | null;
  externalId: string | null;
  deprovisioned: boolean;
  license: {
    held: string | null;
    wanted: string | null;
    waiting: boolean;
    waitingSince: string | null;
    undecided: boolean;
  };
  createdAt: string;
  updatedAt: string;
};

export type UserDetail = User & {
  groups: { id: string; displayName: string }[];
  attributes: JsonObject;
  info1: string | null;
  info2: string | null;
  vaultUsers: {
    vault: { id: string; name: string };
    state: "enabled" | "disabled" | "deleted";
    disabledBy: "sync" | "admin" | null;
    groups: { id: string; name: string }[];
  }[];
};

/** All in order of creation; those who wait, in the order of the queue; or those whose name begins so. */
export async function listUsers(
  { scope }: Admin,
  request: PageRequest & { waiting?: boolean | undefined; search?: string | undefined },
): Promise<Outcome<Page<User>>> {
  const { waiting = false, search = "", limit } = request;
  if (waiting) {
    if (search !== "") return refuse({ kind: "invalid", detail: "search: not together with waiting" });
    const after = decodeCursor(request.cursor, ["number", "number", "number", "number"]);
    if (!after.ok) return after;
    const [typeNo = 0, priority = 0, since = 0, userNo = 0] = (after.value ?? []).map(Number);
    const rows = await listWaiting(scope, { typeNo, priority, since, userNo }, limit + 1);
    const key = (row: AccountRecord) => [
      row.wantedTypeNo ?? 0,
      row.waitingPriority,
      row.waitingSince ?? 0,
      row.userNo,
    ];
    return done(toPage(rows, request, key, present));
  }
  if (search !== "") {
    const after = decodeCursor(request.cursor, ["string"]);
    if (!after.ok) return after;
    const rows = await searchAccounts(scope, search, String(after.value?.[0] ?? ""), limit + 1);
    return done(toPage(rows, request, ({ userNameFolded }) => [userNameFolded], present));
  }
  const after = decodeCursor(request.cursor, ["number"]);
  if (!after.ok) return after;
  const rows = await listAccounts(scope, Number(after.value?.[0] ?? 0), limit + 1);
  return done(toPage(rows, request, ({ userNo }) => [userNo], present));
}

export async function getUser({ scope }: Admin, id: string): Promise<Outcome<UserDetail>> {
  const found = await findAccount(scope, id);
  if (found === undefined) {
    return refuse({ kind: "not_found", detail: "There is no account with this id." });
  }
  const { account, groups } = found;
  const [, vaultRows = []] = await read(scope.shard, [
    tenantFence(scope),
    selectVaultsOfUser(scope, account.userNo),
  ]);
  return done({
    ...present(account),
    groups,
    attributes: account.attributes,
    info1: info(account.attributes, "info1"),
    info2: info(account.attributes, "info2"),
    vaultUsers: vaultRows.map((row) => {
      const { state, disabledBy, groups: vaultGroups } = vaultUserRecord(row);
      const vault = { id: String(row["vault_id"]), name: String(row["vault_name"]) };
      return { vault, state, disabledBy, groups: vaultGroups };
    }),
  });
}

/** Clients may write the names of schema and attribute in any case (RFC 7643 §2.1). */
function info(attributes: JsonObject, name: "info1" | "info2"): string | null {
  const named = (object: JsonObject, wanted: string) =>
    memberOf(object, Object.keys(object).find((key) => fold(key) === fold(wanted)) ?? wanted);
  const extension = named(attributes, INFO_USER);
  const value = isObject(extension) ? named(extension, name) : undefined;
  return typeof value === "string" ? value : null;
}

function present(account: AccountRecord): User {
  const { id, userName, active, adminDisabled, origin, configurationId, externalId } = account;
  const { held, wanted, waitingSince, undecided } = account;
  const displayName = memberOf(account.attributes, "displayName");
  return {
    id,
    userName,
    displayName: typeof displayName === "string" ? displayName : null,
    active,
    adminDisabled,
    origin,
    configurationId,
    externalId,
    deprovisioned: account.deprovisionedAt !== null,
    license: {
      held,
      wanted,
      waiting: waitingSince !== null,
      waitingSince: waitingSince === null ? null : new Date(waitingSince).toISOString(),
      undecided,
    },
    createdAt: new Date(account.createdAt).toISOString(),
    updatedAt: new Date(account.updatedAt).toISOString(),
  };
}
