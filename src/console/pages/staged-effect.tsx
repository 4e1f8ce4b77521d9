/** Effects that the brake holds back, person by person, and the decision about them. */
import { may } from "../../domain/role.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import {
  decideStagedEffects,
  getStagedEffects,
  type StagedEffects,
  type StagedPerson,
} from "../../gateway/vaults/staged-effects.ts";
import { Confirm } from "../components/confirm.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { brakeReasons, StagedState, stagedOrigin } from "../components/staged.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";
import { counted } from "../words.ts";

const section = "/vaults";
const list = { path: "/staged-effects", name: "Held back by the brake" };
const idOf = (c: ConsoleContext): string => c.req.param("stagedEffectsId") ?? "";
const pathOf = (id: string): string => `${list.path}/${id}`;
const people = ({ people: count }: StagedEffects): string => counted(count, "person", "people");

export async function stagedEffectPage(c: ConsoleContext) {
  const cursor = c.req.query("cursor");
  const admin = c.get("admin");
  const found = await getStagedEffects(admin, { id: idOf(c), cursor, limit: PAGE_LIMIT_DEFAULT });
  if (!found.ok) return problemPage(c, found.problem);
  const effects = found.value;
  const path = pathOf(effects.id);
  const mayDecide = may(admin.identity.role, "provision") && effects.state === "staged";
  return page(
    c,
    { title: `${people(effects)} would leave ${effects.vault.name}`, section },
    <div class="stack">
      <PageHead
        title={
          <>
            {people(effects)} {effects.state === "staged" ? "would leave" : "were to leave"}{" "}
            {effects.vault.name} <StagedState state={effects.state} />
          </>
        }
        parent={list}
        lead="The identity provider was not told of this: to it, the change has succeeded."
      >
        {mayDecide && (
          <>
            <a class="button primary" href={`${path}/approve`}>
              Approve …
            </a>
            <a class="button" href={`${path}/discard`}>
              Discard …
            </a>
          </>
        )}
      </PageHead>
      <Facts effects={effects} now={c.get("deps").now()} seesLinks={may(admin.identity.role, "provision")} />
      <section aria-labelledby="people">
        <div class="section-head">
          <h2 id="people">{effects.state === "staged" ? "Who would leave" : "Who was concerned"}</h2>
        </div>
        <People people={effects.users.items} decided={effects.state !== "staged"} />
        <Pager path={path} cursor={cursor} nextCursor={effects.users.nextCursor} />
      </section>
    </div>,
  );
}

type FactsProps = { effects: StagedEffects; now: number; seesLinks: boolean };

const Facts = ({ effects, now, seesLinks }: FactsProps) => {
  const { reason, vault, link, createdAt, decidedAt, state } = effects;
  return (
    <section class="card" aria-label="Facts">
      <dl class="facts">
        <dt>Vault</dt>
        <dd>
          <a href={`/vaults/${vault.id}`}>{vault.name}</a>
        </dd>
        <dt>Link</dt>
        <dd>
          {link === null || !seesLinks ? (
            stagedOrigin(effects)
          ) : (
            <a href={`/links/${link.id}`}>{stagedOrigin(effects)}</a>
          )}
        </dd>
        <dt>Why it waits</dt>
        <dd>{brakeReasons[reason]}</dd>
        <dt>Since</dt>
        <dd>
          <Moment at={createdAt} now={now} />
        </dd>
        {decidedAt !== null && (
          <>
            <dt>{state === "approved" ? "Approved" : "Discarded"}</dt>
            <dd>
              <Moment at={decidedAt} now={now} />
            </dd>
          </>
        )}
      </dl>
    </section>
  );
};

const outcomes: Record<StagedPerson["effect"], string> = {
  remove: "leaves the user group, stays enabled in the vault",
  remove_and_disable: "leaves the user group and is disabled in the vault",
  disable: "is disabled in the vault",
  none: "came back meanwhile, or is gone already",
};

const People = ({ people: shown, decided }: { people: readonly StagedPerson[]; decided: boolean }) => (
  <Table caption="People" columns={["User name", decided ? "As things are now" : "What approving does"]}>
    {shown.map(({ userId, userName, effect }) => (
      <tr>
        <th scope="row">
          <a href={`/users/${userId}`}>{userName}</a>
        </th>
        <td>
          {effect === "none" && <Tag kind="neutral">stays</Tag>}{" "}
          {decided && effect === "none" ? "" : outcomes[effect]}
        </td>
      </tr>
    ))}
  </Table>
);

type Verb = "approve" | "discard";

const consequences: Record<Verb, readonly string[]> = {
  approve: [
    "Everybody is looked at anew: who came back meanwhile, or is covered by another link, is not removed.",
    "The others leave the user group, and are disabled in the vault when no other link covers them.",
    "Login accounts and licenses are not touched.",
  ],
  discard: [
    "Nobody is removed now. The people stay until their own membership changes again.",
    "The vault then differs from its groups; the comparison of the vault shows it.",
    "A run of the link from end to end finds them again, and meets the brake again.",
  ],
};

const decisionPage = (verb: Verb) =>
  async function showDecision(c: ConsoleContext) {
    const found = await getStagedEffects(c.get("admin"), { id: idOf(c), limit: 1 });
    if (!found.ok) return problemPage(c, found.problem);
    const effects = found.value;
    const path = pathOf(effects.id);
    const word = verb === "approve" ? "Approve" : "Discard";
    return page(
      c,
      { title: `${word}?`, section },
      <>
        <PageHead
          title={
            verb === "approve"
              ? `Let ${people(effects)} leave ${effects.vault.name}?`
              : `Keep ${people(effects)} in ${effects.vault.name}?`
          }
          parent={{ path, name: people(effects) }}
        />
        <section class="card">
          <ul class="instructions">
            {consequences[verb].map((sentence) => (
              <li>{sentence}</li>
            ))}
          </ul>
          <Confirm
            action={`${path}/${verb}`}
            label={verb === "approve" ? "Approve: let them leave" : "Discard: keep them"}
            danger={verb === "approve"}
            cancel={{ path }}
          />
        </section>
      </>,
    );
  };

export const approvePage = decisionPage("approve");
export const discardPage = decisionPage("discard");

const decide = (decision: "approved" | "discarded") =>
  async function decideAction(c: ConsoleContext) {
    const outcome = await decideStagedEffects(c.get("admin"), { id: idOf(c), decision });
    if (!outcome.ok) return problemPage(c, outcome.problem);
    return c.redirect(`${pathOf(idOf(c))}?notice=effects-${decision}`, 303);
  };

export const approveAction = decide("approved");
export const discardAction = decide("discarded");
