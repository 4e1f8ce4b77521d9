/** The SCIM service of a vault: how it does, trying it, pushing everything again, and other settings. */
import { may } from "../../domain/role.ts";
import type { ConnectorTest } from "../../gateway/connectors/connectors.ts";
import { repairDrift } from "../../gateway/vaults/drift.ts";
import { getVault, testVaultConnector } from "../../gateway/vaults/vaults.ts";
import { Connection } from "../components/connection.tsx";
import { Empty } from "../components/empty.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { emptyForm, type FormState } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, problemPage } from "../problem.tsx";
import { ConnectorForms } from "./connector-forms.tsx";
import { ConnectorTestResult } from "./connector-test.tsx";

const section = "/vaults";
const idOf = (c: ConsoleContext): string => c.req.param("vaultId") ?? "";

export const connectorPage = (c: ConsoleContext) => showConnector(c, {});

/** Nothing is changed, so the result is the answer itself. */
export async function testConnectorAction(c: ConsoleContext) {
  const test = await testVaultConnector(c.get("admin"), { vaultId: idOf(c) });
  return test.ok ? showConnector(c, { test: test.value }) : problemPage(c, test.problem);
}

/** Also retries what was given up: everything that it named is among everything. */
export async function pushAgainAction(c: ConsoleContext) {
  const outcome = await repairDrift(c.get("admin"), { vaultId: idOf(c) });
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return c.redirect(`${section}/${idOf(c)}/connector?notice=pushed-again`, 303);
}

type Shown = { form?: FormState; test?: ConnectorTest; status?: FormStatus };

export async function showConnector(c: ConsoleContext, { form = emptyForm, test, status = 200 }: Shown) {
  const admin = c.get("admin");
  const found = await getVault(admin, idOf(c));
  if (!found.ok) return problemPage(c, found.problem);
  const vault = found.value;
  const path = `${section}/${vault.id}/connector`;
  const mayChange = may(admin.identity.role, "provision");
  return page(
    c,
    { title: `SCIM service of ${vault.name}`, section, status },
    <div class="stack">
      <PageHead
        title={`SCIM service of ${vault.name}`}
        parent={{ path: `${section}/${vault.id}`, name: vault.name }}
      >
        {mayChange && vault.connection !== null && (
          <form method="post" action={`${path}/test`}>
            <button type="submit" class="button primary">
              Try the connection
            </button>
          </form>
        )}
      </PageHead>
      {test !== undefined && <ConnectorTestResult test={test} />}
      {vault.connection === null ? (
        <KeptHere />
      ) : (
        <Connection vault={vault} now={c.get("deps").now()} detailed />
      )}
      {mayChange && vault.connection !== null && (
        <>
          <PushAgain path={path} failing={vault.connection.error !== null} />
          <ConnectorForms path={path} connection={vault.connection} form={form} />
        </>
      )}
    </div>,
  );
}

const KeptHere = () => (
  <Empty title="This vault is kept by the gateway itself">
    <p>It has no SCIM service. A vault gets one when it is created.</p>
    <a class="button" href={`${section}/connected`}>
      Create a vault in a SCIM service
    </a>
  </Empty>
);

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
