/** Accounts as tables: all of them, and those who wait in the order of the queue. */
import type { Row } from "../../store/database.ts";
import type { QueuePlace } from "../../store/overview/accounts-page.ts";
import { exportAccounts, exportWaiting } from "../../store/overview/export-pages.ts";
import { type Cell, type CurrentCaller, keysetPages, type Table, timeCell } from "./table.ts";

const columns: Record<string, (row: Row) => Cell> = {
  id: (row) => row["scim_id"] ?? null,
  userName: (row) => row["user_name"] ?? null,
  displayName: (row) => row["display_name"] ?? null,
  active: (row) => row["active"] === 1,
  adminDisabled: (row) => row["admin_disabled"] === 1,
  origin: (row) => row["origin"] ?? null,
  configurationId: (row) => row["configuration_id"] ?? null,
  externalId: (row) => row["external_id"] ?? null,
  deprovisionedAt: (row) => timeCell(row["deprovisioned_at"]),
  licenseHeld: (row) => row["held"] ?? null,
  licenseWanted: (row) => row["wanted"] ?? null,
  waitingSince: (row) => timeCell(row["waiting_since"]),
  createdAt: (row) => timeCell(row["created_at"]),
  updatedAt: (row) => timeCell(row["updated_at"]),
};
const header = Object.keys(columns);
const present = (row: Row): Cell[] => Object.values(columns).map((cell) => cell(row));

export const usersTable = (caller: CurrentCaller): Table => ({
  name: "users",
  header,
  pages: keysetPages(caller, 0, {
    read: ({ scope }, after, limit) => exportAccounts(scope, after, limit),
    keyOf: (row) => Number(row["user_no"]),
    present,
  }),
});

const queueStart: QueuePlace = { typeNo: 0, priority: Number.MIN_SAFE_INTEGER, since: 0, userNo: 0 };

export const waitingTable = (caller: CurrentCaller): Table => ({
  name: "waiting",
  header,
  pages: keysetPages(caller, queueStart, {
    read: ({ scope }, after, limit) => exportWaiting(scope, after, limit),
    keyOf: (row) => ({
      typeNo: Number(row["wanted_type_no"]),
      priority: Number(row["waiting_priority"]),
      since: Number(row["waiting_since"]),
      userNo: Number(row["user_no"]),
    }),
    present,
  }),
});
