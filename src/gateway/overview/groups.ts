/** Source groups as administrators see them. */
import {
  findGroup,
  type ListedGroup,
  type ListedMember,
  listGroups,
  listMembers,
} from "../../store/overview/groups-page.ts";
import type { Admin } from "../admin.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";

export type Group = Omit<ListedGroup, "groupNo" | "configurationName" | "createdAt" | "updatedAt"> & {
  createdAt: string;
  updatedAt: string;
};

export type GroupMember = Pick<ListedMember, "kind" | "id" | "name">;

export async function listSourceGroups(
  { scope }: Admin,
  request: PageRequest,
): Promise<Outcome<Page<Group>>> {
  const after = decodeCursor(request.cursor, ["number"]);
  if (!after.ok) return after;
  const rows = await listGroups(scope, Number(after.value?.[0] ?? 0), request.limit + 1);
  return done(toPage(rows, request, ({ groupNo }) => [groupNo], present));
}

export async function getSourceGroup({ scope }: Admin, id: string): Promise<Outcome<Group>> {
  const group = await findGroup(scope, id);
  return group === undefined ? refuse(unknownGroup) : done(present(group));
}

/** Direct members: users first, then groups that are members themselves. */
export async function listGroupMembers(
  { scope }: Admin,
  id: string,
  request: PageRequest,
): Promise<Outcome<Page<GroupMember>>> {
  const after = decodeCursor(request.cursor, ["number", "number"]);
  if (!after.ok) return after;
  const [kind = 0, memberNo = 0] = (after.value ?? []).map(Number);
  const rows = await listMembers(scope, id, { kind, memberNo }, request.limit + 1);
  if (rows === undefined) return refuse(unknownGroup);
  const key = (row: ListedMember) => [row.kind === "group" ? 1 : 0, row.memberNo];
  return done(toPage(rows, request, key, ({ kind, id, name }) => ({ kind, id, name })));
}

/** Names and members of a provisioned group belong to its identity provider: nobody changes them here (R34). */
export async function refuseGroupEdit({ scope }: Admin, id: string): Promise<Outcome<never>> {
  const group = await findGroup(scope, id);
  if (group === undefined) return refuse(unknownGroup);
  return refuse({
    kind: "conflict",
    detail: `${group.displayName} is provisioned by the configuration ${group.configurationName}: rename it, delete it or change its members at the identity provider.`,
  });
}

const unknownGroup: Problem = { kind: "not_found", detail: "There is no provisioned group with this id." };

const present = ({
  groupNo: _,
  configurationName: __,
  createdAt,
  updatedAt,
  ...group
}: ListedGroup): Group => ({
  ...group,
  createdAt: new Date(createdAt).toISOString(),
  updatedAt: new Date(updatedAt).toISOString(),
});
