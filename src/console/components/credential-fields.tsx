/** How the gateway authenticates at a SCIM service: one of two ways, each with its fields. */
import type { FormState } from "../form.ts";
import { ChoiceField, TextField } from "./field.tsx";

type CredentialFieldsProps = {
  form: FormState;
  authentication?: string;
  tokenEndpoint?: string;
  clientId?: string;
};

/** Secrets are not filled in again: what was typed once is typed anew. */
export const CredentialFields = ({ form, ...current }: CredentialFieldsProps) => {
  const { typed, errors } = form;
  const again = Object.keys(typed).length > 0 ? "It is not kept after an error: enter it again." : undefined;
  return (
    <div class="credential">
      <ChoiceField
        name="authentication"
        label="Authentication"
        typed={typed["authentication"] ?? current.authentication ?? "bearer"}
        error={errors["authentication"]}
        choices={[
          {
            value: "bearer",
            label: "Bearer token",
            explanation: "One long-lived token that the service has given out.",
          },
          {
            value: "client_credentials",
            label: "OAuth 2.0 client credentials",
            explanation: "A client id and secret; the gateway fetches short-lived tokens with them.",
          },
        ]}
      />
      <div class="for-bearer">
        <TextField
          name="token"
          label="Token"
          type="password"
          autocomplete="new-password"
          error={errors["token"]}
          hint={again ?? "Kept encrypted, and never shown again."}
        />
      </div>
      <div class="for-client">
        <TextField
          name="tokenEndpoint"
          label="Token endpoint"
          type="url"
          typed={typed["tokenEndpoint"] ?? current.tokenEndpoint}
          error={errors["tokenEndpoint"]}
          placeholder="https://service.example/oauth2/token"
        />
        <TextField
          name="clientId"
          label="Client id"
          typed={typed["clientId"] ?? current.clientId}
          error={errors["clientId"]}
        />
        <TextField
          name="clientSecret"
          label="Client secret"
          type="password"
          autocomplete="new-password"
          error={errors["clientSecret"]}
          hint={again ?? "Kept encrypted, and never shown again."}
        />
      </div>
    </div>
  );
};
