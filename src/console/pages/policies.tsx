/** What the organization has chosen where the rules leave a choice: the brake, and licenses. */
import * as z from "zod";
import type { BrakePolicy } from "../../domain/brake.ts";
import { IDLE_RELEASE_DAYS_MAX } from "../../domain/limits.ts";
import { may } from "../../domain/role.ts";
import { getPolicies, type Policies, setPolicies } from "../../gateway/licenses/policies.ts";
import { CheckField, TextField } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { wholeNumber } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, problemPage } from "../problem.tsx";
import { counted, figure } from "../words.ts";

const path = "/policies";
const peopleMax = 10_000_000;

export const policiesPage = (c: ConsoleContext) => showPolicies(c, emptyForm, 200);

const brakeForm = z.object({
  percent: wholeNumber(0, 100),
  floor: wholeNumber(0, peopleMax),
  absolute: wholeNumber(0, peopleMax),
});

export async function setBrakeAction(c: ConsoleContext) {
  const read = await readForm(c, brakeForm);
  if (!read.ok) return showPolicies(c, read.form, 400);
  return saved(c, await setPolicies(c.get("admin"), { brake: read.value }));
}

const checked = z
  .literal("on")
  .optional()
  .transform((value) => value === "on");

const licensesForm = z.object({
  recomputeOnLeave: checked,
  strictAdoption: checked,
  idleReleaseDays: z
    .literal("")
    .transform(() => null)
    .or(wholeNumber(1, IDLE_RELEASE_DAYS_MAX)),
});

export async function setLicensePoliciesAction(c: ConsoleContext) {
  const read = await readForm(c, licensesForm);
  if (!read.ok) return showPolicies(c, read.form, 400);
  return saved(c, await setPolicies(c.get("admin"), { licenses: read.value }));
}

const saved = (c: ConsoleContext, outcome: Awaited<ReturnType<typeof setPolicies>>) =>
  outcome.ok ? c.redirect(`${path}?notice=policies-saved`, 303) : problemPage(c, outcome.problem);

async function showPolicies(c: ConsoleContext, form: FormState, status: FormStatus) {
  const admin = c.get("admin");
  const policies = await getPolicies(admin);
  if (!policies.ok) return problemPage(c, policies.problem);
  const { brake, licenses } = policies.value;
  const mayChange = may(admin.identity.role, "administer");
  return page(
    c,
    { title: "Policies", section: path, status },
    <div class="stack">
      <PageHead title="Policies" lead="They count for the whole organization, from the next change on." />
      <section class="card" aria-labelledby="brake">
        <h2 id="brake">Brake on accidents</h2>
        <p class="soft">
          When the removals of ten minutes would take too many people out of one vault, the rest is held back
          until an administrator approves or discards it. The identity provider is not told.{" "}
          <a href="/staged-effects">See what is held back</a>.
        </p>
        {mayChange ? <BrakeForm brake={brake} form={form} /> : <BrakeFacts brake={brake} />}
      </section>
      <section class="card" aria-labelledby="licenses">
        <h2 id="licenses">Licenses</h2>
        {mayChange ? <LicensesForm licenses={licenses} form={form} /> : <LicenseFacts licenses={licenses} />}
      </section>
      {!mayChange && (
        <p class="soft small-text">
          Your role shows the policies. To change them takes a subscription admin.
        </p>
      )}
    </div>,
  );
}

const BrakeForm = ({ brake, form: { typed, errors } }: { brake: BrakePolicy; form: FormState }) => {
  const field = (name: keyof BrakePolicy) => ({
    name,
    typed: typed[name] ?? String(brake[name]),
    error: errors[name],
    type: "number" as const,
    min: 0,
    required: true,
  });
  return (
    <form class="form" method="post" action={`${path}/brake`}>
      <TextField
        {...field("percent")}
        label="Share of the vault's users, in percent"
        max={100}
        hint="More than this share waits …"
      />
      <TextField
        {...field("floor")}
        label="But at least so many people"
        hint="… if it is at least this number. Small vaults are not bothered."
      />
      <TextField
        {...field("absolute")}
        label="Always from so many people on"
        hint="More than this number waits, whatever the share."
      />
      <div class="actions">
        <button type="submit" class="button">
          Save the brake
        </button>
      </div>
    </form>
  );
};

const BrakeFacts = ({ brake: { percent, floor, absolute } }: { brake: BrakePolicy }) => (
  <p>
    Held back is more than {percent} percent of a vault's users, if that is at least{" "}
    {counted(floor, "person", "people")}; and always more than {figure(absolute)}.
  </p>
);

type Licenses = Policies["licenses"];

const sentences = {
  recomputeOnLeave: {
    label: "Leaving a licensed group lowers the license",
    hint: "The account goes back to what it is still entitled to. Otherwise it keeps what it holds.",
  },
  strictAdoption: {
    label: "First provisioning gives the default license type only",
    hint: "Even if the account then waits without the license it held. Otherwise it goes down when a seat is free.",
  },
};

const LicensesForm = ({ licenses, form: { typed, errors } }: { licenses: Licenses; form: FormState }) => {
  // An unchecked box sends nothing: only a form that came back tells what was meant.
  const again = errors["idleReleaseDays"] !== undefined;
  const isChecked = (name: "recomputeOnLeave" | "strictAdoption") =>
    again ? typed[name] === "on" : licenses[name];
  return (
    <form class="form" method="post" action={`${path}/licenses`}>
      <CheckField
        name="recomputeOnLeave"
        {...sentences.recomputeOnLeave}
        checked={isChecked("recomputeOnLeave")}
      />
      <CheckField name="strictAdoption" {...sentences.strictAdoption} checked={isChecked("strictAdoption")} />
      <TextField
        name="idleReleaseDays"
        label="Days until a disabled account gives its license back"
        typed={typed["idleReleaseDays"] ?? String(licenses.idleReleaseDays ?? "")}
        error={errors["idleReleaseDays"]}
        hint="Leave it empty for never."
        type="number"
        min={1}
        max={IDLE_RELEASE_DAYS_MAX}
      />
      <div class="actions">
        <button type="submit" class="button">
          Save the license policies
        </button>
      </div>
    </form>
  );
};

const LicenseFacts = ({ licenses }: { licenses: Licenses }) => (
  <ul class="instructions">
    <li>
      {sentences.recomputeOnLeave.label}: {licenses.recomputeOnLeave ? "yes" : "no"}
    </li>
    <li>
      {sentences.strictAdoption.label}: {licenses.strictAdoption ? "yes" : "no"}
    </li>
    <li>
      Disabled accounts give their license back:{" "}
      {licenses.idleReleaseDays === null ? "never" : `after ${counted(licenses.idleReleaseDays, "day")}`}
    </li>
  </ul>
);
