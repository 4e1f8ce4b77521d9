/** A vault that is kept in a SCIM service of its own: where that is, and how the gateway may enter. */
import {
  CONNECTOR_MEMBERS_PER_REQUEST_DEFAULT,
  CONNECTOR_MEMBERS_PER_REQUEST_MAX,
} from "../../domain/limits.ts";
import { createVault } from "../../gateway/vaults/vaults.ts";
import { CredentialFields } from "../components/credential-fields.tsx";
import { TextField } from "../components/field.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import { addressField, credentialOf, refusedForm, withCredential } from "../credential-form.ts";
import type { ConsoleContext } from "../environment.ts";
import { nameField, wholeNumber } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, statusOf } from "../problem.tsx";

const section = "/vaults";

export const newConnectedVaultPage = (c: ConsoleContext) => showNew(c, emptyForm, 200);

const connectedVaultForm = withCredential({
  name: nameField("a name"),
  baseUrl: addressField("the base address"),
  membersPerRequest: wholeNumber(1, CONNECTOR_MEMBERS_PER_REQUEST_MAX),
});

export async function createConnectedVaultAction(c: ConsoleContext) {
  const read = await readForm(c, connectedVaultForm);
  if (!read.ok) return showNew(c, read.form, 400);
  const { name, baseUrl, membersPerRequest } = read.value;
  const authentication = credentialOf(read.value);
  const outcome = await createVault(c.get("admin"), {
    name,
    connector: { type: "scim", baseUrl, authentication, membersPerRequest },
  });
  if (outcome.ok) {
    return c.redirect(`${section}/${outcome.value.id}/connector?notice=vault-connected`, 303);
  }
  const { problem } = outcome;
  const form =
    problem.kind === "conflict"
      ? { ...read.form, errors: { name: problem.detail } }
      : refusedForm(read.form, problem);
  return showNew(c, form, statusOf[problem.kind]);
}

function showNew(c: ConsoleContext, form: FormState, status: FormStatus) {
  const { typed, errors, problem } = form;
  return page(
    c,
    { title: "Connect a SCIM service", section, status },
    <>
      <PageHead
        title="Create a vault in a SCIM service"
        parent={{ path: section, name: "Vaults" }}
        lead="The gateway keeps the users and user groups of this vault in line in any service that speaks SCIM 2.0."
      />
      {problem !== undefined && <Notice kind="error">{problem}</Notice>}
      <form class="form" method="post" action={`${section}/connected`}>
        <TextField
          name="name"
          label="Name of the vault"
          typed={typed["name"]}
          error={errors["name"]}
          maxlength={100}
          required
        />
        <TextField
          name="baseUrl"
          label="Base address"
          type="url"
          typed={typed["baseUrl"]}
          error={errors["baseUrl"]}
          hint="Where /Users and /Groups are. An https address on the public internet."
          placeholder="https://service.example/scim/v2"
          required
        />
        <CredentialFields form={form} />
        <TextField
          name="membersPerRequest"
          label="Members per request"
          type="number"
          min={1}
          max={CONNECTOR_MEMBERS_PER_REQUEST_MAX}
          typed={typed["membersPerRequest"] ?? String(CONNECTOR_MEMBERS_PER_REQUEST_DEFAULT)}
          error={errors["membersPerRequest"]}
          hint="How many members of a group one request adds or removes. Lower it if the service refuses long requests."
          required
        />
        <div class="actions">
          <button type="submit" class="button primary">
            Create the vault
          </button>
          <a class="button" href={section}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}
