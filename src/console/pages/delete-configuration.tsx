/** The end of a configuration, told before it happens. */
import * as z from "zod";
import { previewDeletion } from "../../gateway/identity/configuration-plan.ts";
import { deleteConfiguration, getConfiguration } from "../../gateway/identity/configurations.ts";
import { Confirm } from "../components/confirm.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";
import { counted } from "../words.ts";
import { OutdatedPlan, PlannedLicenses } from "./license-plan.tsx";

const section = "/configurations";
const idOf = (c: ConsoleContext): string => c.req.param("configurationId") ?? "";

export const deleteConfigurationPage = (c: ConsoleContext) => showEnd(c, false);

async function showEnd(c: ConsoleContext, outdated: boolean) {
  const admin = c.get("admin");
  const [found, plan] = await Promise.all([
    getConfiguration(admin, { id: idOf(c), origin: new URL(c.req.url).origin }),
    previewDeletion(admin, idOf(c)),
  ]);
  if (!found.ok) return problemPage(c, found.problem);
  // Too many accounts for a preview are no reason to keep a configuration.
  if (!plan.ok && plan.problem.kind !== "conflict") return problemPage(c, plan.problem);
  const { id, name, users, groups } = found.value;
  return page(
    c,
    { title: `Delete ${name}`, section, status: outdated ? 409 : 200 },
    <div class="stack">
      <PageHead title={`Delete “${name}”?`} parent={{ path: `${section}/${id}`, name }} />
      {outdated && <OutdatedPlan />}
      <section class="card">
        <p>This cannot be undone. At once, with the next request:</p>
        <ul class="instructions">
          <li>
            Its client secrets, and every token issued for them, are refused. The identity provider gets
            errors.
          </li>
          <li>
            {counted(users, "user")} stay with the licenses they hold and with their vaults, but nothing
            provisions them any more. Who waits only because of its default license type leaves the queue. A
            new configuration takes each account over when it provisions the same user name.
          </li>
          <li>
            {counted(groups, "group")} are no longer kept up to date. Disable or delete the application at the
            identity provider too.
          </li>
        </ul>
      </section>
      {plan.ok ? (
        <PlannedLicenses plan={plan.value} />
      ) : (
        <Notice kind="warning">{plan.problem.detail}</Notice>
      )}
      <Confirm
        action={`${section}/${id}/delete`}
        label="Delete the configuration"
        danger
        cancel={{ path: `${section}/${id}`, label: "Keep it" }}
      >
        {plan.ok && <input type="hidden" name="planHash" value={plan.value.planHash} />}
      </Confirm>
    </div>,
  );
}

export async function deleteConfigurationAction(c: ConsoleContext) {
  const read = await readForm(c, z.object({ planHash: z.string().min(1).max(200).optional() }));
  const planHash = read.ok ? read.value.planHash : undefined;
  const outcome = await deleteConfiguration(c.get("admin"), idOf(c), planHash);
  if (outcome.ok) return c.redirect(`${section}?notice=configuration-deleted`, 303);
  return outcome.problem.kind === "plan_outdated" ? showEnd(c, true) : problemPage(c, outcome.problem);
}
