/** What an act would do to licenses, by name and by number, and the form that does exactly that. */
import type { Child } from "hono/jsx";
import { LICENSE_EFFECTS, type LicenseEffect } from "../../domain/license-plan.ts";
import type { LicensePlan } from "../../gateway/licenses/preview.ts";
import { Confirm } from "../components/confirm.tsx";
import { Effects } from "../components/effects.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { figure, licenseName } from "../words.ts";

type PlanPage = {
  title: string;
  lead: Child;
  section: string;
  parent: { path: string; name: string };
  confirm: { action: string; label: string; fields: Readonly<Record<string, string | undefined>> };
  /** The plan that was confirmed is not the plan any more. */
  outdated?: boolean;
};

export function showLicensePlan(c: ConsoleContext, plan: LicensePlan, shown: PlanPage) {
  const { title, lead, section, parent, confirm, outdated = false } = shown;
  return page(
    c,
    { title, section, status: outdated ? 409 : 200 },
    <div class="stack">
      <PageHead title={title} parent={parent} lead={lead} />
      {outdated && <OutdatedPlan />}
      <PlannedLicenses plan={plan} />
      <Confirm action={confirm.action} label={confirm.label} cancel={{ path: parent.path, label: "Back" }}>
        <HiddenFields fields={{ ...confirm.fields, planHash: plan.planHash }} />
      </Confirm>
    </div>,
  );
}

/** Too many are concerned for a plan: the act is offered for what it is. */
export function showUnplanned(c: ConsoleContext, detail: string, shown: PlanPage) {
  const { title, lead, section, parent, confirm } = shown;
  return page(
    c,
    { title, section },
    <div class="stack">
      <PageHead title={title} parent={parent} lead={lead} />
      <Notice kind="warning">{detail}</Notice>
      <Confirm
        action={confirm.action}
        label={`${confirm.label} without a preview`}
        cancel={{ path: parent.path, label: "Back" }}
      >
        <HiddenFields fields={{ ...confirm.fields, unseen: "on" }} />
      </Confirm>
    </div>,
  );
}

export const OutdatedPlan = () => (
  <Notice kind="warning">
    Licenses or memberships have changed since you looked, so nothing was done. This is the new plan.
  </Notice>
);

const HiddenFields = ({ fields }: { fields: Readonly<Record<string, string | undefined>> }) => (
  <>
    {Object.entries(fields).map(
      ([name, value]) => value !== undefined && <input type="hidden" name={name} value={value} />,
    )}
  </>
);

const titles: Record<LicenseEffect, string> = {
  grants: "get a license",
  upgrades: "are upgraded",
  lowers: "go down to a lower type",
  lowersLater: "go down as soon as a seat of the lower type is free",
  releases: "give their license back",
  waits: "begin to wait, or wait for another type",
  stopsWaiting: "no longer wait",
  keeps: "are concerned, and stay as they are",
};

type Person = LicensePlan["keeps"][number];

/** Effects and pools; also part of pages that are about more than licenses. */
export const PlannedLicenses = ({ plan }: { plan: LicensePlan }) => (
  <>
    <section class="card" aria-label="Effects">
      {LICENSE_EFFECTS.every((effect) => plan.counts[effect] === 0) && (
        <p>Nobody's license changes, and nobody's place in a queue.</p>
      )}
      <Effects
        effects={LICENSE_EFFECTS.map((effect) => ({
          title: titles[effect],
          count: plan.counts[effect],
          names: plan[effect].map((person) => <Planned person={person} />),
        }))}
      />
    </section>
    <Pools pools={plan.pools} />
  </>
);

const Planned = ({ person: { id, userName, from, to, waitsFor } }: { person: Person }) => (
  <>
    <a href={`/users/${id}`}>{userName}</a>
    <span class="sub">
      {standing(from)}
      {from !== to && <> to {standing(to)}</>}
      {waitsFor !== null && <>, waits for {licenseName(waitsFor)}</>}
    </span>
  </>
);

const standing = (code: string | null): string => (code === null ? "no license" : licenseName(code));

const Pools = ({ pools }: { pools: LicensePlan["pools"] }) => (
  <Table
    caption="License types afterwards"
    columns={[
      "License type",
      { name: "Seats", kind: "number" },
      { name: "Assigned", kind: "number" },
      { name: "Waiting", kind: "number" },
    ]}
  >
    {pools.map(({ code, assignable, assigned, waiting, overAllocated }) => (
      <tr>
        <th scope="row">
          {licenseName(code)} {overAllocated && <Tag kind="bad">over-allocated</Tag>}
        </th>
        <td class="number">{figure(assignable)}</td>
        <td class="number no-wrap">
          <Change {...assigned} />
        </td>
        <td class="number no-wrap">
          <Change {...waiting} />
        </td>
      </tr>
    ))}
  </Table>
);

const Change = ({ before, after }: { before: number; after: number }) =>
  before === after ? (
    <span>{figure(after)}</span>
  ) : (
    <>
      <span class="faint">was {figure(before)}, </span>
      <strong>{figure(after)}</strong>
    </>
  );
