/** Other seats of a license type: whom they would reach, and setting them. */
import * as z from "zod";
import { ASSIGNABLE_PERCENT_MAX } from "../../domain/limits.ts";
import { changePool, listLicenseTypes, previewPool } from "../../gateway/licenses/pools.ts";
import type { ConsoleContext } from "../environment.ts";
import { countField, wholeNumber } from "../fields.ts";
import { formOf, readForm } from "../form.ts";
import { notFoundPage, problemPage } from "../problem.tsx";
import { figure, licenseName } from "../words.ts";
import { showLicensePlan } from "./license-plan.tsx";
import { showLicenseType } from "./license-type.tsx";
import { showLicenses } from "./licenses.tsx";

const section = "/licenses";
const codeOf = (c: ConsoleContext): string => c.req.param("code") ?? "";

const seats = {
  purchased: countField,
  assignablePercent: wholeNumber(100, ASSIGNABLE_PERCENT_MAX).optional(),
};
const seatsForm = z.object(seats);

type Seats = z.output<typeof seatsForm>;

/** Without a query: what the seats are now does, which is nothing. */
export async function seatsPlanPage(c: ConsoleContext) {
  const types = await listLicenseTypes(c.get("admin"));
  if (!types.ok) return problemPage(c, types.problem);
  const pool = types.value.find(({ code }) => code === codeOf(c));
  if (pool === undefined) return notFoundPage(c);
  const { purchased = String(pool.purchased), assignablePercent } = c.req.query();
  const read = formOf(seatsForm, { purchased, assignablePercent });
  return read.ok ? showPlan(c, read.value, false) : showLicenseType(c, read.form, 400);
}

async function showPlan(c: ConsoleContext, change: Seats, outdated: boolean) {
  const code = codeOf(c);
  const { purchased, assignablePercent } = change;
  const plan = await previewPool(c.get("admin"), code, change);
  if (!plan.ok) return problemPage(c, plan.problem);
  const percent =
    assignablePercent === undefined || assignablePercent === 100
      ? ""
      : `, and ${figure(assignablePercent)} seats per hundred of them`;
  return showLicensePlan(c, plan.value, {
    title: `What ${figure(purchased)} purchased would do`,
    lead: `${licenseName(code)}: ${figure(purchased)} purchased${percent}. Nothing has happened yet.`,
    section,
    parent: { path: `${section}/${code}`, name: licenseName(code) },
    confirm: {
      action: `${section}/${code}`,
      label: "Set the seats",
      fields: {
        purchased: String(purchased),
        assignablePercent: assignablePercent === undefined ? undefined : String(assignablePercent),
      },
    },
    outdated,
  });
}

/** With the hash of a plan, that plan or nothing; without, at once: nobody loses a license by it. */
export async function setSeatsAction(c: ConsoleContext) {
  const code = codeOf(c);
  const read = await readForm(c, z.object({ ...seats, planHash: z.string().min(1).max(200).optional() }));
  if (!read.ok) return showLicenses(c, code, read.form, 400);
  const { planHash, ...change } = read.value;
  const outcome = await changePool(c.get("admin"), code, { ...change, planHash });
  if (outcome.ok) return c.redirect(`${section}?notice=purchased-saved`, 303);
  return outcome.problem.kind === "plan_outdated"
    ? showPlan(c, change, true)
    : problemPage(c, outcome.problem);
}
