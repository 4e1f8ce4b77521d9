/** One link: its progress, and its end. */
import * as z from "zod";
import { may } from "../../domain/role.ts";
import { getLink, type Link, removeLink } from "../../gateway/vaults/links.ts";
import { ChoiceField } from "../components/field.tsx";
import { isBusy, LastSync, LinkState } from "../components/link-state.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";
import { counted, figure } from "../words.ts";

const section = "/links";
const parent = { path: section, name: "Links" };
/** Soon enough to look alive, seldom enough to read. */
const refreshSeconds = 2;

export async function linkPage(c: ConsoleContext) {
  const found = await getLink(c.get("admin"), c.req.param("linkId") ?? "");
  if (!found.ok) return problemPage(c, found.problem);
  const link = found.value;
  const { id, group, vault, target, state } = link;
  const removable =
    may(c.get("admin").identity.role, "provision") && state !== "removed" && state !== "unlinking";
  const frame = { title: `${group.name} to ${vault.name}`, section };
  return page(
    c,
    isBusy(state) ? { ...frame, refreshSeconds } : frame,
    <div class="stack">
      <PageHead
        title={
          <>
            {group.name} <span class="soft">to</span> {target.name}
          </>
        }
        parent={parent}
        lead={`In the vault ${vault.name}`}
      >
        {removable && (
          <a class="button danger" href={`${section}/${id}/unlink`}>
            Unlink …
          </a>
        )}
      </PageHead>
      {link.error !== null && (
        <Notice kind="error">
          <p>The last attempt failed and is being retried: {link.error}</p>
        </Notice>
      )}
      {link.waitingForApproval > 0 && (
        <Notice kind="warning">
          <p>
            {counted(link.waitingForApproval, "person", "people")} would leave this user group. That is too
            much at once, and waits until an administrator approves or discards it.
          </p>
        </Notice>
      )}
      <section class="card" aria-labelledby="progress">
        <h2 id="progress">
          <LinkState state={state} />
        </h2>
        <Progress link={link} />
        <dl class="facts">
          <dt>Provisioned group</dt>
          <dd>
            {state === "source_deleted" ? group.name : <a href={`/groups/${group.id}`}>{group.name}</a>}
          </dd>
          <dt>Vault</dt>
          <dd>
            <a href={`/vaults/${vault.id}`}>{vault.name}</a>
          </dd>
          <dt>User group of the vault</dt>
          <dd>
            <a href={`/vaults/${vault.id}/groups/${target.id}`}>{target.name}</a>
          </dd>
          <dt>Last in line with the group</dt>
          <dd>
            <LastSync link={link} now={c.get("deps").now()} />
          </dd>
        </dl>
      </section>
      {isBusy(state) && (
        <p class="hint">
          This page loads itself again every {refreshSeconds} seconds while work is under way.
        </p>
      )}
    </div>,
  );
}

const Progress = ({ link: { state, done, total } }: { link: Link }) =>
  isBusy(state) ? (
    <div class="progress">
      <p>
        {total === 0 ? (
          "Starting …"
        ) : (
          <>
            <strong class="number">{figure(done)}</strong> of <span class="number">{figure(total)}</span>{" "}
            people settled
          </>
        )}
      </p>
      <progress max={Math.max(total, 1)} value={done} aria-label="Progress">
        {`${done} of ${total}`}
      </progress>
    </div>
  ) : (
    <p class="soft">
      The last full run settled {figure(done)} of {figure(total)} people.{" "}
      {state === "active" && "Changes of the group follow by themselves."}
    </p>
  );

export async function unlinkPage(c: ConsoleContext) {
  const found = await getLink(c.get("admin"), c.req.param("linkId") ?? "");
  if (!found.ok) return problemPage(c, found.problem);
  const { id, group, vault, target } = found.value;
  const path = `${section}/${id}`;
  return page(
    c,
    { title: "Unlink", section },
    <>
      <PageHead
        title={`Unlink ${group.name} from ${vault.name}?`}
        parent={{ path, name: "Link" }}
        lead={`The user group ${target.name} stays. What becomes of its members?`}
      />
      <form class="form" method="post" action={`${path}/unlink`}>
        <ChoiceField
          name="members"
          label="Members of the user group"
          typed="remove"
          choices={[
            {
              value: "remove",
              label: "Remove them",
              explanation:
                "The group is emptied. Vault users whom no other link of this vault covers are disabled.",
            },
            {
              value: "keep",
              label: "Keep them",
              explanation: "The group and its vault users stay as they are now, and follow nothing any more.",
            },
          ]}
        />
        <p class="hint">Login accounts and licenses are not touched either way.</p>
        <div class="actions">
          <button type="submit" class="button danger">
            Unlink
          </button>
          <a class="button" href={path}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

export async function unlinkAction(c: ConsoleContext) {
  const id = c.req.param("linkId") ?? "";
  const read = await readForm(c, z.object({ members: z.enum(["remove", "keep"]) }));
  if (!read.ok) return c.redirect(`${section}/${id}/unlink`, 303);
  const { members } = read.value;
  const outcome = await removeLink(c.get("admin"), { id, members });
  if (!outcome.ok) return problemPage(c, outcome.problem);
  if (members === "keep") return c.redirect(`${section}?notice=unlinked`, 303);
  return c.redirect(`${section}/${id}?notice=unlinking`, 303);
}
