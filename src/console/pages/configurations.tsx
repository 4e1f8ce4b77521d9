/** Provisioning configurations: the list, and creating one. */
import { z } from "zod";
import { may } from "../../domain/role.ts";
import { type Configuration, createConfiguration, listProvisioning } from "../../gateway/configurations.ts";
import { type LicenseTypeSummary, listLicenseTypes } from "../../gateway/licenses.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { Contact } from "../components/contact.tsx";
import { Empty } from "../components/empty.tsx";
import { ChoiceField, SelectField, TextField } from "../components/field.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import type { ConsoleContext } from "../environment.ts";
import { nameField } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, problemPage, statusOf } from "../problem.tsx";
import { configurationTypes, figure, licenseName } from "../words.ts";
import { showCredentials } from "./credentials.tsx";

const section = "/configurations";

export async function configurationsPage(c: ConsoleContext) {
  const cursor = c.req.query("cursor");
  const { origin } = new URL(c.req.url);
  const listed = await listProvisioning(c.get("admin"), { cursor, limit: PAGE_LIMIT_DEFAULT, origin });
  if (!listed.ok) return problemPage(c, listed.problem);
  const { items, nextCursor } = listed.value;
  const now = c.get("deps").now();
  return page(
    c,
    { title: "Configurations", section },
    <>
      <PageHead
        title="Configurations"
        lead="Each connects one application of an identity provider, with credentials of its own."
      >
        {items.length > 0 && <CreateButton />}
      </PageHead>
      {items.length === 0 ? (
        <Empty title="No configuration yet">
          <p>
            Create one for Microsoft Entra ID, Okta or another SCIM provider. You get the addresses and
            credentials to copy into it.
          </p>
          <CreateButton />
        </Empty>
      ) : (
        <ConfigurationTable configurations={items} now={now} />
      )}
      <Pager path={section} cursor={cursor} nextCursor={nextCursor} />
    </>,
  );
}

const CreateButton = () => (
  <a class="button primary" href="/configurations/new">
    Create configuration
  </a>
);

const ConfigurationTable = ({
  configurations,
  now,
}: {
  configurations: readonly Configuration[];
  now: number;
}) => (
  <Table
    caption="Configurations"
    columns={[
      "Name",
      "Default license type",
      "Health",
      { name: "Users", kind: "number" },
      { name: "Groups", kind: "number" },
    ]}
  >
    {configurations.map((one) => (
      <tr>
        <th scope="row">
          <a href={`/configurations/${one.id}`}>{one.name}</a>
          <span class="sub">{configurationTypes[one.type]}</span>
        </th>
        <td>{licenseName(one.defaultLicenseType)}</td>
        <td>
          <Contact configuration={one} now={now} />
        </td>
        <td class="number">{figure(one.users)}</td>
        <td class="number">{figure(one.groups)}</td>
      </tr>
    ))}
  </Table>
);

export const newConfigurationPage = (c: ConsoleContext) => showNew(c, emptyForm, 200);

const configurationForm = z.object({
  name: nameField("a name"),
  type: z.enum(["entra_gallery", "other_scim"], { error: "Choose what will connect." }),
  defaultLicenseType: z.string({ error: "Choose a license type." }).min(1, "Choose a license type."),
});

export async function createConfigurationAction(c: ConsoleContext) {
  const read = await readForm(c, configurationForm);
  if (!read.ok) return showNew(c, read.form, 400);
  const { origin } = new URL(c.req.url);
  const outcome = await createConfiguration(c.get("admin"), { ...read.value, origin });
  if (outcome.ok) return showCredentials(c, outcome.value, "created");
  const { kind, detail } = outcome.problem;
  return showNew(c, { ...read.form, problem: detail }, statusOf[kind]);
}

async function showNew(c: ConsoleContext, form: FormState, status: FormStatus) {
  const admin = c.get("admin");
  const types = await listLicenseTypes(admin);
  if (!types.ok) return problemPage(c, types.problem);
  const { typed, errors, problem } = form;
  const mayOther = may(admin.identity.role, "provision_other");
  return page(
    c,
    { title: "Create configuration", section, status },
    <>
      <PageHead title="Create configuration" parent={{ path: section, name: "Configurations" }} />
      {problem !== undefined && <Notice kind="error">{problem}</Notice>}
      <form class="form" method="post" action={section}>
        <TextField
          name="name"
          label="Configuration name"
          typed={typed["name"]}
          error={errors["name"]}
          hint="Unique in your organization. The identity provider does not see it."
          maxlength={100}
          required
        />
        <ChoiceField
          name="type"
          label="What will connect"
          typed={typed["type"] ?? "entra_gallery"}
          error={errors["type"]}
          choices={[
            {
              value: "entra_gallery",
              label: configurationTypes.entra_gallery,
              explanation: "Signs in at a token endpoint (OAuth 2.0 client credentials) and then provisions.",
            },
            {
              value: "other_scim",
              label: configurationTypes.other_scim,
              explanation: mayOther
                ? "Okta and everything else that speaks SCIM 2.0: user name and password, or a token endpoint."
                : "Takes the role of a subscription admin.",
              disabled: !mayOther,
            },
          ]}
        />
        <p class="hint">The type cannot be changed later.</p>
        <SelectField
          name="defaultLicenseType"
          label="Default license type"
          typed={typed["defaultLicenseType"]}
          error={errors["defaultLicenseType"]}
          hint="Every user gets this license first, or waits for it. Groups can raise it once they have arrived."
          options={licenseOptions(types.value)}
          required
        />
        <div class="actions">
          <button type="submit" class="button primary">
            Create and show credentials
          </button>
          <a class="button" href={section}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

/** Lowest first: the usual default. Says what is free, so that nobody is surprised by a queue. */
export const licenseOptions = (types: readonly LicenseTypeSummary[]) =>
  [...types]
    .sort((one, other) => one.rank - other.rank)
    .map(({ code, name, free }) => ({ value: code, label: `${name} (${figure(free)} free)` }));
