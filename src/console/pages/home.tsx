/** The organization at a glance: licenses, who waits, what arrived, what to do next. */
import { may } from "../../domain/role.ts";
import { type Configuration, listProvisioning } from "../../gateway/identity/configurations.ts";
import { listDeadLetters } from "../../gateway/outbox/dead-letters.ts";
import { listProvisioningEvents } from "../../gateway/overview/events.ts";
import { getHome, type Home } from "../../gateway/overview/home.ts";
import { PAGE_LIMIT_MAX } from "../../gateway/page.ts";
import { listLinks } from "../../gateway/vaults/links.ts";
import { listStagedEffects } from "../../gateway/vaults/staged-effects.ts";
import { Contact } from "../components/contact.tsx";
import { LicensePool } from "../components/license-pool.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import { StagedNotice } from "../components/staged.tsx";
import { Timeline } from "../components/timeline.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";
import { counted, figure } from "../words.ts";
import { NextSteps, type Progress } from "./next-steps.tsx";

const eventsShown = 7;
/** More than the notice shows, so that it can tell of others. */
const stagedShown = 10;

export async function homePage(c: ConsoleContext) {
  const admin = c.get("admin");
  const { origin } = new URL(c.req.url);
  const [home, configurations, links, events, failed, staged] = await Promise.all([
    getHome(admin),
    listProvisioning(admin, { limit: PAGE_LIMIT_MAX, origin }),
    listLinks(admin, { limit: 1 }),
    listProvisioningEvents(admin, { limit: eventsShown }),
    listDeadLetters(admin, { limit: 1 }),
    listStagedEffects(admin, { state: "staged", limit: stagedShown }),
  ]);
  if (!home.ok) return problemPage(c, home.problem);
  if (!configurations.ok) return problemPage(c, configurations.problem);
  if (!links.ok) return problemPage(c, links.problem);
  if (!events.ok) return problemPage(c, events.problem);
  if (!failed.ok) return problemPage(c, failed.problem);
  if (!staged.ok) return problemPage(c, staged.problem);
  const { name, home: figures } = home.value;
  const owned = configurations.value.items;
  const progress: Progress = {
    purchased: figures.licenses.some(({ purchased }) => purchased > 0),
    configurations: owned.length,
    awaitingContact: owned.filter(({ lastContactAt, users }) => lastContactAt === null && users === 0).length,
    users: figures.users,
    groups: figures.groups,
    linked: links.value.items.length > 0,
  };
  const names = { configurations: new Map(owned.map((one) => [one.id, one.name])), self: admin.identity.id };
  const now = c.get("deps").now();
  const mayProvision = may(admin.identity.role, "provision");
  return page(
    c,
    { title: "Home", section: "/home" },
    <div class="stack">
      <PageHead title={name} lead="Licenses, users and groups of your organization." />
      {failed.value.items.length > 0 && (
        <Notice kind="warning">
          Some work failed too often and waits for you: <a href="/failed-work">see what, and try again</a>.
        </Notice>
      )}
      <StagedNotice items={staged.value.items} />
      <NextSteps progress={progress} role={admin.identity.role} />
      <Figures home={figures} seesGroups={mayProvision} />
      <div class="columns">
        <div class="stack">
          <section class="card" aria-labelledby="licenses">
            <div class="section-head">
              <h2 id="licenses">Licenses</h2>
              <a href="/licenses">
                {may(admin.identity.role, "purchase") ? "Change purchased counts" : "Details"}
              </a>
            </div>
            {figures.licenses.map((pool) => (
              <LicensePool pool={pool} />
            ))}
          </section>
          {mayProvision && owned.length > 0 && <Health configurations={owned} now={now} />}
        </div>
        <section class="card" aria-labelledby="events">
          <div class="section-head">
            <h2 id="events">Recent events</h2>
            <a href="/events">All events</a>
          </div>
          <Timeline events={events.value.items} now={now} names={names} about={undefined} />
        </section>
      </div>
    </div>,
  );
}

const Figures = ({
  home: { users, groups, waiting },
  seesGroups,
}: {
  home: Home["home"];
  seesGroups: boolean;
}) => (
  <div class="figures">
    <a href="/users">
      <p class="figure-label">Users</p>
      <p class="figure-value">{figure(users)}</p>
      <p class="figure-note">
        {waiting.undecided > 0 ? `${counted(waiting.undecided, "license")} being decided` : "login accounts"}
      </p>
    </a>
    <a href={seesGroups ? "/groups" : undefined}>
      <p class="figure-label">Provisioned groups</p>
      <p class="figure-value">{figure(groups)}</p>
      <p class="figure-note">owned by the identity provider</p>
    </a>
    <a href="/users?waiting=true" class={waiting.total > 0 ? "attention" : undefined}>
      <p class="figure-label">Users waiting for a license</p>
      <p class="figure-value">{figure(waiting.total)}</p>
      <p class="figure-note">
        {waiting.total === 0
          ? "nobody waits"
          : `${figure(waiting.unlicensed)} with no license · ${figure(waiting.upgrade)} for an upgrade`}
      </p>
    </a>
  </div>
);

const Health = ({ configurations, now }: { configurations: readonly Configuration[]; now: number }) => (
  <section class="card" aria-labelledby="provisioning">
    <div class="section-head">
      <h2 id="provisioning">Provisioning</h2>
      <a href="/configurations">Configurations</a>
    </div>
    <ul class="health">
      {configurations.map((one) => (
        <li>
          <a href={`/configurations/${one.id}`}>{one.name}</a>
          <span>
            <Contact configuration={one} now={now} />
          </span>
          <span class="sub">
            {counted(one.users, "user")}, {counted(one.groups, "group")}
          </span>
        </li>
      ))}
    </ul>
  </section>
);
