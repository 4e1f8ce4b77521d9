/** One link: its progress, what stands in its way, and what can be done about it. */
import { canSwitch } from "../../domain/link.ts";
import { may } from "../../domain/role.ts";
import { PAGE_LIMIT_MAX } from "../../gateway/page.ts";
import { getLink, type Link } from "../../gateway/vaults/links.ts";
import { listStagedEffects, type StagedEffects } from "../../gateway/vaults/staged-effects.ts";
import { isBusy, LastSync, LinkState } from "../components/link-state.tsx";
import { PageHead } from "../components/page-head.tsx";
import { StagedNotice } from "../components/staged.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";
import { figure } from "../words.ts";
import { LinkObstacle } from "./link-obstacle.tsx";

const section = "/links";
const parent = { path: section, name: "Links" };
/** Soon enough to look alive, seldom enough to read. */
const refreshSeconds = 2;

export async function linkPage(c: ConsoleContext) {
  const admin = c.get("admin");
  const found = await getLink(admin, c.req.param("linkId") ?? "");
  if (!found.ok) return problemPage(c, found.problem);
  const link = found.value;
  const staged = await stagedOf(c, link);
  const { group, vault, target, state } = link;
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
        {may(admin.identity.role, "provision") && <Acts link={link} />}
      </PageHead>
      <LinkObstacle link={link} />
      <StagedNotice items={staged} />
      <section class="card" aria-labelledby="progress">
        <h2 id="progress">
          <LinkState state={state} />
        </h2>
        <Progress link={link} />
        <Facts link={link} now={c.get("deps").now()} />
      </section>
      {isBusy(state) && (
        <p class="hint">
          This page loads itself again every {refreshSeconds} seconds while work is under way.
        </p>
      )}
    </div>,
  );
}

/** What the brake holds back of this link. */
async function stagedOf(c: ConsoleContext, link: Link): Promise<StagedEffects[]> {
  if (link.waitingForApproval === 0) return [];
  const listed = await listStagedEffects(c.get("admin"), { state: "staged", limit: PAGE_LIMIT_MAX });
  return listed.ok ? listed.value.items.filter((effects) => effects.link?.id === link.id) : [];
}

const Acts = ({ link: { id, state } }: { link: Link }) => (
  <>
    {canSwitch(state) && state !== "paused" && (
      <form method="post" action={`${section}/${id}/pause`}>
        <button type="submit" class="button">
          Pause
        </button>
      </form>
    )}
    {(state === "paused" || state === "error") && (
      <form method="post" action={`${section}/${id}/resume`}>
        <button type="submit" class="button primary">
          {state === "paused" ? "Resume" : "Try again now"}
        </button>
      </form>
    )}
    {state !== "removed" && state !== "unlinking" && (
      <a class="button danger" href={`${section}/${id}/unlink`}>
        Unlink …
      </a>
    )}
  </>
);

const Facts = ({ link, now }: { link: Link; now: number }) => {
  const { vault, target } = link;
  return (
    <dl class="facts">
      <dt>Provisioned group</dt>
      <dd>
        <Source link={link} />
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
        <LastSync link={link} now={now} />
      </dd>
    </dl>
  );
};

/** A group that the vault's own synchronization reads has no page: its settings have. */
const Source = ({ link: { group, vault, state, imported } }: { link: Link }) => {
  if (imported) return <a href={`/vaults/${vault.id}/synchronization`}>{group.name}</a>;
  return state === "source_deleted" ? (
    <span>{group.name}</span>
  ) : (
    <a href={`/groups/${group.id}`}>{group.name}</a>
  );
};

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
