/** One account: what the provider sent, its license and why, its groups, vaults and history. */
import { may } from "../../domain/role.ts";
import { explainLicense, listLicenseTypes } from "../../gateway/licenses/licenses.ts";
import { listProvisioningEvents } from "../../gateway/overview/events.ts";
import { getUser, type UserDetail } from "../../gateway/overview/users.ts";
import { listVaults } from "../../gateway/vaults/vaults.ts";
import { type AccessLine, AccessTable } from "../components/access.tsx";
import { AccountState } from "../components/license.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { type Names, Timeline } from "../components/timeline.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { readNames } from "../names.ts";
import { problemPage } from "../problem.tsx";
import { Attributes } from "./user-attributes.tsx";
import { LicenseCard } from "./user-license.tsx";
import { Owner } from "./users.tsx";
import { explainAccess } from "./vault-access.tsx";

const eventsShown = 25;
/** The license of an account that just came is decided by then. */
const refreshSeconds = 2;
/** Each is asked for by itself; the others are a page away. */
const vaultsShown = 10;

export async function userPage(c: ConsoleContext) {
  const id = c.req.param("userId") ?? "";
  const admin = c.get("admin");
  const [found, explained, types, events, names, listed] = await Promise.all([
    getUser(admin, id),
    explainLicense(admin, id),
    listLicenseTypes(admin),
    listProvisioningEvents(admin, { subject: `user:${id}`, limit: eventsShown }),
    readNames(c),
    listVaults(admin, { limit: vaultsShown + 1 }),
  ]);
  if (!found.ok) return problemPage(c, found.problem);
  if (!explained.ok) return problemPage(c, explained.problem);
  if (!types.ok) return problemPage(c, types.problem);
  if (!events.ok) return problemPage(c, events.problem);
  if (!listed.ok) return problemPage(c, listed.problem);
  const user = found.value;
  const vaults = knownFirst(user, listed.value.items);
  const access = await explainAccess(admin, id, vaults.slice(0, vaultsShown));
  if (!access.ok) return problemPage(c, access.problem);
  const mayChange = may(admin.identity.role, "provision");
  const now = c.get("deps").now();
  const frame = { title: user.userName, section: "/users" };
  return page(
    c,
    user.license.undecided ? { ...frame, refreshSeconds } : frame,
    <div class="stack">
      <PageHead
        title={user.displayName ?? user.userName}
        parent={{ path: "/users", name: "Users" }}
        lead={
          <>
            {user.displayName !== null && `${user.userName} · `}
            <AccountState user={user} />
          </>
        }
      >
        {mayChange && <DisableForm user={user} />}
      </PageHead>
      <div class="columns">
        <div class="stack">
          <LicenseCard
            user={user}
            explanation={explained.value}
            types={types.value}
            mayChange={mayChange}
            now={now}
          />
          <Groups groups={user.groups} />
          <Vaults user={user} lines={access.value} more={vaults.length > vaultsShown} />
        </div>
        <div class="stack">
          <Account user={user} names={names} now={now} />
          <Attributes attributes={user.attributes} />
        </div>
      </div>
      <section class="card" aria-labelledby="timeline">
        <div class="section-head">
          <h2 id="timeline">Timeline</h2>
          {events.value.nextCursor !== undefined && <a href={`/events?subject=user:${id}`}>All of it</a>}
        </div>
        <Timeline events={events.value.items} now={now} names={names} about={id} />
      </section>
    </div>,
  );
}

type NamedVault = { id: string; name: string };

/** Vaults that have heard of the person, then the others. */
function knownFirst({ vaultUsers }: UserDetail, vaults: readonly NamedVault[]): NamedVault[] {
  const known = vaultUsers.map(({ vault }) => vault);
  return [...known, ...vaults.filter(({ id }) => !known.some((vault) => vault.id === id))];
}

const DisableForm = ({ user: { id, adminDisabled } }: { user: UserDetail }) => (
  <form method="post" action={`/users/${id}/${adminDisabled ? "enable" : "disable"}`}>
    <button type="submit" class="button">
      {adminDisabled ? "Enable the account" : "Disable the account"}
    </button>
  </form>
);

const Account = ({ user, names, now }: { user: UserDetail; names: Names; now: number }) => (
  <section class="card" aria-labelledby="account">
    <h2 id="account">User information</h2>
    <dl class="facts">
      <dt>Provisioned by</dt>
      <dd>
        <Owner user={user} names={names} />
      </dd>
      <dt>External id</dt>
      <dd>{user.externalId ?? <span class="faint">none</span>}</dd>
      <dt>Additional information 1</dt>
      <dd>{user.info1 ?? <span class="faint">none</span>}</dd>
      <dt>Additional information 2</dt>
      <dd>{user.info2 ?? <span class="faint">none</span>}</dd>
      <dt>Arrived</dt>
      <dd>
        <Moment at={user.createdAt} now={now} />
      </dd>
      <dt>Last change</dt>
      <dd>
        <Moment at={user.updatedAt} now={now} />
      </dd>
    </dl>
  </section>
);

const Groups = ({ groups }: { groups: UserDetail["groups"] }) => (
  <section class="card" aria-labelledby="groups">
    <h2 id="groups">Groups</h2>
    {groups.length === 0 ? (
      <p class="soft">
        In no provisioned group: the default license type counts, and no link gives access to a vault.
      </p>
    ) : (
      <ul class="names">
        {groups.map(({ id, displayName }) => (
          <li>
            <a href={`/groups/${id}`}>{displayName}</a>
          </li>
        ))}
      </ul>
    )}
  </section>
);

type VaultsProps = { user: UserDetail; lines: readonly AccessLine[]; more: boolean };

const Vaults = ({ user: { id, vaultUsers }, lines, more }: VaultsProps) => (
  <section aria-labelledby="vaults">
    <div class="section-head">
      <h2 id="vaults">Vaults</h2>
      {more && <a href={`/users/${id}/access`}>Every vault</a>}
    </div>
    {lines.length === 0 ? (
      <p class="soft">There is no vault yet.</p>
    ) : (
      <AccessTable lines={lines} userId={id} groups={groupNames(vaultUsers)} />
    )}
  </section>
);

const groupNames = (vaultUsers: UserDetail["vaultUsers"]): ReadonlyMap<string, string> =>
  new Map(
    vaultUsers
      .filter(({ groups }) => groups.length > 0)
      .map(({ vault, groups }) => [vault.id, groups.map(({ name }) => name).join(", ")]),
  );
