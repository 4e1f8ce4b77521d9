/**
 * An organization signs itself up: a link proves the address, following it creates the tenant. Shard and
 * directory cannot commit together; both halves carry numbers minted before either and do nothing the second
 * time, so a creation that stopped halfway is completed by the next click or by the sweeper.
 */
import { SESSION_LIFETIME_MS, SIGN_UP_LINK_LIFETIME_MS } from "../../domain/limits.ts";
import type { Role } from "../../domain/role.ts";
import { GuardRaised, StoreUnavailable } from "../../store/failure.ts";
import {
  claimSignUp,
  completeSignUp,
  createTenantInShard,
  type FirstCredential,
  giveCredential,
  insertSignUp,
  listIncompleteSignUps,
  type SignUp,
} from "../../store/identity/sign-ups.ts";
import { persist } from "../../store/retry.ts";
import type { Deps } from "../deps.ts";
import { done, type Outcome, refuse } from "../problem.ts";
import { limitStranger } from "../rates.ts";
import { hashSecret } from "../secret.ts";
import { newApiKey } from "./api-keys.ts";

export type RequestedSignUp = {
  signUpId: string;
  email: string;
  mail: "sent" | "captured";
  /** Only when mail is captured, which development alone does. */
  confirmationUrl?: string;
};

export type ConfirmedTenant = {
  tenant: { id: string; name: string; subscriptionId: string };
  administrator: { id: string; email: string; role: Role };
};

const noMail =
  "This installation cannot send mail, so the link could not be sent and nobody can sign up. Its operator has to set up mail first.";

/** Records the sign-up and mails the one-time link. */
export async function requestSignUp(
  deps: Deps,
  { organization, email, origin }: { organization: string; email: string; origin: string },
): Promise<Outcome<RequestedSignUp>> {
  if (deps.mail.mode === "unavailable") return refuse({ kind: "mail_unavailable", detail: noMail });
  const may = await limitStranger(deps);
  if (!may.ok) return may;
  const now = deps.now();
  const token = deps.newSecret();
  const tenantId = deps.newId();
  const signUp = { tenantId, administratorId: deps.newId(), organization, email, now };
  try {
    const tokenHash = await hashSecret(token);
    const entry = { ...signUp, tokenHash, expiresAt: now + SIGN_UP_LINK_LIFETIME_MS };
    await persist(deps, () => insertSignUp(deps.control, entry));
  } catch (error) {
    if (!(error instanceof GuardRaised)) throw error;
    const detail = `Several links were sent to ${email} within the hour. Use one of them, or try again later.`;
    return refuse({ kind: "limit_reached", detail, retryAfterSeconds: 3_600 });
  }
  const confirmationUrl = `${origin}/sign-up/confirm?token=${token}`;
  const mail = await deps.mail.send({
    to: email,
    subject: `Confirm the sign-up of ${organization}`,
    text: `Somebody, probably you, signed ${organization} up for Vestibule with this address.\n\nConfirm within 24 hours:\n${confirmationUrl}\n\nIf it was not you, ignore this mail: nothing has been created.\n`,
  });
  if (mail === "unavailable") return refuse({ kind: "mail_unavailable", detail: noMail });
  return done({ signUpId: tenantId, email, mail, ...(mail === "captured" ? { confirmationUrl } : {}) });
}

/** Follows the link for automation: creates the tenant and shows its first API key, once. */
export async function confirmSignUp(
  deps: Deps,
  { token, requestId }: { token: string; requestId: string },
): Promise<Outcome<ConfirmedTenant & { apiKey: { id: string; name: string; key: string } }>> {
  const { secret, entry } = await newApiKey(deps, { name: "First key", role: "subscription_admin" });
  const outcome = await settle(deps, token, requestId, { kind: "key", key: entry });
  if (!outcome.ok) return outcome;
  return done({ ...outcome.value, apiKey: { id: entry.id, name: entry.name, key: secret } });
}

