/** Synchronization of one vault by pulling: how it stands, importing now, and its settings. */
import { IMPORT_PROVIDERS, type ImportProvider } from "../../domain/import.ts";
import { may } from "../../domain/role.ts";
import { readSynchronization, setSynchronization } from "../../gateway/imports/imports.ts";
import { type ImportTest, orderImport, testSynchronization } from "../../gateway/imports/runs.ts";
import { listLicenseTypes } from "../../gateway/licenses/licenses.ts";
import { PAGE_LIMIT_MAX } from "../../gateway/page.ts";
import { listVaultGroups } from "../../gateway/vaults/vaults.ts";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { licenseOptions } from "../license-options.ts";
import { type FormStatus, problemPage, statusOf } from "../problem.tsx";
import { groupsOf, sourceOf, synchronizationForm } from "../synchronization-form.ts";
import { SynchronizationFields } from "./vault-synchronization-fields.tsx";
import { SynchronizationState } from "./vault-synchronization-state.tsx";

const section = "/vaults";
const idOf = (c: ConsoleContext): string => c.req.param("vaultId") ?? "";
const pathOf = (c: ConsoleContext): string => `${section}/${idOf(c)}/synchronization`;

export const synchronizationPage = (c: ConsoleContext) => showSynchronization(c, {});

export async function setSynchronizationAction(c: ConsoleContext) {
  const read = await readForm(c, synchronizationForm);
  if (!read.ok) return showSynchronization(c, { form: read.form, status: 400 });
  const admin = c.get("admin");
  const present = await listVaultGroups(admin, { vaultId: idOf(c), limit: PAGE_LIMIT_MAX });
  if (!present.ok) return problemPage(c, present.problem);
  const groups = groupsOf(read.form.typed, present.value.items);
  if (!groups.ok) {
    return showSynchronization(c, { form: { ...read.form, problem: groups.problem }, status: 400 });
  }
  const { firstImport, intervalMinutes, licenseType, enableDisabled, includeNested } = read.value;
  const outcome = await setSynchronization(admin, {
    vaultId: idOf(c),
    source: sourceOf(read.value),
    groups: groups.groups,
    firstImportMinutes: firstImport,
    intervalMinutes,
    licenseType,
    enableDisabledUsersFromImportedGroups: enableDisabled,
    includeNested,
    replaceMembers: read.value.replaceMembers,
    leftMembers: read.value.leftMembers,
  });
  if (outcome.ok) return c.redirect(`${pathOf(c)}?notice=synchronization-saved`, 303);
  const { kind, detail } = outcome.problem;
  if (kind === "not_found") return problemPage(c, outcome.problem);
  return showSynchronization(c, { form: { ...read.form, problem: detail }, status: statusOf[kind] });
}

export async function orderImportAction(c: ConsoleContext) {
  const outcome = await orderImport(c.get("admin"), { vaultId: idOf(c) });
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return c.redirect(`${pathOf(c)}?notice=import-ordered`, 303);
}

/** Nothing is changed, so the result is the answer itself. */
export async function testSynchronizationAction(c: ConsoleContext) {
  const test = await testSynchronization(c.get("admin"), { vaultId: idOf(c) });
  return test.ok ? showSynchronization(c, { test: test.value }) : problemPage(c, test.problem);
}

type Shown = { form?: FormState; test?: ImportTest; status?: FormStatus };

async function showSynchronization(c: ConsoleContext, { form = emptyForm, test, status = 200 }: Shown) {
  const admin = c.get("admin");
  const [found, types] = await Promise.all([readSynchronization(admin, idOf(c)), listLicenseTypes(admin)]);
  if (!found.ok) return problemPage(c, found.problem);
  if (!types.ok) return problemPage(c, types.problem);
  const { vault, synchronization, configurations, proposedMinutes } = found.value;
  const path = pathOf(c);
  const mayChange = may(admin.identity.role, "provision");
  const asked = IMPORT_PROVIDERS.find((one) => one === (form.typed["provider"] ?? c.req.query("provider")));
  const provider: ImportProvider = asked ?? synchronization?.source.provider ?? "entra";
  return page(
    c,
    { title: `Synchronization of ${vault.name}`, section, status },
    <div class="stack">
      <PageHead
        title={`Synchronization of ${vault.name}`}
        parent={{ path: `${section}/${vault.id}`, name: vault.name }}
      />
      <Notice kind="information">
        For an identity provider in the cloud, provisioning is strongly recommended: create a{" "}
        <a href="/configurations/new">configuration</a>, and changes arrive by themselves, for all vaults. A
        vault that reads groups at intervals is for what cannot provision.
      </Notice>
      {form.problem !== undefined && <Notice kind="error">{form.problem}</Notice>}
      {synchronization !== null && (
        <SynchronizationState
          path={path}
          synchronization={synchronization}
          test={test}
          now={c.get("deps").now()}
          mayChange={mayChange}
        />
      )}
      {synchronization === null && configurations.length > 0 && <InTheWay names={configurations} />}
      {mayChange && configurations.length === 0 && (
        <SynchronizationFields
          path={path}
          provider={provider}
          form={form}
          saved={synchronization}
          types={licenseOptions(types.value)}
          proposedMinutes={proposedMinutes}
        />
      )}
    </div>,
  );
}

/** R9. */
const InTheWay = ({ names }: { names: readonly string[] }) => (
  <Notice kind="warning">
    A vault cannot synchronize by itself while there are configurations: {names.join(", ")}. Delete them on{" "}
    <a href="/configurations">Configurations</a> first, or stay with provisioning.
  </Notice>
);
