/** The license of one account: what, why, its place in the queue, and what an administrator can do. */
import * as z from "zod";
import { setAccountDisabled } from "../../gateway/licenses/accounts.ts";
import {
  chooseLicense,
  type LicenseExplanation,
  type LicenseTypeSummary,
  releaseLicense,
} from "../../gateway/licenses/licenses.ts";
import type { UserDetail } from "../../gateway/overview/users.ts";
import { SelectField } from "../components/field.tsx";
import { License } from "../components/license.tsx";
import { Moment } from "../components/moment.tsx";
import { Tag } from "../components/tag.tsx";
import type { ConsoleContext } from "../environment.ts";
import { readForm } from "../form.ts";
import { licenseOptions } from "../license-options.ts";
import { problemPage } from "../problem.tsx";
import { figure, licenseName } from "../words.ts";

type LicenseCardProps = {
  user: UserDetail;
  explanation: LicenseExplanation;
  types: readonly LicenseTypeSummary[];
  mayChange: boolean;
  now: number;
};

export const LicenseCard = ({ user, explanation, types, mayChange, now }: LicenseCardProps) => (
  <section class="card" aria-labelledby="license">
    <h2 id="license">License type</h2>
    <p class="license-line">
      <License license={user.license} />
    </p>
    <Why explanation={explanation} />
    {explanation.queue !== null && <Queue explanation={explanation} now={now} />}
    {explanation.adoptionPending && (
      <p class="soft">
        It holds more than its configuration gives at first provisioning, and goes down as soon as a license
        of that type is free.
      </p>
    )}
    {mayChange && !user.deprovisioned && <LicenseForms user={user} explanation={explanation} types={types} />}
  </section>
);

const Why = ({ explanation: { because, state } }: { explanation: LicenseExplanation }) => {
  if (state === "undecided") return <p class="soft">The license is decided within seconds of an arrival.</p>;
  if (because.length === 0) return <p class="soft">Nothing entitles this account to a license.</p>;
  return (
    <>
      <h3>Why</h3>
      <ul class="instructions">
        {because.map((reason) => (
          <li>
            <Reason reason={reason} />{" "}
            {reason.decisive && because.length > 1 && <Tag kind="accent">decides</Tag>}
          </li>
        ))}
      </ul>
    </>
  );
};

const Reason = ({
  reason: { kind, licenseType, id, name },
}: {
  reason: LicenseExplanation["because"][number];
}) => {
  const type = licenseType === null ? "" : licenseName(licenseType);
  switch (kind) {
    case "default":
      return (
        <>
          {type}, the default of the configuration <a href={`/configurations/${id}`}>{name}</a>
        </>
      );
    case "group":
      return (
        <>
          {type}, from the group <a href={`/groups/${id}`}>{name}</a>
        </>
      );
    case "manual":
      return <>{type}, chosen by an administrator</>;
    case "withdrawn":
      return <>No license: an administrator took it</>;
    case "idle":
      return <>No license: disabled for longer than the policy grants</>;
  }
};

const Queue = ({
  explanation: { queue, waitingSince, remedy },
  now,
}: {
  explanation: LicenseExplanation;
  now: number;
}) =>
  queue === null ? null : (
    <>
      <p>
        Place{" "}
        <strong>
          {queue.atLeast && "after more than "}
          {figure(queue.place)}
        </strong>{" "}
        in the queue for {licenseName(queue.licenseType)}
        {waitingSince !== null && (
          <>
            , waiting since <Moment at={waitingSince} now={now} />
          </>
        )}
        . {figure(queue.assigned)} of {figure(queue.assignable)} are assigned.
      </p>
      {remedy !== null && (
        <p class="soft">
          {remedy.replace(` of ${queue.licenseType} `, ` of ${licenseName(queue.licenseType)} `)}
        </p>
      )}
    </>
  );

const LicenseForms = ({
  user,
  explanation,
  types,
}: Pick<LicenseCardProps, "user" | "explanation" | "types">) => {
  const chosen = explanation.because.find(({ kind }) => kind === "manual")?.licenseType ?? "";
  return (
    <details>
      <summary>Change it for this account</summary>
      <form class="form" method="post" action={`/users/${user.id}/license`}>
        <SelectField
          name="licenseType"
          label="Entitle to"
          typed={chosen}
          hint="Counts beside what the configuration and the groups give: the highest decides."
          options={[{ value: "", label: "What configuration and groups give" }, ...licenseOptions(types)]}
        />
        <div class="actions">
          <button type="submit" class="button">
            Save
          </button>
        </div>
      </form>
      {(user.license.held !== null || user.license.waiting) && (
        <form method="post" action={`/users/${user.id}/license-release`}>
          <p class="soft">
            Taking the license gives the seat to whoever waits first. The account has no license, nor a place
            in the queue, until you choose again.
          </p>
          <p>
            <button type="submit" class="button danger">
              Take the license
            </button>
          </p>
        </form>
      )}
    </details>
  );
};

const back = (c: ConsoleContext, notice: string) =>
  c.redirect(`/users/${c.req.param("userId") ?? ""}?notice=${notice}`, 303);

export async function chooseLicenseAction(c: ConsoleContext) {
  const read = await readForm(c, z.object({ licenseType: z.string().max(100).default("") }));
  const code = read.ok && read.value.licenseType !== "" ? read.value.licenseType : null;
  const outcome = await chooseLicense(c.get("admin"), c.req.param("userId") ?? "", code);
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return back(c, code === null ? "license-left" : "license-chosen");
}

export async function releaseLicenseAction(c: ConsoleContext) {
  const outcome = await releaseLicense(c.get("admin"), c.req.param("userId") ?? "");
  return outcome.ok ? back(c, "license-released") : problemPage(c, outcome.problem);
}

export const disableUserAction = (c: ConsoleContext) => setDisabled(c, true);
export const enableUserAction = (c: ConsoleContext) => setDisabled(c, false);

async function setDisabled(c: ConsoleContext, disabled: boolean) {
  const outcome = await setAccountDisabled(c.get("admin"), c.req.param("userId") ?? "", disabled);
  return outcome.ok ? back(c, disabled ? "user-disabled" : "user-enabled") : problemPage(c, outcome.problem);
}
