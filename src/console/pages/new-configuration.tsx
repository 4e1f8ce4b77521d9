/** Creating a configuration. */
import * as z from "zod";
import { may } from "../../domain/role.ts";
import { createConfiguration } from "../../gateway/identity/configurations.ts";
import { listLicenseTypes } from "../../gateway/licenses/licenses.ts";
import { ChoiceField, SelectField, TextField } from "../components/field.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { nameField } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { licenseOptions } from "../license-options.ts";
import { readNames } from "../names.ts";
import { type FormStatus, problemPage, statusOf } from "../problem.tsx";
import { configurationTypes } from "../words.ts";
import { showCredentials } from "./credentials.tsx";

const section = "/configurations";

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
  const existing = kind === "conflict" ? await findByName(c, read.value.name) : undefined;
  return showNew(c, { ...read.form, problem: detail }, statusOf[kind], existing);
}

async function findByName(c: ConsoleContext, name: string): Promise<Named | undefined> {
  const { configurations } = await readNames(c);
  const same = [...configurations].find((one) => one[1].toLowerCase() === name.toLowerCase());
  return same && { id: same[0], name: same[1] };
}

type Named = { id: string; name: string };

/** `existing`: holds the name. The second of two clicks finds what the first one made, without its secret. */
async function showNew(c: ConsoleContext, form: FormState, status: FormStatus, existing?: Named) {
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
      {problem !== undefined && (
        <Notice kind="error">
          <p>{problem}</p>
          {existing !== undefined && (
            <p>
              Open <a href={`${section}/${existing.id}`}>{existing.name}</a>: if you have just made it and did
              not see its secret, create a second one there.
            </p>
          )}
        </Notice>
      )}
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
