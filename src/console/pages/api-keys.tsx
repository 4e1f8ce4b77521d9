/** API keys: for automation; shown once, revocable. */
import * as z from "zod";
import { mayGrant, ROLES } from "../../domain/role.ts";
import { type ApiKey, createKey, listKeys, revokeKey } from "../../gateway/identity/api-keys.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { CopyValue } from "../components/copy-value.tsx";
import { Empty } from "../components/empty.tsx";
import { SelectField, TextField } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { Notice } from "../components/notice.tsx";
import { Pager } from "../components/pager.tsx";
import type { ConsoleContext } from "../environment.ts";
import { nameField } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, problemPage, statusOf } from "../problem.tsx";
import { roleNames } from "../words.ts";

export const apiKeysPage = (c: ConsoleContext) => showKeys(c, emptyForm, 200);

const keyForm = z.object({ name: nameField("a name for the key"), role: z.enum(ROLES) });

export async function createKeyAction(c: ConsoleContext) {
  const read = await readForm(c, keyForm);
  if (!read.ok) return showKeys(c, read.form, 400);
  const outcome = await createKey(c.get("admin"), read.value);
  if (!outcome.ok) {
    const { kind, detail } = outcome.problem;
    return showKeys(c, { ...read.form, problem: detail }, statusOf[kind]);
  }
  const { name, key, role } = outcome.value;
  return page(
    c,
    { title: "API key created", section: "/api-keys", status: 201 },
    <>
      <div class="page-head">
        <div>
          <h1>API key “{name}” is created</h1>
          <p>It acts with the role {roleNames[role]} until it is revoked.</p>
        </div>
      </div>
      <Notice kind="warning">
        <strong>Copy the key now.</strong> It is stored as a hash only and will not be shown again.
      </Notice>
      <section class="card">
        <CopyValue id="api-key" label="API key" value={key} />
        <p class="soft">
          Send it as <code>Authorization: Bearer …</code> to <code>/api/v1</code>, which is described at{" "}
          <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.
        </p>
      </section>
      <p class="actions after">
        <a class="button primary" href="/api-keys">
          I have copied it
        </a>
      </p>
    </>,
  );
}

export async function revokeKeyAction(c: ConsoleContext) {
  const outcome = await revokeKey(c.get("admin"), c.req.param("apiKeyId") ?? "");
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return c.redirect("/api-keys?notice=key-revoked", 303);
}

async function showKeys(c: ConsoleContext, form: FormState, status: FormStatus) {
  const cursor = c.req.query("cursor");
  const admin = c.get("admin");
  const keys = await listKeys(admin, { cursor, limit: PAGE_LIMIT_DEFAULT });
  if (!keys.ok) return problemPage(c, keys.problem);
  const { items, nextCursor } = keys.value;
  const roles = ROLES.filter((role) => role !== "no_role" && mayGrant(admin.identity.role, role));
  return page(
    c,
    { title: "API keys", section: "/api-keys", status },
    <div class="stack">
      <div class="page-head">
        <div>
          <h1>API keys</h1>
          <p>For automation: everything the console does, the admin API does too.</p>
        </div>
      </div>
      {items.length === 0 ? (
        <Empty title="No API key yet">
          <p>Create one below for scripts and integrations that administer this organization.</p>
        </Empty>
      ) : (
        <KeyTable keys={items} now={c.get("deps").now()} />
      )}
      <Pager path="/api-keys" cursor={cursor} nextCursor={nextCursor} />
      <section class="card">
        <h2>Create an API key</h2>
        {form.problem !== undefined && <Notice kind="error">{form.problem}</Notice>}
        <form class="form" method="post" action="/api-keys">
          <TextField
            name="name"
            label="Name"
            typed={form.typed["name"]}
            error={form.errors["name"]}
            hint="What will use it, so that you know which one to revoke."
            maxlength={100}
            required
          />
          <SelectField
            name="role"
            label="Role"
            typed={form.typed["role"]}
            error={form.errors["role"]}
            options={roles.map((role) => ({ value: role, label: roleNames[role] }))}
          />
          <div class="actions">
            <button type="submit" class="button primary">
              Create the key
            </button>
          </div>
        </form>
      </section>
    </div>,
  );
}

const KeyTable = ({ keys, now }: { keys: readonly ApiKey[]; now: number }) => (
  <div class="table-frame">
    <table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Role</th>
          <th scope="col">Created</th>
          <th scope="col">Last used</th>
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map(({ id, name, role, createdAt, lastUsedAt }) => (
          <tr>
            <th scope="row">{name}</th>
            <td>{roleNames[role]}</td>
            <td>
              <Moment at={createdAt} now={now} />
            </td>
            <td>
              {lastUsedAt === null ? <span class="faint">never</span> : <Moment at={lastUsedAt} now={now} />}
            </td>
            <td class="row-actions">
              <form method="post" action={`/api-keys/${id}/revoke`}>
                <button type="submit" class="button small danger" aria-label={`Revoke ${name}`}>
                  Revoke
                </button>
              </form>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
