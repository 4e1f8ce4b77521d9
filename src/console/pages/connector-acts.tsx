/** Other settings for the SCIM service of a vault, and taking it off. */
import { CONNECTOR_MEMBERS_PER_REQUEST_MAX } from "../../domain/limits.ts";
import { changeConnector, removeVaultConnector } from "../../gateway/connectors/settings.ts";
import { getVault } from "../../gateway/vaults/vaults.ts";
import { Confirm } from "../components/confirm.tsx";
import { PageHead } from "../components/page-head.tsx";
import { addressField, credentialOf, refusedForm, withCredential } from "../credential-form.ts";
import type { ConsoleContext } from "../environment.ts";
import { wholeNumber } from "../fields.ts";
import { readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { problemPage, statusOf } from "../problem.tsx";
import { showConnector } from "./connector.tsx";

const section = "/vaults";
const idOf = (c: ConsoleContext): string => c.req.param("vaultId") ?? "";

const connectionForm = withCredential({
  baseUrl: addressField("the base address"),
  membersPerRequest: wholeNumber(1, CONNECTOR_MEMBERS_PER_REQUEST_MAX),
});

export async function changeConnectorAction(c: ConsoleContext) {
  const read = await readForm(c, connectionForm);
  if (!read.ok) return showConnector(c, { form: read.form, status: 400 });
  const { baseUrl, membersPerRequest } = read.value;
  const authentication = credentialOf(read.value);
  const change = { vaultId: idOf(c), baseUrl, membersPerRequest, authentication };
  const outcome = await changeConnector(c.get("admin"), change);
  if (outcome.ok) return c.redirect(`${section}/${idOf(c)}/connector?notice=connection-saved`, 303);
  const { problem } = outcome;
  if (problem.kind === "not_found") return problemPage(c, problem);
  return showConnector(c, { form: refusedForm(read.form, problem), status: statusOf[problem.kind] });
}

export async function removeConnectorPage(c: ConsoleContext) {
  const vault = await getVault(c.get("admin"), idOf(c));
  if (!vault.ok) return problemPage(c, vault.problem);
  const { id, name, connection } = vault.value;
  const path = `${section}/${id}/connector`;
  return page(
    c,
    { title: "Take the SCIM service off", section },
    <>
      <PageHead title={`Take the SCIM service of ${name} off?`} parent={{ path, name: "SCIM service" }} />
      <section class="card">
        {connection === null ? (
          <p>This vault has no SCIM service.</p>
        ) : (
          <ul class="instructions">
            <li>The gateway keeps the users and user groups of this vault itself from now on.</li>
            <li>What {new URL(connection.baseUrl).host} holds stays there as it is; nobody is removed.</li>
            <li>The credential is forgotten. To connect a service again takes a new vault.</li>
          </ul>
        )}
        {connection !== null && (
          <Confirm action={`${path}/remove`} label="Take the service off" danger cancel={{ path }} />
        )}
      </section>
    </>,
  );
}

export async function removeConnectorAction(c: ConsoleContext) {
  const outcome = await removeVaultConnector(c.get("admin"), { vaultId: idOf(c) });
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return c.redirect(`${section}/${idOf(c)}?notice=connector-removed`, 303);
}
