/** Client secrets of a configuration: two may live at a time, so that one can be rotated without a gap. */
import { addSecret, revokeSecret, type Secret as SecretRow } from "../../store/identity/credentials.ts";
import type { Admin } from "../admin.ts";
import { commitOnce } from "../administrative-act.ts";
import { done, type Outcome } from "../problem.ts";
import { answered } from "../refusals.ts";
import { hashSecret } from "../secret.ts";
import { findChangeable, followInDirectory, unknownConfiguration } from "./configuration-access.ts";

export type Secret = {
  id: string;
  /** `retiring`: an older secret that yields no new token; Basic takes it until `expiresAt`. */
  state: "active" | "retiring";
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
};

/** The older secret retires. The new one is shown in this answer and never again (I15). */
export async function createSecret(
  admin: Admin,
  configurationId: string,
): Promise<Outcome<Secret & { clientId: string; clientSecret: string }>> {
  const found = await findChangeable(admin, configurationId);
  if (!found.ok) return found;
  const { deps, scope } = admin;
  const id = deps.newId();
  const clientSecret = deps.newSecret();
  const secretHash = await hashSecret(clientSecret);
  const added = await answered(
    commitOnce(admin, () => addSecret(scope, found.value, { id, secretHash })),
    {
      gone: () => unknownConfiguration,
      too_many: () => ({
        kind: "conflict",
        detail: "The configuration has two live secrets already. Revoke one of them first.",
      }),
    },
  );
  if (!added.ok) return added;
  await followInDirectory(admin, found.value, added.value);
  const row: SecretRow = { id, state: "active", createdAt: scope.now, expiresAt: null, lastUsedAt: null };
  return done({ ...presentSecret(row), clientId: found.value.clientId, clientSecret });
}

/** The secret, and every token issued for it, is refused from the next request on. */
export async function removeSecret(
  admin: Admin,
  { configurationId, secretId }: { configurationId: string; secretId: string },
): Promise<Outcome<undefined>> {
  const found = await findChangeable(admin, configurationId);
  if (!found.ok) return found;
  const revoked = await answered(
    commitOnce(admin, () => revokeSecret(admin.scope, found.value, secretId)),
    {
      gone: () => ({ kind: "not_found", detail: "The configuration has no live secret with this id." }),
    },
  );
  if (!revoked.ok) return revoked;
  await followInDirectory(admin, found.value, revoked.value);
  return done(undefined);
}

export const presentSecret = ({ id, state, createdAt, expiresAt, lastUsedAt }: SecretRow): Secret => ({
  id,
  state,
  createdAt: new Date(createdAt).toISOString(),
  expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
});
