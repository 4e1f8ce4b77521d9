/** Provisioning configurations: what an administrator creates, copies into the identity provider, and ends. */

import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import {
  type Configuration as ConfigurationRow,
  type ConfigurationType,
  findConfiguration,
  insertConfiguration,
  listConfigurations,
  markConfigurationDeleted,
  updateConfiguration,
} from "../../store/identity/configurations.ts";
import { insertSecret, listSecrets } from "../../store/identity/credentials.ts";
import { selectSynchronizedVaults } from "../../store/imports/settings.ts";
import { outboxPointers } from "../../store/outbox.ts";
import type { Admin } from "../admin.ts";
import { commitOnce } from "../administrative-act.ts";
import { applyPlan } from "../licenses/preview.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { answered } from "../refusals.ts";
import { hashSecret } from "../secret.ts";
import { presentSecret, type Secret } from "./client-secrets.ts";
import {
  findChangeable,
  followInDirectory,
  refuseKind,
  unknownConfiguration,
} from "./configuration-access.ts";
import { defaultHypothesis, deletionHypothesis, groupsBelow, noLicenseType } from "./configuration-plan.ts";

export type { ConfigurationType };

export type Configuration = {
  id: string;
  name: string;
  type: ConfigurationType;
  /** Code of a license type. */
  defaultLicenseType: string;
  tenantUrl: string;
  tokenEndpoint: string;
  clientId: string;
  users: number;
  groups: number;
  /** Null until the identity provider has called, which may take 40 minutes (R70). */
  lastContactAt: string | null;
  secrets: Secret[];
  createdAt: string;
  updatedAt: string;
};

/** `origin`: of the administrator's request; the addresses shown are below it. */
type Addressed = { origin: string };

export async function listProvisioning(
  admin: Admin,
  request: PageRequest & Addressed,
): Promise<Outcome<Page<Configuration>>> {
  const after = decodeCursor(request.cursor, ["number"]);
  if (!after.ok) return after;
  const rows = await listConfigurations(admin.scope, Number(after.value?.[0] ?? 0), request.limit + 1);
  const items = await withSecrets(admin, rows, request.origin);
  return done(
    toPage(
      items,
      request,
      ({ no }) => [no],
      ({ configuration }) => configuration,
    ),
  );
}

export async function getConfiguration(
  admin: Admin,
  { id, origin }: { id: string } & Addressed,
): Promise<Outcome<Configuration>> {
  const row = await findConfiguration(admin.scope, id);
  if (row === undefined) return refuse(unknownConfiguration);
  return presentOne(admin, row, origin);
}

export type ConfigurationRequest = { name: string; type: ConfigurationType; defaultLicenseType: string };

/** @returns the client secret too, in this answer and never again (R4, I15). */
export async function createConfiguration(
  admin: Admin,
  { name, type, defaultLicenseType, origin }: ConfigurationRequest & Addressed,
): Promise<Outcome<Configuration & { clientSecret: string }>> {
  const forbidden = refuseKind(admin, type);
  if (forbidden !== undefined) return refuse(forbidden);
  const { deps, scope } = admin;
  const id = deps.newId();
  // 144 of the 256 random bits: unique in every shard without asking any.
  const clientId = deps.newSecret().slice(0, 24);
  const clientSecret = deps.newSecret();
  const firstSecret = { id: deps.newId(), secretHash: await hashSecret(clientSecret) };
  const created = await answered(
    commitOnce(admin, () =>
      insertConfiguration(
        scope,
        { id, name, type, defaultLicenseType, clientId },
        insertSecret(scope, id, firstSecret),
      ),
    ),
    {
      vaults_synchronize: () => vaultsSynchronize(admin),
      no_license_type: () => noLicenseType(defaultLicenseType),
      too_many: () => ({ kind: "conflict", detail: "There are too many configurations. Delete one first." }),
      unique: () => nameTaken(name),
    },
  );
  if (!created.ok) return created;
  const row = await findConfiguration(scope, id);
  if (row === undefined) return refuse(unknownConfiguration);
  await followInDirectory(admin, row, created.value);
  const configuration = await presentOne(admin, row, origin);
  return configuration.ok ? done({ ...configuration.value, clientSecret }) : configuration;
}

