/** What can be changed about the SCIM service of a vault. */
import { CONNECTOR_MEMBERS_PER_REQUEST_MAX } from "../../domain/limits.ts";
import type { Vault } from "../../gateway/vaults/vaults.ts";
import { CredentialFields } from "../components/credential-fields.tsx";
import { TextField } from "../components/field.tsx";
import { Notice } from "../components/notice.tsx";
import { emptyForm, type FormState } from "../form.ts";

type ConnectorFormsProps = { path: string; connection: NonNullable<Vault["connection"]>; form: FormState };

export const ConnectorForms = ({ path, connection, form }: ConnectorFormsProps) => (
  <>
    <details class="card" open={form !== emptyForm}>
      <summary>Change address, credential or request size</summary>
      {form.problem !== undefined && <Notice kind="error">{form.problem}</Notice>}
      <form class="form" method="post" action={path}>
        <TextField
          name="baseUrl"
          label="Base address"
          type="url"
          typed={form.typed["baseUrl"] ?? connection.baseUrl}
          error={form.errors["baseUrl"]}
          hint="At another address everybody is matched and pushed anew."
          required
        />
        <Credential connection={connection} form={form} />
        <TextField
          name="membersPerRequest"
          label="Members per request"
          type="number"
          min={1}
          max={CONNECTOR_MEMBERS_PER_REQUEST_MAX}
          typed={form.typed["membersPerRequest"] ?? String(connection.membersPerRequest)}
          error={form.errors["membersPerRequest"]}
          required
        />
        <p class="hint">The old credential is forgotten at once. Neither is ever shown.</p>
        <div class="actions">
          <button type="submit" class="button">
            Save the connection
          </button>
        </div>
      </form>
    </details>
    <section class="card" aria-labelledby="end">
      <h2 id="end">Take the service off</h2>
      <p class="soft">
        The gateway then keeps this vault itself. What the service holds stays there as it is.
      </p>
      <p>
        <a class="button danger" href={`${path}/remove`}>
          Take off …
        </a>
      </p>
    </section>
  </>
);

const Credential = ({ connection: { authentication }, form }: Omit<ConnectorFormsProps, "path">) => (
  <CredentialFields
    form={form}
    authentication={authentication.type}
    {...(authentication.type === "client_credentials" && {
      tokenEndpoint: authentication.tokenEndpoint,
      clientId: authentication.clientId,
    })}
  />
);
