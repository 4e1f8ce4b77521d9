/** Who may ask how often (design of the numbers: `entry/limits.ts`). None of this makes a trip to a database. */
import { fold } from "../scim/fold.ts";
import type { ClientIdentity } from "../store/fence.ts";
import type { TenantScope } from "../store/scope.ts";
import type { Count, Deps, RateKind, Refusal } from "./deps.ts";
import { type Outcome, refuse } from "./problem.ts";
import { hashSecret } from "./secret.ts";

/** Too often. Thrown where nobody can answer it but the edge. */
export class TooManyRequests extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super("too many requests");
    this.name = "TooManyRequests";
    this.refusal = refusal;
  }
}

/**
 * A credential as it was presented: whether it is one of ours nobody has looked yet. A secret by its hash; a token,
 * which lives for an hour and is kept by whoever verifies it, by itself.
 */
export type Presented = { fingerprint: string };

/**
 * Before the credential is verified, so that a flood costs no signature. Only who was verified with these very
 * words is refused by them: a forged token that names an organization uses up none of its allowance.
 * @throws TooManyRequests
 */
export async function ensureNotHeld(deps: Deps, authorization: string): Promise<Presented> {
  const isSecret = /^\s*basic\s/i.test(authorization);
  const fingerprint = isSecret ? await hashSecret(authorization) : authorization;
  for (const { kind, key } of deps.limits.recall(fingerprint)) {
    const refusal = deps.limits.held(kind, key);
    if (refusal !== undefined) throw new TooManyRequests(refusal);
  }
  return { fingerprint };
}

/**
 * A recognized client, once per request: by its credential, and by its tenant, whose credentials are many.
 * @throws TooManyRequests
 */
export async function limitClient(
  { deps, scope, identity }: { deps: Deps; scope: TenantScope; identity: ClientIdentity },
  { fingerprint }: Presented,
): Promise<void> {
  const tenant = String(scope.tenantNo);
  const counts: Count[] = [
    { kind: "scim_credential", key: `${tenant}:${identity.credentialNo}` },
    { kind: "scim_tenant", key: tenant },
  ];
  deps.limits.remember(fingerprint, counts);
  for (const { kind, key } of counts) {
    const refusal = await deps.limits.count(kind, key);
    if (refusal !== undefined) throw new TooManyRequests(refusal);
  }
}

/** @throws TooManyRequests */
export async function limitByAddress(deps: Deps, kind: RateKind): Promise<void> {
  const refusal = await deps.limits.count(kind, deps.address);
  if (refusal !== undefined) throw new TooManyRequests(refusal);
}

/** Wrong secrets count for the client and the address they came from: guessing from afar locks nobody out. */
const refusalKey = (deps: Deps, clientId: string): string => `${deps.address} ${clientId.slice(0, 256)}`;

/** @throws TooManyRequests when this client was refused too often from this address. */
export function ensureNotRefusedOften(deps: Deps, clientId: string): void {
  const refusal = deps.limits.held("token_refusal", refusalKey(deps, clientId));
  if (refusal !== undefined) throw new TooManyRequests(refusal);
}

/** What was refused has been answered already; the count is for the next. */
export async function countRefusal(deps: Deps, clientId: string): Promise<void> {
  await deps.limits.count("token_refusal", refusalKey(deps, clientId));
}

/** Strangers at the door of sign-up and sign-in; `email` when they name an account. */
export async function limitStranger(deps: Deps, email?: string): Promise<Outcome<undefined>> {
  const refusal =
    (await deps.limits.count("sign_up_address", deps.address)) ??
    (email === undefined ? undefined : await deps.limits.count("sign_in_account", fold(email)));
  if (refusal === undefined) return { ok: true, value: undefined };
  const { retryAfterSeconds } = refusal;
  const detail = `That was asked too often. Try again in ${retryAfterSeconds} seconds.`;
  return refuse({ kind: "limit_reached", detail, retryAfterSeconds });
}
