/**
 * A SCIM client whose credential was recognized, and its way to the shard: every batch begins with the fence,
 * which alone decides whether tenant, configuration and credential still hold.
 */
import { tenantNo } from "../../domain/id.ts";
import type { ScimError } from "../../scim/error.ts";
import type { Result } from "../../scim/result.ts";
import { commit, type Row, read, readOnce, type Statement } from "../../store/database.ts";
import { GuardRaised, StoreUnavailable, UniqueViolated } from "../../store/failure.ts";
import { type ClientIdentity, clientFence } from "../../store/fence.ts";
import { type OutboxPointer, outboxPointers } from "../../store/outbox.ts";
import { persist } from "../../store/retry.ts";
import type { TenantScope } from "../../store/scope.ts";
import type { Deps } from "../deps.ts";
import { lookUpTenant } from "../identity/client-authentication.ts";

export type ScimClient = {
  readonly deps: Deps;
  /** Replaced when the tenant turns out to have moved. */
  scope: TenantScope;
  readonly identity: ClientIdentity;
  /** `https://host/t/{configuration}/scim/v2`, for locations. */
  readonly baseUrl: string;
  /** Set by the first batch that passed the fence; an answer that needed no data makes a trip of its own. */
  fencePassed: boolean;
};

/** The credential is no longer valid: configuration deleted, secret revoked or expired. */
export class CredentialRevoked extends Error {}

/** Reads behind the fence. Returns the rows of `statements`, in order. */
export function readAs(
  client: ScimClient,
  statements: (scope: TenantScope) => Statement[],
): Promise<Row[][]> {
  return behindFence(client, read, statements);
}

/** What tells that a batch is committed: a row of this statement, which nothing but the batch can have made. */
export type Evidence = (scope: TenantScope) => Statement;

/**
 * Commits behind the fence, and signals what the batch put into the outbox.
 *
 * If D1 does not answer, the batch may be committed all the same. Then the evidence is looked for before and,
 * since the first batch may still be on its way, after another attempt: a write never happens twice, and never
 * stands in its own way.
 * @param known pointers of rows that the batch is known to write and does not return
 */
export async function commitAs(
  client: ScimClient,
  statements: (scope: TenantScope) => Statement[],
  evidence: Evidence,
  known: readonly OutboxPointer[] = [],
): Promise<void> {
  const results = await persist(client.deps, async (again) => {
    if (again && (await isCommitted(client, evidence))) return [];
    try {
      return await behindFence(client, commit, statements);
    } catch (error) {
      const refused = error instanceof GuardRaised || error instanceof UniqueViolated;
      if (!again || !refused) throw error;
      if (await isCommitted(client, evidence)) return [];
      if (error instanceof GuardRaised && ["stale", "precondition"].includes(error.word)) {
        // Committed and overwritten since, or never committed: nobody can tell.
        throw new StoreUnavailable("the outcome of a write is unknown");
      }
      throw error;
    }
  });
  const { shard, tenantNo } = client.scope;
  client.deps.signals.outboxWritten(shard.name, tenantNo, [...known, ...outboxPointers(results)]);
}

async function isCommitted(client: ScimClient, evidence: Evidence): Promise<boolean> {
  const [rows = []] = await behindFence(client, readOnce, (scope) => [evidence(scope)]);
  return rows.length > 0;
}

/** Makes sure that the credential holds, for answers that needed no data. */
export async function ensureFence(client: ScimClient): Promise<void> {
  if (!client.fencePassed) await readAs(client, () => []);
}

async function behindFence(
  client: ScimClient,
  run: typeof read,
  statements: (scope: TenantScope) => Statement[],
): Promise<Row[][]> {
  for (let attempt = 0; ; attempt += 1) {
    const { scope, identity } = client;
    try {
      const results = await run(scope.shard, [clientFence(scope, identity), ...statements(scope)]);
      client.fencePassed = true;
      return results.slice(1);
    } catch (error) {
      // Statements run in order: what failed after the fence, failed behind it.
      const isFence = error instanceof GuardRaised && (error.word === "revoked" || error.word === "fenced");
      if (!isFence && (error instanceof GuardRaised || error instanceof UniqueViolated))
        client.fencePassed = true;
      if (!isFence) throw error;
      if (error.word === "revoked") throw new CredentialRevoked();
      // There already, but only to be read until the move is over.
      if (attempt > 0) throw new StoreUnavailable("tenant is being moved");
      client.scope = await relocated(client);
    }
  }
}

/** The tenant is not where the token said: one look into the directory, then once more (never a 401). */
async function relocated({ deps, scope }: ScimClient): Promise<TenantScope> {
  const found = await lookUpTenant(deps, tenantNo(scope.tenantNo));
  const shard = found && deps.shard(found.shard);
  if (found === undefined || shard === undefined)
    throw new StoreUnavailable("tenant is not in the directory");
  if (found.shard === scope.shard.name && found.epoch === scope.epoch) {
    throw new StoreUnavailable("tenant is being moved");
  }
  return { ...scope, shard, epoch: found.epoch };
}

/** Guards that a use case answers itself; anything else is not its business. */
export async function whenGuarded<T>(
  work: Promise<T>,
  answers: Partial<Record<string, () => ScimError | Promise<ScimError>>>,
): Promise<Result<T>> {
  try {
    return { ok: true, value: await work };
  } catch (error) {
    const answer = error instanceof GuardRaised ? answers[error.word] : undefined;
    if (answer === undefined) throw error;
    return { ok: false, error: await answer() };
  }
}