/** R8, I14: names every vault, so that all of them can be turned off. */
async function vaultsSynchronize({ scope }: Admin): Promise<Problem> {
  const [, rows = []] = await read(scope.shard, [tenantFence(scope), selectSynchronizedVaults(scope)]);
  const names = rows.map((row) => String(row["name"])).join(", ");
  const detail = `These vaults synchronize by themselves, which provisioning would contradict: ${names}. Turn synchronization off for each of them first.`;
  return { kind: "conflict", detail };
}

export type ConfigurationPatch = {
  name?: string | undefined;
  defaultLicenseType?: string | undefined;
  type?: ConfigurationType | undefined;
  /** Accounts provisioned earlier get the default too. */
  applyToExisting?: boolean | undefined;
  /** Apply only if licenses change as previewed. */
  planHash?: string | undefined;
};

/** A new default type counts for accounts provisioned later (A5), and for earlier ones on demand. */
export async function changeConfiguration(
  admin: Admin,
  { id, origin, patch }: { id: string; patch: ConfigurationPatch } & Addressed,
): Promise<Outcome<Configuration>> {
  const found = await findChangeable(admin, id);
  if (!found.ok) return found;
  const before = found.value;
  if (patch.type !== undefined && patch.type !== before.type) return refuse(typeIsFixed);
  const { name = before.name, defaultLicenseType = before.defaultLicenseType } = patch;
  const { applyToExisting = false, planHash } = patch;
  if (name === before.name && defaultLicenseType === before.defaultLicenseType && !applyToExisting) {
    return presentOne(admin, before, origin);
  }
  const change = { name, defaultLicenseType, applyToExisting };
  const changed = await applyPlan(
    admin,
    planHash,
    () => defaultHypothesis(admin, id, { defaultLicenseType, applyToExisting }),
    (guards) =>
      answered(
        commitOnce(admin, () => updateConfiguration(admin.scope, before, change, guards)),
        {
          gone: () => unknownConfiguration,
          no_license_type: () => noLicenseType(defaultLicenseType),
          unique: () => nameTaken(name),
          groups_below: () => groupsBelow(admin, before, defaultLicenseType),
        },
      ),
  );
  if (!changed.ok) return changed;
  const { shard, tenantNo } = admin.scope;
  admin.deps.signals.outboxWritten(shard.name, tenantNo, outboxPointers(changed.value));
  return getConfiguration(admin, { id, origin });
}

/** Its credentials are refused from the next request on (R7); its accounts stay, without an owner (A16). */
export async function deleteConfiguration(
  admin: Admin,
  id: string,
  planHash?: string,
): Promise<Outcome<undefined>> {
  const found = await findChangeable(admin, id);
  if (!found.ok) return found;
  const deleted = await applyPlan(
    admin,
    planHash,
    () => deletionHypothesis(admin, id),
    (guards) =>
      answered(
        commitOnce(admin, () => markConfigurationDeleted(admin.scope, found.value, guards)),
        {
          gone: () => unknownConfiguration,
        },
      ),
  );
  if (!deleted.ok) return deleted;
  await followInDirectory(admin, found.value, deleted.value);
  return done(undefined);
}

async function presentOne(
  admin: Admin,
  row: ConfigurationRow,
  origin: string,
): Promise<Outcome<Configuration>> {
  const [item] = await withSecrets(admin, [row], origin);
  return item === undefined ? refuse(unknownConfiguration) : done(item.configuration);
}

async function withSecrets(admin: Admin, rows: readonly ConfigurationRow[], origin: string) {
  const secrets = await listSecrets(admin.scope, rows);
  return rows.map((row) => {
    const { configurationNo: no, lastContactAt, createdAt, updatedAt, ...shown } = row;
    const configuration: Configuration = {
      ...shown,
      tenantUrl: `${origin}/t/${row.id}/scim/v2`,
      tokenEndpoint: `${origin}/t/${row.id}/oauth2/token`,
      lastContactAt: lastContactAt === null ? null : new Date(lastContactAt).toISOString(),
      secrets: (secrets.get(no) ?? []).map(presentSecret),
      createdAt: new Date(createdAt).toISOString(),
      updatedAt: new Date(updatedAt).toISOString(),
    };
    return { no, configuration };
  });
}

const typeIsFixed: Problem = {
  kind: "conflict",
  detail:
    "The type of a configuration cannot change. Delete this configuration, disable or delete the application at the identity provider, and create a new configuration.",
};

const nameTaken = (name: string): Problem => ({
  kind: "conflict",
  detail: `A configuration named "${name}" exists already.`,
});
