/** One vault: its user groups and its users. */
import * as z from "zod";
import { may } from "../../domain/role.ts";
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from "../../gateway/page.ts";
import { listStagedEffects } from "../../gateway/vaults/staged-effects.ts";
import { listVaultUsers } from "../../gateway/vaults/vault-users.ts";
import {
  createVaultGroup,
  getVault,
  listVaultGroups,
  type Vault,
  type VaultGroup,
} from "../../gateway/vaults/vaults.ts";
import { Connection } from "../components/connection.tsx";
import { Download } from "../components/download.tsx";
import { TextField } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { StagedTable } from "../components/staged.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";
import type { ConsoleContext } from "../environment.ts";
import { nameField } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, problemPage, statusOf } from "../problem.tsx";
import { counted, figure } from "../words.ts";
import { VaultUsers } from "./vault-users.tsx";

const section = "/vaults";
const idOf = (c: ConsoleContext): string => c.req.param("vaultId") ?? "";

export const vaultPage = (c: ConsoleContext) => showVault(c, emptyForm, 200);

export async function createVaultGroupAction(c: ConsoleContext) {
  const read = await readForm(c, z.object({ name: nameField("a name") }));
  if (!read.ok) return showVault(c, read.form, 400);
  const outcome = await createVaultGroup(c.get("admin"), { vaultId: idOf(c), ...read.value });
  if (outcome.ok) return c.redirect(`${section}/${idOf(c)}?notice=vault-group-created`, 303);
  const { kind, detail } = outcome.problem;
  if (kind === "not_found") return problemPage(c, outcome.problem);
  return showVault(c, { ...read.form, errors: { name: detail } }, statusOf[kind]);
}

/** Two lists, each with pages of its own. */
async function showVault(c: ConsoleContext, form: FormState, status: FormStatus) {
  const vaultId = idOf(c);
  const { cursor, groups: groupCursor } = c.req.query();
  const admin = c.get("admin");
  const [found, groups, users, staged] = await Promise.all([
    getVault(admin, vaultId),
    listVaultGroups(admin, { vaultId, cursor: groupCursor, limit: PAGE_LIMIT_DEFAULT }),
    listVaultUsers(admin, { vaultId, cursor, limit: PAGE_LIMIT_DEFAULT }),
    listStagedEffects(admin, { state: "staged", limit: PAGE_LIMIT_MAX }),
  ]);
  if (!found.ok) return problemPage(c, found.problem);
  if (!groups.ok) return problemPage(c, groups.problem);
  if (!users.ok) return problemPage(c, users.problem);
  if (!staged.ok) return problemPage(c, staged.problem);
  const vault = found.value;
  const heldBack = staged.value.items.filter((effects) => effects.vault.id === vault.id);
  const path = `${section}/${vaultId}`;
  const mayChange = may(admin.identity.role, "provision");
  return page(
    c,
    { title: vault.name, section, status },
    <div class="stack">
      <PageHead
        title={vault.name}
        parent={{ path: section, name: "Vaults" }}
        lead={counted(vault.enabledUsers, "enabled user")}
      >
        <a class="button" href={`${path}/drift`}>
          Compare with its links
        </a>
        <a class="button" href={`${path}/synchronization`}>
          Synchronization
        </a>
        {mayChange && (
          <a class="button primary" href={`/links/new?vaultId=${vaultId}`}>
            Link a group to this vault
          </a>
        )}
      </PageHead>
      {heldBack.length > 0 && (
        <section aria-labelledby="held-back">
          <div class="section-head">
            <h2 id="held-back">Held back by the brake</h2>
          </div>
          <StagedTable items={heldBack} now={c.get("deps").now()} within="vault" />
        </section>
      )}
      <Connection vault={vault} now={c.get("deps").now()} />
      <section aria-labelledby="user-groups">
        <div class="section-head">
          <h2 id="user-groups">User groups</h2>
        </div>
        <Groups vault={vault} groups={groups.value.items} />
        <Pager path={path} parameter="groups" cursor={groupCursor} nextCursor={groups.value.nextCursor} />
      </section>
      {mayChange && <CreateGroup path={path} form={form} />}
      <section aria-labelledby="vault-users">
        <div class="section-head">
          <h2 id="vault-users">Vault users</h2>
          <Download list={`vault-users.csv?vault=${vaultId}`} />
        </div>
        <VaultUsers vault={vault} users={users.value.items} mayChange={mayChange} />
        <Pager path={path} cursor={cursor} nextCursor={users.value.nextCursor} />
      </section>
    </div>,
  );
}

const Groups = ({ vault, groups }: { vault: Vault; groups: readonly VaultGroup[] }) => (
  <Table caption="User groups" columns={["Name", { name: "Members", kind: "number" }]}>
    {groups.map(({ id, name, builtIn, memberCount }) => (
      <tr>
        <th scope="row">
          {builtIn ? name : <a href={`${section}/${vault.id}/groups/${id}`}>{name}</a>}{" "}
          {builtIn && <Tag kind="neutral">built in, cannot be linked</Tag>}
        </th>
        <td class="number">{figure(builtIn ? vault.enabledUsers : memberCount)}</td>
      </tr>
    ))}
  </Table>
);

const CreateGroup = ({ path, form }: { path: string; form: FormState }) => (
  <details class="card" open={form.errors["name"] !== undefined}>
    <summary>Create a user group</summary>
    <form class="form" method="post" action={`${path}/groups`}>
      <TextField
        name="name"
        label="Name"
        typed={form.typed["name"]}
        error={form.errors["name"]}
        hint="It is empty until a group is linked to it."
        maxlength={100}
        required
      />
      <div class="actions">
        <button type="submit" class="button">
          Create the user group
        </button>
      </div>
    </form>
  </details>
);
