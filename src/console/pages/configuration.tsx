/** One configuration: its addresses, name and default license type, secrets, and its end. */
import * as z from "zod";
import { createSecret, removeSecret } from "../../gateway/identity/client-secrets.ts";
import {
  type Configuration,
  changeConfiguration,
  getConfiguration,
} from "../../gateway/identity/configurations.ts";
import { listLicenseTypes } from "../../gateway/licenses/licenses.ts";
import { Contact } from "../components/contact.tsx";
import { CopyValue } from "../components/copy-value.tsx";
import { CheckField, SelectField, TextField } from "../components/field.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { nameField } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { licenseOptions } from "../license-options.ts";
import { type FormStatus, problemPage, statusOf } from "../problem.tsx";
import { configurationTypes, counted } from "../words.ts";
import { showDefaultPlan } from "./configuration-plan.tsx";
import { EntraSteps, OktaSteps, showCredentials } from "./credentials.tsx";
import { Secrets } from "./secrets.tsx";

const section = "/configurations";
const parent = { path: section, name: "Configurations" };
const idOf = (c: ConsoleContext): string => c.req.param("configurationId") ?? "";
const originOf = (c: ConsoleContext): string => new URL(c.req.url).origin;

export const configurationPage = (c: ConsoleContext) => showConfiguration(c, emptyForm, 200);

const settingsForm = z.object({
  name: nameField("a name"),
  defaultLicenseType: z.string().min(1).max(100),
  applyToExisting: z
    .literal("on")
    .optional()
    .transform((value) => value === "on"),
  planHash: z.string().min(1).max(200).optional(),
  unseen: z.literal("on").optional(),
});

export async function changeConfigurationAction(c: ConsoleContext) {
  const read = await readForm(c, settingsForm);
  if (!read.ok) return showConfiguration(c, read.form, 400);
  const id = idOf(c);
  const { planHash, unseen, ...settings } = read.value;
  // Whose license would change is seen before it does.
  if (settings.applyToExisting && planHash === undefined && unseen === undefined) {
    const found = await getConfiguration(c.get("admin"), { id, origin: originOf(c) });
    return found.ok ? showDefaultPlan(c, found.value, settings) : problemPage(c, found.problem);
  }
  const outcome = await changeConfiguration(c.get("admin"), {
    id,
    origin: originOf(c),
    patch: { ...settings, planHash },
  });
  if (outcome.ok) return c.redirect(`${section}/${id}?notice=configuration-saved`, 303);
  const { kind, detail } = outcome.problem;
  if (kind === "plan_outdated") return showDefaultPlan(c, { id, name: settings.name }, settings, true);
  if (kind === "not_found" || kind === "forbidden") return problemPage(c, outcome.problem);
  return showConfiguration(c, { ...read.form, problem: detail }, statusOf[kind]);
}

export async function createSecretAction(c: ConsoleContext) {
  const admin = c.get("admin");
  const found = await getConfiguration(admin, { id: idOf(c), origin: originOf(c) });
  if (!found.ok) return problemPage(c, found.problem);
  const outcome = await createSecret(admin, idOf(c));
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return showCredentials(c, { ...found.value, clientSecret: outcome.value.clientSecret }, "second secret");
}

export async function revokeSecretAction(c: ConsoleContext) {
  const request = { configurationId: idOf(c), secretId: c.req.param("secretId") ?? "" };
  const outcome = await removeSecret(c.get("admin"), request);
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return c.redirect(`${section}/${idOf(c)}?notice=secret-revoked`, 303);
}

async function showConfiguration(c: ConsoleContext, form: FormState, status: FormStatus) {
  const admin = c.get("admin");
  const [found, types] = await Promise.all([
    getConfiguration(admin, { id: idOf(c), origin: originOf(c) }),
    listLicenseTypes(admin),
  ]);
  if (!found.ok) return problemPage(c, found.problem);
  if (!types.ok) return problemPage(c, types.problem);
  const configuration = found.value;
  const { id, name, type, users, groups } = configuration;
  const now = c.get("deps").now();
  return page(
    c,
    { title: name, section, status },
    <div class="stack">
      <PageHead
        title={name}
        parent={parent}
        lead={`${configurationTypes[type]} · ${counted(users, "user")} · ${counted(groups, "group")}`}
      >
        <Contact configuration={configuration} now={now} />
      </PageHead>
      {configuration.lastContactAt === null && <AwaitingContact type={type} />}
      <Addresses configuration={configuration} />
      <Secrets configuration={configuration} now={now} />
      <section class="card" aria-labelledby="settings">
        <h2 id="settings">Settings</h2>
        {form.problem !== undefined && <Notice kind="error">{form.problem}</Notice>}
        <form class="form" method="post" action={`${section}/${id}`}>
          <TextField
            name="name"
            label="Configuration name"
            typed={form.typed["name"] ?? name}
            error={form.errors["name"]}
            maxlength={100}
            required
          />
          <SelectField
            name="defaultLicenseType"
            label="Default license type"
            typed={form.typed["defaultLicenseType"] ?? configuration.defaultLicenseType}
            error={form.errors["defaultLicenseType"]}
            hint="A change counts for users who arrive later."
            options={licenseOptions(types.value)}
          />
          <CheckField
            name="applyToExisting"
            label="Apply to users who are here already"
            hint="You see whose license changes before it does. Otherwise they keep theirs."
            checked={form.typed["applyToExisting"] === "on"}
          />
          <div class="actions">
            <button type="submit" class="button">
              Save
            </button>
            <button type="submit" class="button" formmethod="get" formaction={`${section}/${id}/preview`}>
              Show what will happen
            </button>
          </div>
        </form>
      </section>
      <section class="card" aria-labelledby="adoption">
        <h2 id="adoption">Accounts that nobody owns yet</h2>
        <p class="soft">
          When this configuration provisions a user name that is here already, it takes the account over, and
          its license follows the default. <a href={`${section}/${id}/adoption`}>What that would do</a>
        </p>
      </section>
      <section class="card" aria-labelledby="end">
        <h2 id="end">Delete this configuration</h2>
        <p class="soft">
          The type cannot be changed. To use another one, delete this configuration, disable the application
          at the identity provider, and create a new configuration.
        </p>
        <p>
          <a class="button danger" href={`${section}/${id}/delete`}>
            Delete …
          </a>
        </p>
      </section>
    </div>,
  );
}

const AwaitingContact = ({ type }: { type: Configuration["type"] }) => (
  <Notice kind="information">
    <p>
      <strong>Awaiting first contact.</strong> The identity provider has not called yet. That is no error:
      after provisioning is turned on there, the first call may take 40 minutes.
    </p>
    <details>
      <summary>How to connect it</summary>
      {type === "entra_gallery" ? <EntraSteps /> : <OktaSteps />}
    </details>
  </Notice>
);

const Addresses = ({ configuration }: { configuration: Configuration }) => {
  const { type, tenantUrl, tokenEndpoint, clientId } = configuration;
  return (
    <section class="card" aria-labelledby="connection">
      <h2 id="connection">Connection</h2>
      <CopyValue id="tenant-url" label="Tenant URL" value={tenantUrl} />
      <CopyValue id="token-endpoint" label="Token endpoint" value={tokenEndpoint} />
      <CopyValue
        id="client-id"
        label={type === "entra_gallery" ? "Client identifier" : "Client ID"}
        value={clientId}
      />
    </section>
  );
};
