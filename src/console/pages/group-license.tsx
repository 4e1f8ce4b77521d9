/** The license type that a group gives its members: what another one would do, setting it, and its priority. */
import * as z from "zod";
import { WAITING_PRIORITY_MAX } from "../../domain/limits.ts";
import { changeGroupLicense, previewGroupType } from "../../gateway/licenses/licenses.ts";
import { isTooLargeToPreview } from "../../gateway/licenses/preview.ts";
import { getSourceGroup } from "../../gateway/overview/groups.ts";
import type { ConsoleContext } from "../environment.ts";
import { wholeNumber } from "../fields.ts";
import { emptyForm, readForm } from "../form.ts";
import { problemPage, statusOf } from "../problem.tsx";
import { licenseName } from "../words.ts";
import { showGroup } from "./group.tsx";
import { showLicensePlan, showUnplanned } from "./license-plan.tsx";

const section = "/groups";
const idOf = (c: ConsoleContext): string => c.req.param("groupId") ?? "";
const codeOf = (licenseType: string): string | null => (licenseType === "" ? null : licenseType);

/** Without a query: what it gives now does, which is nothing. */
export async function groupTypePlanPage(c: ConsoleContext) {
  const group = await getSourceGroup(c.get("admin"), idOf(c));
  if (!group.ok) return problemPage(c, group.problem);
  const licenseType = c.req.query("licenseType") ?? group.value.licenseType ?? "";
  return showPlan(c, { licenseType, outdated: false });
}

async function showPlan(
  c: ConsoleContext,
  { licenseType, outdated }: { licenseType: string; outdated: boolean },
) {
  const admin = c.get("admin");
  const id = idOf(c);
  const [group, plan] = await Promise.all([
    getSourceGroup(admin, id),
    previewGroupType(admin, id, codeOf(licenseType)),
  ]);
  if (!group.ok) return problemPage(c, group.problem);
  const { displayName } = group.value;
  const gives = licenseType === "" ? "the default of its configuration" : licenseName(licenseType);
  const shown = {
    title: `What another license type of ${displayName} would do`,
    lead: `Its members would be entitled to ${gives}. Nothing has happened yet.`,
    section,
    parent: { path: `${section}/${id}`, name: displayName },
    confirm: { action: `${section}/${id}`, label: "Set the license type", fields: { licenseType } },
    outdated,
  };
  if (plan.ok) return showLicensePlan(c, plan.value, shown);
  const { kind, detail } = plan.problem;
  return isTooLargeToPreview(plan.problem)
    ? showUnplanned(c, detail, shown)
    : showGroup(c, { ...emptyForm, typed: { licenseType }, problem: detail }, statusOf[kind]);
}

const typeForm = z.object({
  licenseType: z.string().max(100),
  planHash: z.string().min(1).max(200).optional(),
  unseen: z.literal("on").optional(),
});

/** With the hash of a plan, that plan or nothing; without, the plan is shown first. */
export async function setGroupTypeAction(c: ConsoleContext) {
  const id = idOf(c);
  const read = await readForm(c, typeForm);
  if (!read.ok) return showGroup(c, read.form, 400);
  const { licenseType, planHash, unseen } = read.value;
  if (planHash === undefined && unseen === undefined) return showPlan(c, { licenseType, outdated: false });
  const change = { licenseType: codeOf(licenseType), planHash };
  const outcome = await changeGroupLicense(c.get("admin"), id, change);
  if (outcome.ok) return c.redirect(`${section}/${id}?notice=group-saved`, 303);
  const { kind, detail } = outcome.problem;
  if (kind === "plan_outdated") return showPlan(c, { licenseType, outdated: true });
  if (kind === "not_found") return problemPage(c, outcome.problem);
  return showGroup(c, { ...read.form, problem: detail }, statusOf[kind]);
}

export async function setGroupPriorityAction(c: ConsoleContext) {
  const id = idOf(c);
  const read = await readForm(c, z.object({ waitingPriority: wholeNumber(0, WAITING_PRIORITY_MAX) }));
  if (!read.ok) return showGroup(c, read.form, 400);
  const outcome = await changeGroupLicense(c.get("admin"), id, read.value);
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return c.redirect(`${section}/${id}?notice=group-priority-saved`, 303);
}
