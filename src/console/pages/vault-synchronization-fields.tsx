/** The settings of a vault's synchronization as a form. */
import type { ImportProvider } from "../../domain/import.ts";
import {
  FIRST_IMPORT_MINUTES_MAX,
  IMPORT_INTERVAL_MINUTES_DEFAULT,
  IMPORT_INTERVAL_MINUTES_MAX,
  IMPORT_INTERVAL_MINUTES_MIN,
} from "../../domain/limits.ts";
import type { ShownSource } from "../../gateway/imports/connection.ts";
import type { Synchronization } from "../../gateway/imports/imports.ts";
import { CheckField, type Option, SelectField, TextField } from "../components/field.tsx";
import { Table } from "../components/table.tsx";
import type { FormState } from "../form.ts";
import { groupRows } from "../synchronization-form.ts";
import { figure } from "../words.ts";

const providers: Record<ImportProvider, string> = {
  entra: "Microsoft Entra ID",
  okta: "Okta",
  scim: "A SCIM 2.0 service",
};

type FieldsProps = {
  path: string;
  provider: ImportProvider;
  form: FormState;
  saved: Synchronization | null;
  types: readonly Option[];
  proposedMinutes: number;
};

export const SynchronizationFields = (props: FieldsProps) => {
  const { path, provider, saved } = props;
  return (
    <section class="card" aria-labelledby="settings">
      <h2 id="settings">{saved === null ? "Turn synchronization on" : "Settings"}</h2>
      <p class="soft">
        {Object.entries(providers).map(([value, name]) =>
          value === provider ? <strong>{name} </strong> : <a href={`${path}?provider=${value}`}>{name} </a>,
        )}
      </p>
      <form class="form" method="post" action={path}>
        <input type="hidden" name="provider" value={provider} />
        <Source {...props} />
        <Groups {...props} />
        <Schedule {...props} />
        <Choices {...props} />
        <div class="actions">
          <button type="submit" class="button primary">
            {saved === null ? "Turn on" : "Save"}
          </button>
        </div>
      </form>
    </section>
  );
};

/** Of the saved source only when it is of this provider. */
const savedText = (
  saved: Synchronization | null,
  provider: ImportProvider,
  name: string,
): string | undefined => {
  const source: (ShownSource & Record<string, unknown>) | undefined = saved?.source;
  const value = source?.provider === provider ? source[name] : undefined;
  return typeof value === "string" ? value : undefined;
};

const texts: Record<ImportProvider, { name: string; label: string; hint: string }[]> = {
  entra: [
    { name: "directoryId", label: "Directory (tenant) id", hint: "Of the Microsoft Entra ID directory." },
    {
      name: "clientId",
      label: "Application (client) id",
      hint: "Of an app registration with the application permissions GroupMember.Read.All and User.Read.All.",
    },
  ],
  okta: [{ name: "organizationUrl", label: "Okta address", hint: "Such as https://example.okta.com." }],
  scim: [
    { name: "baseUrl", label: "Base address", hint: "Where /Users and /Groups are; https on the internet." },
  ],
};

const secrets: Record<ImportProvider, string> = {
  entra: "Client secret",
  okta: "API token",
  scim: "Bearer token",
};

const Source = ({ provider, form: { typed, errors }, saved }: FieldsProps) => (
  <>
    {texts[provider].map(({ name, label, hint }) => (
      <TextField
        name={name}
        label={label}
        hint={hint}
        typed={typed[name] ?? savedText(saved, provider, name)}
        error={errors[name]}
        required
      />
    ))}
    <TextField
      name="secret"
      type="password"
      label={secrets[provider]}
      error={errors["secret"]}
      hint={saved === null ? "It is never shown again." : "Leave it empty to keep what was entered before."}
    />
  </>
);

const Groups = ({ form: { typed }, saved }: FieldsProps) => (
  <Table caption="Groups to import" columns={["Id at the provider", "Name", "User group of this vault"]}>
    {groupRows(typed, saved).map((row, index) => (
      <tr>
        {(["remoteId", "name", "target"] as const).map((field) => (
          <td>
            <input
              name={`${field}-${index}`}
              value={row[field]}
              maxlength={200}
              autocomplete="off"
              aria-label={`${field === "remoteId" ? "Id" : field === "name" ? "Name" : "User group"} of group ${index + 1}`}
            />
          </td>
        ))}
      </tr>
    ))}
  </Table>
);

const Schedule = ({ form: { typed, errors }, saved, types, proposedMinutes }: FieldsProps) => (
  <>
    <TextField
      name="firstImport"
      label="Start time of the first import"
      typed={typed["firstImport"]}
      error={errors["firstImport"]}
      placeholder={String(saved?.firstImportMinutes ?? proposedMinutes)}
      hint={`Minutes from now, or HH:MM, up to ${figure(FIRST_IMPORT_MINUTES_MAX)} minutes. Left empty: ${
        saved === null ? "a minute that no other vault has" : "as it is"
      }.`}
    />
    <TextField
      name="intervalMinutes"
      type="number"
      label="Minutes between imports"
      typed={typed["intervalMinutes"] ?? String(saved?.intervalMinutes ?? IMPORT_INTERVAL_MINUTES_DEFAULT)}
      error={errors["intervalMinutes"]}
      min={IMPORT_INTERVAL_MINUTES_MIN}
      max={IMPORT_INTERVAL_MINUTES_MAX}
      required
    />
    <SelectField
      name="licenseType"
      label="License type for new login accounts"
      typed={typed["licenseType"] ?? saved?.licenseType}
      error={errors["licenseType"]}
      hint="Who has an account already keeps it as it is, with the license it has."
      options={types}
      required
    />
  </>
);

const Choices = ({ form: { typed }, saved }: FieldsProps) => {
  // A box that is not checked is not sent: only a form that was never sent shows what is saved.
  const isSent = typed["provider"] !== undefined;
  const checked = (name: string, before = false) => (isSent ? typed[name] === "on" : before);
  return (
    <>
      <CheckField
        name="enableDisabled"
        label="Enable disabled users from imported groups"
        hint="People whom an administrator disabled in this vault are enabled by each import. Deleted ones never."
        checked={checked("enableDisabled", saved?.enableDisabledUsersFromImportedGroups)}
      />
      <CheckField
        name="includeNested"
        label="Include nested groups"
        hint="Members of groups inside the groups count too."
        checked={checked("includeNested", saved?.includeNested)}
      />
      <CheckField
        name="replaceMembers"
        label="Replace who is in a chosen user group"
        hint="Needed once when a chosen user group has people already: they make room for the members of the group."
        checked={checked("replaceMembers")}
      />
      {saved !== null && (
        <SelectField
          name="leftMembers"
          label="Members of groups that are taken out"
          typed={typed["leftMembers"]}
          options={[
            { value: "keep", label: "stay in the user group" },
            { value: "remove", label: "leave the user group" },
          ]}
        />
      )}
    </>
  );
};
