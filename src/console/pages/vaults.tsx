/** Vaults: the list, and making one. */
import * as z from "zod";
import { may } from "../../domain/role.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { createVault, listVaults, type Vault } from "../../gateway/vaults/vaults.ts";
import { Empty } from "../components/empty.tsx";
import { TextField } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";
import type { ConsoleContext } from "../environment.ts";
import { nameField } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, problemPage, statusOf } from "../problem.tsx";
import { figure } from "../words.ts";

const section = "/vaults";

export const vaultsPage = (c: ConsoleContext) => showVaults(c, emptyForm, 200);

export async function createVaultAction(c: ConsoleContext) {
  const read = await readForm(c, z.object({ name: nameField("a name") }));
  if (!read.ok) return showVaults(c, read.form, 400);
  const outcome = await createVault(c.get("admin"), read.value);
  if (outcome.ok) return c.redirect(`${section}/${outcome.value.id}?notice=vault-created`, 303);
  const { kind, detail } = outcome.problem;
  return showVaults(c, { ...read.form, errors: { name: detail } }, statusOf[kind]);
}

async function showVaults(c: ConsoleContext, form: FormState, status: FormStatus) {
  const cursor = c.req.query("cursor");
  const admin = c.get("admin");
  const vaults = await listVaults(admin, { cursor, limit: PAGE_LIMIT_DEFAULT });
  if (!vaults.ok) return problemPage(c, vaults.problem);
  const { items, nextCursor } = vaults.value;
  const now = c.get("deps").now();
  const mayCreate = may(admin.identity.role, "provision");
  return page(
    c,
    { title: "Vaults", section, status },
    <div class="stack">
      <PageHead
        title="Vaults"
        lead="A vault has users and user groups of its own. Links bring the members of provisioned groups into them."
      >
        {mayCreate && (
          <a class="button" href={`${section}/connected`}>
            Connect a SCIM service
          </a>
        )}
      </PageHead>
      {items.length === 0 ? (
        <Empty title="No vaults yet">
          <p>Create the first one, then link a provisioned group to one of its user groups.</p>
        </Empty>
      ) : (
        <Table
          caption="Vaults"
          columns={["Name", "Kept in", { name: "Enabled users", kind: "number" }, "Created"]}
        >
          {items.map((vault) => (
            <tr>
              <th scope="row">
                <a href={`${section}/${vault.id}`}>{vault.name}</a>
              </th>
              <td>
                <KeptIn vault={vault} />
              </td>
              <td class="number">{figure(vault.enabledUsers)}</td>
              <td>
                <Moment at={vault.createdAt} now={now} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pager path={section} cursor={cursor} nextCursor={nextCursor} />
      {mayCreate && (
        <section class="card" aria-labelledby="create">
          <h2 id="create">Create a vault</h2>
          <form class="form" method="post" action={section}>
            <TextField
              name="name"
              label="Name"
              typed={form.typed["name"]}
              error={form.errors["name"]}
              maxlength={100}
              required
            />
            <div class="actions">
              <button type="submit" class="button">
                Create the vault
              </button>
            </div>
          </form>
        </section>
      )}
    </div>,
  );
}

/** Where the users of the vault are, and whether that works. */
const KeptIn = ({ vault: { connection } }: { vault: Vault }) =>
  connection === null ? (
    <span class="faint">this gateway</span>
  ) : (
    <>
      SCIM service {connection.error !== null && <Tag kind="bad">failing</Tag>}
      <span class="sub">{new URL(connection.baseUrl).host}</span>
    </>
  );
