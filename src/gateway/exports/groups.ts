/** Provisioned groups and their direct members as tables. */
import { exportMemberships } from "../../store/overview/export-pages.ts";
import { listGroups } from "../../store/overview/groups-page.ts";
import { type CurrentCaller, keysetPages, type Table, timeCell } from "./table.ts";

export const groupsTable = (caller: CurrentCaller): Table => ({
  name: "groups",
  header: [
    "id",
    "displayName",
    "externalId",
    "configurationId",
    "configurationName",
    "licenseType",
    "waitingPriority",
    "members",
    "links",
    "createdAt",
    "updatedAt",
  ],
  pages: keysetPages(caller, 0, {
    read: ({ scope }, after, limit) => listGroups(scope, after, limit),
    keyOf: ({ groupNo }) => groupNo,
    present: (group) => [
      group.id,
      group.displayName,
      group.externalId,
      group.configurationId,
      group.configurationName,
      group.licenseType,
      group.waitingPriority,
      group.members,
      group.links,
      timeCell(group.createdAt),
      timeCell(group.updatedAt),
    ],
  }),
});

export const groupMembersTable = (caller: CurrentCaller): Table => ({
  name: "group-members",
  header: ["groupId", "groupName", "memberKind", "memberId", "memberName"],
  pages: keysetPages(
    caller,
    { groupNo: 0, kind: 0, memberNo: 0 },
    {
      read: ({ scope }, after, limit) => exportMemberships(scope, after, limit),
      keyOf: (row) => ({
        groupNo: Number(row["group_no"]),
        kind: Number(row["member_kind"]),
        memberNo: Number(row["member_no"]),
      }),
      present: (row) => [
        String(row["group_id"]),
        String(row["group_name"]),
        row["member_kind"] === 1 ? "group" : "user",
        String(row["member_id"]),
        String(row["member_name"]),
      ],
    },
  ),
});
