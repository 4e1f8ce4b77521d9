/** One source group: its members, and the license type that it gives them. */
import { WAITING_PRIORITY_MAX } from "../../domain/limits.ts";
import { may } from "../../domain/role.ts";
import { type LicenseTypeSummary, listLicenseTypes } from "../../gateway/licenses/licenses.ts";
import {
  type Group,
  type GroupMember,
  getSourceGroup,
  listGroupMembers,
} from "../../gateway/overview/groups.ts";
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from "../../gateway/page.ts";
import { type Link, listLinks } from "../../gateway/vaults/links.ts";
import { Empty } from "../components/empty.tsx";
import { SelectField, TextField } from "../components/field.tsx";
import { LinkState } from "../components/link-state.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";
import type { ConsoleContext } from "../environment.ts";
import { emptyForm, type FormState } from "../form.ts";
import { page } from "../layout.tsx";
import { licenseOptions } from "../license-options.ts";
import { readNames } from "../names.ts";
import { type FormStatus, problemPage } from "../problem.tsx";
import { counted, licenseName } from "../words.ts";

const section = "/groups";

export const groupPage = (c: ConsoleContext) => showGroup(c, emptyForm, 200);

export async function showGroup(c: ConsoleContext, form: FormState, status: FormStatus) {
  const id = c.req.param("groupId") ?? "";
  const cursor = c.req.query("cursor");
  const admin = c.get("admin");
  const [found, members, types, links, names] = await Promise.all([
    getSourceGroup(admin, id),
    listGroupMembers(admin, id, { cursor, limit: PAGE_LIMIT_DEFAULT }),
    listLicenseTypes(admin),
    listLinks(admin, { limit: PAGE_LIMIT_MAX }),
    readNames(c),
  ]);
  if (!found.ok) return problemPage(c, found.problem);
  if (!members.ok) return problemPage(c, members.problem);
  if (!types.ok) return problemPage(c, types.problem);
  if (!links.ok) return problemPage(c, links.problem);
  const group = found.value;
  const { items, nextCursor } = members.value;
  const mayChange = may(admin.identity.role, "provision");
  const owner = names.configurations.get(group.configurationId) ?? "a deleted configuration";
  return page(
    c,
    { title: group.displayName, section, status },
    <div class="stack">
      <PageHead
        title={group.displayName}
        parent={{ path: section, name: "Groups" }}
        lead={`${counted(group.members, "member")} · provisioned by ${owner}`}
      >
        {mayChange && (
          <a class="button primary" href={`/links/new?groupId=${group.id}`}>
            Link to a vault
          </a>
        )}
      </PageHead>
      <GroupSettings
        group={group}
        types={types.value}
        form={form}
        mayChange={mayChange}
        now={c.get("deps").now()}
      />
      <Links group={group} links={links.value.items.filter((link) => link.group.id === id)} />
      <section aria-labelledby="members">
        <div class="section-head">
          <h2 id="members">Members</h2>
        </div>
        <Members members={items} />
        <Pager path={`${section}/${id}`} cursor={cursor} nextCursor={nextCursor} />
      </section>
    </div>,
  );
}

type GroupSettingsProps = {
  group: Group;
  types: readonly LicenseTypeSummary[];
  form: FormState;
  mayChange: boolean;
  now: number;
};

const GroupSettings = ({ group, types, form, mayChange, now }: GroupSettingsProps) => (
  <section class="card" aria-labelledby="license">
    <h2 id="license">License type</h2>
    {mayChange ? (
      <form class="form" method="get" action={`${section}/${group.id}/preview`}>
        <SelectField
          name="licenseType"
          label="Members are entitled to"
          typed={form.typed["licenseType"] ?? group.licenseType ?? ""}
          error={form.problem ?? form.errors["licenseType"]}
          hint="A group can only raise what the configuration gives. Who leaves the group keeps the license."
          options={[{ value: "", label: "The default of the configuration" }, ...licenseOptions(types)]}
        />
        <div class="actions">
          <button type="submit" class="button">
            Show what will happen
          </button>
        </div>
      </form>
    ) : (
      <p>
        {group.licenseType === null ? "The default of the configuration" : licenseName(group.licenseType)}
      </p>
    )}
    {mayChange && <PriorityForm group={group} form={form} />}
    <p class="soft small-text">
      Arrived <Moment at={group.createdAt} now={now} />, last change <Moment at={group.updatedAt} now={now} />
      .
    </p>
  </section>
);

const PriorityForm = ({ group, form }: { group: Group; form: FormState }) => (
  <form class="form" method="post" action={`${section}/${group.id}/priority`}>
    <TextField
      name="waitingPriority"
      label="Priority in the queue"
      type="number"
      min={0}
      max={WAITING_PRIORITY_MAX}
      typed={form.typed["waitingPriority"] ?? String(group.waitingPriority)}
      error={form.errors["waitingPriority"]}
      hint="Members who wait for the type that this group gives are served before those with less. 0 is none."
      required
    />
    <div class="actions">
      <button type="submit" class="button">
        Save the priority
      </button>
    </div>
  </form>
);

/** `links`: those among the first page of all links; the group's own count tells whether that is all of them. */
const Links = ({ group, links }: { group: Group; links: readonly Link[] }) => (
  <section aria-labelledby="links">
    <div class="section-head">
      <h2 id="links">Links</h2>
    </div>
    {links.length > 0 && (
      <Table caption="Links" columns={["Vault and user group", "State"]}>
        {links.map(({ id, vault, target, state }) => (
          <tr>
            <th scope="row">
              <a href={`/links/${id}`}>
                {vault.name} <span class="arrow">›</span> {target.name}
              </a>
            </th>
            <td>
              <LinkState state={state} />
            </td>
          </tr>
        ))}
      </Table>
    )}
    {group.links === 0 && <p class="soft">Linked to no vault.</p>}
    {group.links > links.length && (
      <p class="hint">
        {counted(group.links, "link")} in all; the others are listed under <a href="/links">Links</a>.
      </p>
    )}
  </section>
);

const Members = ({ members }: { members: readonly GroupMember[] }) =>
  members.length === 0 ? (
    <Empty title="No members">
      <p>The identity provider keeps this group empty, or has not sent its members yet.</p>
    </Empty>
  ) : (
    <Table caption="Members" columns={["Name", "Kind"]}>
      {members.map(({ kind, id, name }) => (
        <tr>
          <th scope="row">
            <a href={kind === "user" ? `/users/${id}` : `/groups/${id}`}>{name}</a>
          </th>
          <td>{kind === "user" ? "User" : <Tag kind="accent">group</Tag>}</td>
        </tr>
      ))}
    </Table>
  );
