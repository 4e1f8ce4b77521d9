/** The SCIM service of a vault: how it does, trying it, another credential, and pushing everything again. */
import { may } from "../../domain/role.ts";
import type { ConnectorTest } from "../../gateway/connectors/connectors.ts";
import { repairDrift } from "../../gateway/vaults/drift.ts";
import {
  getVault,
  replaceConnectorCredential,
  testVaultConnector,
  type Vault,
} from "../../gateway/vaults/vaults.ts";
import { Connection } from "../components/connection.tsx";
import { CredentialFields } from "../components/credential-fields.tsx";
import { Empty } from "../components/empty.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import { credentialOf, refusedForm, withCredential } from "../credential-form.ts";
import type { ConsoleContext } from "../environment.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, problemPage, statusOf } from "../problem.tsx";
import { ConnectorTestResult } from "./connector-test.tsx";

const section = "/vaults";
const idOf = (c: ConsoleContext): string => c.req.param("vaultId") ?? "";
const pathOf = (id: string): string => `${section}/${id}/connector`;

export const connectorPage = (c: ConsoleContext) => showConnector(c, {});

/** Nothing is changed, so the result is the answer itself. */
export async function testConnectorAction(c: ConsoleContext) {
  const test = await testVaultConnector(c.get("admin"), { vaultId: idOf(c) });
  return test.ok ? showConnector(c, { test: test.value }) : problemPage(c, test.problem);
}

const credentialForm = withCredential({});

export async function replaceCredentialAction(c: ConsoleContext) {
  const read = await readForm(c, credentialForm);
  if (!read.ok) return showConnector(c, { form: read.form, status: 400 });
  const outcome = await replaceConnectorCredential(c.get("admin"), {
    vaultId: idOf(c),
    authentication: credentialOf(read.value),
  });
  if (outcome.ok) return c.redirect(`${pathOf(idOf(c))}?notice=credential-replaced`, 303);
  const { problem } = outcome;
  if (problem.kind !== "invalid") return problemPage(c, problem);
  return showConnector(c, { form: refusedForm(read.form, problem), status: statusOf[problem.kind] });
}

/** Also retries what was given up: everything that it named is among everything. */
export async function pushAgainAction(c: ConsoleContext) {
  const outcome = await repairDrift(c.get("admin"), { vaultId: idOf(c) });
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return c.redirect(`${pathOf(idOf(c))}?notice=pushed-again`, 303);
}

type Shown = { form?: FormState; test?: ConnectorTest; status?: FormStatus };

async function showConnector(c: ConsoleContext, { form = emptyForm, test, status = 200 }: Shown) {
  const admin = c.get("admin");
  const found = await getVault(admin, idOf(c));
  if (!found.ok) return problemPage(c, found.problem);
  const vault = found.value;
  const path = pathOf(vault.id);
  const mayChange = may(admin.identity.role, "provision") && vault.connection !== null;
  return page(
    c,
    { title: `SCIM service of ${vault.name}`, section, status },
    <div class="stack">
      <PageHead
        title={`SCIM service of ${vault.name}`}
        parent={{ path: `${section}/${vault.id}`, name: vault.name }}
      >
        {mayChange && (
          <form method="post" action={`${path}/test`}>
            <button type="submit" class="button primary">
              Try the connection
            </button>
          </form>
        )}
      </PageHead>
      {test !== undefined && <ConnectorTestResult test={test} />}
      {vault.connection === null ? (
        <Empty title="This vault is kept by the gateway itself">
          <p>It has no SCIM service. A vault gets one when it is created.</p>
          <a class="button" href={`${section}/connected`}>
            Create a vault in a SCIM service
          </a>
        </Empty>
      ) : (
        <Connection vault={vault} now={c.get("deps").now()} detailed />
      )}
      {mayChange && (
        <>
          <PushAgain path={path} failing={vault.connection?.error !== null} />
          <Credential path={path} vault={vault} form={form} />
        </>
      )}
    </div>,
  );
}

const PushAgain = ({ path, failing }: { path: string; failing: boolean }) => (
  <section class="card" aria-labelledby="again">
    <h2 id="again">{failing ? "Retry" : "Push everything again"}</h2>
    <p class="soft">
      Nothing is believed of what the service holds: every user and user group of this vault is compared and
      pushed again. Whoever is missing there comes back; nobody is deleted.{" "}
      <a href="/failed-work">Work that was given up</a> can also be tried again piece by piece.
    </p>
    <form method="post" action={`${path}/push`}>
      <p>
        <button type="submit" class="button">
          {failing ? "Retry: push everything again" : "Push everything again"}
        </button>
      </p>
    </form>
  </section>
);

const Credential = ({ path, vault, form }: { path: string; vault: Vault; form: FormState }) => {
  const authentication = vault.connection?.authentication;
  const current =
    authentication?.type === "client_credentials"
      ? { tokenEndpoint: authentication.tokenEndpoint, clientId: authentication.clientId }
      : {};
  return (
    <details class="card" open={form !== emptyForm}>
      <summary>Replace the credential</summary>
      {form.problem !== undefined && <Notice kind="error">{form.problem}</Notice>}
      <form class="form" method="post" action={`${path}/credential`}>
        <CredentialFields form={form} authentication={authentication?.type ?? "bearer"} {...current} />
        <p class="hint">The old credential is forgotten at once. Neither is ever shown.</p>
        <div class="actions">
          <button type="submit" class="button">
            Replace the credential
          </button>
        </div>
      </form>
    </details>
  );
};
