/** API keys: for automation, shown once, revocable. */
import { mayGrant, type Role } from "../../domain/role.ts";
import { GuardRaised } from "../../store/failure.ts";
import {
  type ApiKeyEntry,
  type ApiKey as ApiKeyRow,
  addApiKey,
  listApiKeys,
  recordKeyEvent,
  revokeApiKey,
} from "../../store/identity/api-keys.ts";
import { persist } from "../../store/retry.ts";
import type { Admin } from "../admin.ts";
import { commitOnce } from "../administrative-act.ts";
import type { Deps } from "../deps.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, refuse } from "../problem.ts";
import { hashSecret } from "../secret.ts";

/** Tells a key from other secrets, for people and for secret scanners. */
const prefix = "vst_";

export type ApiKey = { id: string; name: string; role: Role; createdAt: string; lastUsedAt: string | null };

export async function newApiKey(
  deps: Deps,
  { name, role }: { name: string; role: Role },
): Promise<{ secret: string; entry: ApiKeyEntry }> {
  const secret = `${prefix}${deps.newSecret()}`;
  const keyHash = await hashSecret(secret);
  return { secret, entry: { id: deps.newId(), name, role, keyHash, createdAt: deps.now() } };
}

export async function listKeys(admin: Admin, request: PageRequest): Promise<Outcome<Page<ApiKey>>> {
  const after = decodeCursor(request.cursor, ["string"]);
  if (!after.ok) return after;
  const { control } = admin.deps;
  const [last = ""] = after.value ?? [];
  const keys = await listApiKeys(control, admin.scope.tenantNo, String(last), request.limit + 1);
  return done(toPage(keys, request, ({ id }) => [id], present));
}

/** @returns the key itself, which is shown in this answer and never again (I15). */
export async function createKey(
  admin: Admin,
  { name, role = admin.identity.role }: { name: string; role?: Role | undefined },
): Promise<Outcome<ApiKey & { key: string }>> {
  const { deps, scope, identity } = admin;
  if (!mayGrant(identity.role, role)) {
    return refuse({ kind: "forbidden", detail: `The role ${identity.role} cannot give the role ${role}.` });
  }
  const { secret, entry } = await newApiKey(deps, { name, role });
  try {
    await persist(deps, () => addApiKey(deps.control, scope.tenantNo, entry));
  } catch (error) {
    if (!(error instanceof GuardRaised)) throw error;
    return refuse({ kind: "conflict", detail: "There are too many API keys. Revoke one that is not used." });
  }
  await commitOnce(admin, () => recordKeyEvent(scope, "api_key.created", { id: entry.id, name, role }));
  return done({ ...present({ ...entry, lastUsedAt: null }), key: secret });
}

export async function revokeKey(admin: Admin, id: string): Promise<Outcome<undefined>> {
  const { deps, scope } = admin;
  const revoked = await persist(deps, (again) =>
    revokeApiKey(deps.control, scope.tenantNo, id, { now: scope.now, again }),
  );
  if (revoked === undefined)
    return refuse({ kind: "not_found", detail: "There is no API key with this id." });
  await commitOnce(admin, () => recordKeyEvent(scope, "api_key.revoked", { id, ...revoked }));
  return done(undefined);
}

const present = ({ id, name, role, createdAt, lastUsedAt }: ApiKeyRow): ApiKey => ({
  id,
  name,
  role,
  createdAt: new Date(createdAt).toISOString(),
  lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
});
