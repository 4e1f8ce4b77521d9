/** What changes of a configuration would do to licenses: another default, and its first provisioning. */
import { previewDefault, reportAdoption } from "../../gateway/identity/configuration-plan.ts";
import { type Configuration, getConfiguration } from "../../gateway/identity/configurations.ts";
import { isTooLargeToPreview } from "../../gateway/licenses/preview.ts";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";
import { licenseName } from "../words.ts";
import { PlannedLicenses, showLicensePlan, showUnplanned } from "./license-plan.tsx";

const section = "/configurations";

const find = (c: ConsoleContext) =>
  getConfiguration(c.get("admin"), {
    id: c.req.param("configurationId") ?? "",
    origin: new URL(c.req.url).origin,
  });

export type Settings = { name: string; defaultLicenseType: string; applyToExisting: boolean };

/** Without a query: what the default does now, which is nothing. */
export async function defaultPlanPage(c: ConsoleContext) {
  const found = await find(c);
  if (!found.ok) return problemPage(c, found.problem);
  const { name, defaultLicenseType, applyToExisting } = c.req.query();
  return showDefaultPlan(c, found.value, {
    name: name ?? found.value.name,
    defaultLicenseType: defaultLicenseType ?? found.value.defaultLicenseType,
    applyToExisting: applyToExisting === "on",
  });
}

export async function showDefaultPlan(
  c: ConsoleContext,
  { id, name: currentName }: Pick<Configuration, "id" | "name">,
  { name, defaultLicenseType, applyToExisting }: Settings,
  outdated = false,
) {
  const plan = await previewDefault(c.get("admin"), id, { defaultLicenseType, applyToExisting });
  const type = licenseName(defaultLicenseType);
  const shown = {
    title: "What the default license type would do",
    lead: applyToExisting
      ? `${type} for users who arrive later, and for those who are here. Nothing has happened yet.`
      : `${type} for users who arrive later. Those who are here keep theirs. Nothing has happened yet.`,
    section,
    parent: { path: `${section}/${id}`, name: currentName },
    confirm: {
      action: `${section}/${id}`,
      label: "Set the default",
      fields: { name, defaultLicenseType, ...(applyToExisting ? { applyToExisting: "on" } : {}) },
    },
    outdated,
  };
  if (plan.ok) return showLicensePlan(c, plan.value, shown);
  return isTooLargeToPreview(plan.problem)
    ? showUnplanned(c, plan.problem.detail, shown)
    : problemPage(c, plan.problem);
}

/** Accounts that no configuration owns, and what taking them over would do to their licenses (R37, A3). */
export async function adoptionReportPage(c: ConsoleContext) {
  const found = await find(c);
  if (!found.ok) return problemPage(c, found.problem);
  const { id, name, defaultLicenseType } = found.value;
  const report = await reportAdoption(c.get("admin"), id);
  if (!report.ok) return problemPage(c, report.problem);
  return page(
    c,
    { title: "First provisioning", section },
    <div class="stack">
      <PageHead
        title="What first provisioning would do"
        parent={{ path: `${section}/${id}`, name }}
        lead={
          <>
            Accounts that nobody owns, were {name} to take all of them over: each gets the default,{" "}
            {licenseName(defaultLicenseType)}, or what its groups give beyond that. This is a report; nothing
            is changed by it.
          </>
        }
      />
      <PlannedLicenses plan={report.value} />
      <p class="soft">
        Whether an account may be left waiting without the license it held is for the{" "}
        <a href="/policies">policies</a> to say.
      </p>
    </div>,
  );
}