/** Follows the link in a browser: creates the tenant and signs its administrator in. */
export async function confirmSignUpInBrowser(
  deps: Deps,
  { token, requestId }: { token: string; requestId: string },
): Promise<Outcome<ConfirmedTenant & { sessionToken: string }>> {
  const now = deps.now();
  const sessionToken = deps.newSecret();
  const session = { tokenHash: await hashSecret(sessionToken), now, expiresAt: now + SESSION_LIFETIME_MS };
  const outcome = await settle(deps, token, requestId, { kind: "session", session });
  return outcome.ok ? done({ ...outcome.value, sessionToken }) : outcome;
}

/** `credential` goes to one call only: the one that completes, or that claimed and was overtaken by the sweeper. */
async function settle(
  deps: Deps,
  token: string,
  requestId: string,
  credential: FirstCredential,
): Promise<Outcome<ConfirmedTenant>> {
  const may = await limitStranger(deps);
  if (!may.ok) return may;
  const now = deps.now();
  const tokenHash = await hashSecret(token);
  const found = await persist(deps, () => claimSignUp(deps.control, deps.shardNames, tokenHash, now));
  if (found === undefined) return refuse({ kind: "invalid", detail: "This link is not valid." });
  const { signUp, claimed } = found;
  if (signUp.completedAt !== null) return used;
  if (signUp.confirmedAt === null && signUp.expiresAt <= now) {
    return refuse({ kind: "invalid", detail: "This link has expired. Sign up again to get a new one." });
  }
  const { tenant, completed } = await create(deps, signUp, requestId, credential);
  if (!completed) {
    if (!claimed) return used;
    await giveCredential(deps.control, signUp, credential);
  }
  return done(tenant);
}

const used = refuse({ kind: "conflict", detail: "This link has been used already. Sign in instead." });

/** Both halves, in order; each does nothing where it finds itself done. */
async function create(
  deps: Deps,
  signUp: SignUp,
  correlationId: string,
  credential?: FirstCredential,
): Promise<{ tenant: ConfirmedTenant; completed: boolean }> {
  const { shard: shardName, tenantNo, tenantId, organization: name, administratorId, email } = signUp;
  const shard = shardName === null ? undefined : deps.shard(shardName);
  if (shardName === null || shard === undefined) throw new StoreUnavailable("no shard is open for a tenant");
  await persist(deps, () => deps.signals.armSweeper(shardName));
  const now = deps.now();
  const cause = { actor: `admin:${administratorId}`, correlationId };
  const subscriptionId = await persist(deps, () =>
    createTenantInShard(
      { shard, tenantNo, epoch: firstEpoch, cause, now },
      { tenantId, subscriptionId: deps.newId(), name },
    ),
  );
  const completed = await complete(deps, { ...signUp, shard: shardName }, now, credential);
  return {
    tenant: {
      tenant: { id: tenantId, name, subscriptionId },
      administrator: { id: administratorId, email, role: "subscription_admin" },
    },
    completed,
  };
}

/** Whether this call completed it; when an answer was lost it is taken to have, and the credential is made sure of. */
function complete(
  deps: Deps,
  signUp: SignUp & { shard: string },
  now: number,
  credential: FirstCredential | undefined,
): Promise<boolean> {
  return persist(deps, async (again) => {
    const completed = await completeSignUp(deps.control, signUp, { epoch: firstEpoch, now }, credential);
    if (completed || !again) return completed;
    if (credential !== undefined) await giveCredential(deps.control, signUp, credential);
    return true;
  });
}

const firstEpoch = 1;

/** A click normally needs far less; until then the sweeper keeps out of its way. */
const clickTimeMs = 10_000;

/** Completes creations that stopped halfway. For the sweeper. Returns how many it completed. */
export async function completeSignUps(deps: Deps): Promise<number> {
  const incomplete = await listIncompleteSignUps(deps.control, deps.now() - clickTimeMs);
  let completed = 0;
  for (const signUp of incomplete) {
    const { completed: byThis } = await create(deps, signUp, "sweep");
    if (byThis) completed += 1;
  }
  return completed;
}
