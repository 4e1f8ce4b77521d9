/** Sign-in without passwords: a one-time link by mail opens a session. */
import { SESSION_LIFETIME_MS, SIGN_IN_LINK_LIFETIME_MS } from "../../domain/limits.ts";
import {
  deleteSession,
  findSignInCandidates,
  insertSignInLinks,
  redeemSignInLink,
} from "../../store/identity/administrators.ts";
import { persist } from "../../store/retry.ts";
import type { Deps } from "../deps.ts";
import { done, type Outcome, refuse } from "../problem.ts";
import { limitStranger } from "../rates.ts";
import { hashSecret } from "../secret.ts";

/**
 * Mails a link for each organization that the address administers. Whether it administers any, neither the
 * answer nor its timing tells: with real mail, everything that depends on the address happens after the answer.
 */
export async function requestSignIn(
  deps: Deps,
  { email, origin }: { email: string; origin: string },
): Promise<Outcome<{ mail: "sent" | "captured"; signInUrl?: string }>> {
  const { mode } = deps.mail;
  if (mode === "unavailable") {
    const detail = "This installation cannot send mail, so no sign-in link can be sent.";
    return refuse({ kind: "mail_unavailable", detail });
  }
  const may = await limitStranger(deps, email);
  if (!may.ok) return may;
  if (mode === "sent") {
    const work = sendLinks(deps, email, origin).catch((error: unknown) =>
      deps.log({ level: "error", message: "sign-in link not sent", error: String(error) }),
    );
    deps.afterResponse(work);
    return done({ mail: "sent" });
  }
  const [signInUrl] = await sendLinks(deps, email, origin);
  return done({ mail: "captured", ...(signInUrl === undefined ? {} : { signInUrl }) });
}

async function sendLinks(deps: Deps, email: string, origin: string): Promise<string[]> {
  const now = deps.now();
  const candidates = await findSignInCandidates(deps.control, email, now);
  const [first] = candidates;
  if (first === undefined) return [];
  const links = await Promise.all(
    candidates.map(async ({ administratorId, organization }) => {
      const token = deps.newSecret();
      const url = `${origin}/sign-in/confirm?token=${token}`;
      return { administratorId, organization, url, tokenHash: await hashSecret(token) };
    }),
  );
  const rows = links.map(({ administratorId, tokenHash }) => ({ administratorId, tokenHash }));
  const times = { now, expiresAt: now + SIGN_IN_LINK_LIFETIME_MS };
  await persist(deps, () => insertSignInLinks(deps.control, rows, times));
  const lines = links.map(({ organization, url }) => `${organization}:\n${url}\n`);
  await deps.mail.send({
    to: first.email,
    subject: "Sign in to Vestibule",
    text: `Follow the link within 15 minutes. It works once.\n\n${lines.join("\n")}\nIf you did not ask for it, ignore this mail.\n`,
  });
  return links.map(({ url }) => url);
}

/** @returns the session's token, for a cookie; of it only the hash is kept. */
export async function confirmSignIn(
  deps: Deps,
  { token }: { token: string },
): Promise<Outcome<{ sessionToken: string; expiresAt: number }>> {
  const may = await limitStranger(deps);
  if (!may.ok) return may;
  const now = deps.now();
  const sessionToken = deps.newSecret();
  const session = { tokenHash: await hashSecret(sessionToken), now, expiresAt: now + SESSION_LIFETIME_MS };
  const linkHash = await hashSecret(token);
  const redeemed = await persist(deps, () => redeemSignInLink(deps.control, linkHash, session));
  if (redeemed === undefined) {
    const detail = "This link is not valid, has expired or was used already. Ask for a new one.";
    return refuse({ kind: "invalid", detail });
  }
  return done({ sessionToken, expiresAt: session.expiresAt });
}

export async function signOut(deps: Deps, { session }: { session: string }): Promise<void> {
  const tokenHash = await hashSecret(session);
  await persist(deps, () => deleteSession(deps.control, tokenHash));
}
