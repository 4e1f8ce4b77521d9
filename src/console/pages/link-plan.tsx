/** What a link would do, by name and by number (A15), and the one form that makes it so. */
import * as z from "zod";
import { type LinkPlan, type LinkRequest, previewLink } from "../../gateway/vaults/link-preview.ts";
import { applyLink } from "../../gateway/vaults/links.ts";
import { Confirm } from "../components/confirm.tsx";
import { Effects } from "../components/effects.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { nameField } from "../fields.ts";
import { readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { notFoundPage, problemPage } from "../problem.tsx";
import { counted } from "../words.ts";
import { showTarget } from "./new-link.tsx";

const section = "/links";
const id = z.string().min(1).max(200);
const newName = nameField("a name for the new user group", 200);

export async function previewLinkPage(c: ConsoleContext) {
  const { groupId = "", vaultId = "", vaultGroupId = "", newVaultGroupName = "" } = c.req.query();
  if (!id.safeParse(groupId).success || !id.safeParse(vaultId).success) return notFoundPage(c);
  const ends = { groupId, vaultId };
  const typed = { vaultGroupId, newVaultGroupName };
  const name = vaultGroupId === "" ? newName.safeParse(newVaultGroupName) : undefined;
  if (name?.success === false) {
    const problem = name.error.issues[0]?.message ?? "";
    return showTarget(c, ends, { ...typed, problem, status: 400 });
  }
  const request: LinkRequest =
    name === undefined ? { ...ends, vaultGroupId } : { ...ends, newVaultGroupName: name.data };
  const plan = await previewLink(c.get("admin"), request);
  if (plan.ok) return showPlan(c, request, plan.value, 200);
  const { kind, detail } = plan.problem;
  if (kind !== "conflict") return problemPage(c, plan.problem);
  return showTarget(c, ends, { ...typed, problem: detail, status: 409 });
}

const applyForm = z.object({
  groupId: id,
  vaultId: id,
  vaultGroupId: id.optional(),
  newVaultGroupName: newName.optional(),
  planHash: z.string().min(1).max(200),
});

export async function createLinkAction(c: ConsoleContext) {
  const read = await readForm(c, applyForm);
  if (!read.ok) return c.redirect("/links/new", 303);
  const outcome = await applyLink(c.get("admin"), read.value);
  if (outcome.ok) return c.redirect(`${section}/${outcome.value.id}?notice=link-created`, 303);
  if (outcome.problem.kind !== "plan_outdated") return problemPage(c, outcome.problem);
  // Computed anew here, for the plan of a problem has no type of its own.
  const plan = await previewLink(c.get("admin"), read.value);
  return plan.ok ? showPlan(c, read.value, plan.value, 409) : problemPage(c, plan.problem);
}

function showPlan(c: ConsoleContext, request: LinkRequest, plan: LinkPlan, status: 200 | 409) {
  const { group, vault, target, counts } = plan;
  const back = `/links/new?${new URLSearchParams({ groupId: request.groupId, vaultId: request.vaultId })}`;
  return page(
    c,
    { title: "What the link will do", section, status },
    <div class="stack">
      <PageHead
        title="What this link will do"
        parent={{ path: section, name: "Links" }}
        lead={
          <>
            The {target.id === null && "new "}user group <strong>{target.name}</strong> of the vault{" "}
            <strong>{vault.name}</strong> will follow the provisioned group <strong>{group.name}</strong>.
            Nothing has happened yet.
          </>
        }
      />
      {status === 409 && (
        <Notice kind="warning">
          The group or the vault has changed since you looked, so nothing was done. This is the new plan.
        </Notice>
      )}
      {counts.removes > 0 && (
        <Notice kind="warning">
          <strong>{counted(counts.removes, "present member")} will be removed</strong> from {target.name}: a
          linked group has the members of the provisioned group and no others.
        </Notice>
      )}
      <LinkEffects plan={plan} />
      <Confirm action={section} label="Create the link" cancel={{ path: back, label: "Back" }}>
        <input type="hidden" name="groupId" value={request.groupId} />
        <input type="hidden" name="vaultId" value={request.vaultId} />
        {request.vaultGroupId !== undefined && (
          <input type="hidden" name="vaultGroupId" value={request.vaultGroupId} />
        )}
        {request.newVaultGroupName !== undefined && (
          <input type="hidden" name="newVaultGroupName" value={request.newVaultGroupName} />
        )}
        <input type="hidden" name="planHash" value={plan.planHash} />
      </Confirm>
    </div>,
  );
}

/** In the order in which people care. */
const effects = [
  { key: "adds", title: "join the user group" },
  { key: "removes", title: "leave the user group" },
  { key: "creates", title: "become users of the vault" },
  { key: "enables", title: "are enabled in the vault again" },
  { key: "disables", title: "are disabled in the vault, for no other link covers them" },
  { key: "keepsDisabled", title: "join, but stay disabled: an administrator disabled them" },
  { key: "skipped", title: "are left out: an administrator deleted them from the vault" },
] as const;

const LinkEffects = ({ plan }: { plan: LinkPlan }) => (
  <section class="card" aria-label="Effects">
    {effects.every(({ key }) => plan.counts[key] === 0) && (
      <p>Nobody comes or goes: the target has the right members already.</p>
    )}
    <Effects
      effects={effects.map(({ key, title }) => ({ title, count: plan.counts[key], names: plan[key] }))}
    />
    {plan.counts.unchanged > 0 && (
      <p class="soft effect">{counted(plan.counts.unchanged, "member")} stay as they are.</p>
    )}
  </section>
);
