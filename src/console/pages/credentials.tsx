/** The one page that shows a client secret, and where to paste it. */
import type { Configuration } from "../../gateway/identity/configurations.ts";
import { CopyValue } from "../components/copy-value.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { configurationTypes } from "../words.ts";

type Shown = Pick<Configuration, "id" | "name" | "type" | "tenantUrl" | "tokenEndpoint" | "clientId"> & {
  clientSecret: string;
};

/** Answered to the very request that made the secret: it exists nowhere else (I15). */
export function showCredentials(c: ConsoleContext, shown: Shown, how: "created" | "second secret") {
  const { id, name, type } = shown;
  return page(
    c,
    { title: `Credentials of ${name}`, section: "/configurations", status: 201 },
    <div class="stack">
      <PageHead
        title={how === "created" ? `“${name}” is created` : `New secret of “${name}”`}
        parent={{ path: "/configurations", name: "Configurations" }}
        lead={configurationTypes[type]}
      />
      <Notice kind="warning">
        <p>
          <strong>Copy the client secret now.</strong> It will not be shown again: only a hash of it is
          stored.
        </p>
        {how === "second secret" && (
          <p>
            The older secret yields no new tokens from now on; issued tokens live to their end, and user name
            and password are accepted for seven more days.
          </p>
        )}
      </Notice>
      <section class="card" aria-label="Credentials">
        <Values shown={shown} />
      </section>
      <section class="card" aria-labelledby="where">
        <h2 id="where">Where to paste them</h2>
        {type === "entra_gallery" ? <EntraSteps /> : <OktaSteps />}
      </section>
      <p class="actions">
        <a class="button primary" href={`/configurations/${id}`}>
          I have copied the secret
        </a>
      </p>
    </div>,
  );
}

/** Every value has its own copy control (R5). Labels are those of the provider's form. */
const Values = ({ shown: { type, tenantUrl, tokenEndpoint, clientId, clientSecret } }: { shown: Shown }) =>
  type === "entra_gallery" ? (
    <>
      <CopyValue id="tenant-url" label="Tenant URL" value={tenantUrl} />
      <CopyValue id="token-endpoint" label="Token endpoint" value={tokenEndpoint} />
      <CopyValue id="client-id" label="Client identifier" value={clientId} />
      <CopyValue id="client-secret" label="Client secret" value={clientSecret} hint="shown once" />
    </>
  ) : (
    <>
      <CopyValue id="tenant-url" label="Tenant URL" value={tenantUrl} hint="Base URL in Okta" />
      <CopyValue id="client-id" label="Client ID" value={clientId} hint="Username in Okta" />
      <CopyValue
        id="client-secret"
        label="Client secret"
        value={clientSecret}
        hint="Password in Okta; shown once"
      />
      <CopyValue
        id="token-endpoint"
        label="Token endpoint"
        value={tokenEndpoint}
        hint="for providers that use OAuth 2.0 client credentials"
      />
    </>
  );

export const EntraSteps = () => (
  <ol class="instructions">
    <li>
      In the Microsoft Entra admin center open <strong>Enterprise applications</strong>, your application,{" "}
      <strong>Provisioning</strong>.
    </li>
    <li>
      Set <strong>Provisioning Mode</strong> to <em>Automatic</em>, and the authentication method to{" "}
      <em>OAuth2 Client Credentials Grant</em>.
    </li>
    <li>
      Paste Tenant URL, Token endpoint, Client identifier and Client secret into the fields of the same names.
    </li>
    <li>
      Choose <strong>Test Connection</strong>, then save. Leave the default attribute mappings as they are.
    </li>
    <li>
      Choose the users and groups in scope and turn <strong>Provisioning Status</strong> on. The first users
      arrive within 40 minutes.
    </li>
  </ol>
);

export const OktaSteps = () => (
  <ol class="instructions">
    <li>
      In the Okta Admin Console open your application, <strong>Provisioning</strong>,{" "}
      <strong>Configure API Integration</strong>, and enable it.
    </li>
    <li>
      Paste the Tenant URL into <strong>Base URL</strong>, the Client ID into <strong>Username</strong> and
      the Client secret into <strong>Password</strong>.
    </li>
    <li>
      Choose <strong>Test API Credentials</strong>, then save.
    </li>
    <li>
      Under <strong>To App</strong> enable Create Users, Update User Attributes and Deactivate Users. Leave{" "}
      <em>Set password when creating new users</em> off.
    </li>
    <li>
      Assign the users, and push the groups that you will link to vaults. Pushed groups are best other groups
      than the assigned ones.
    </li>
  </ol>
);
