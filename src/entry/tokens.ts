/**
 * Access tokens: JWTs signed with ES256 (RFC 7518 §3.4) by the key in the secret TOKEN_SIGNING_KEY. Whoever
 * verifies needs no look-up; whether the credential behind a token still counts, the shard's fence decides.
 */
import { jwtVerify, SignJWT } from "jose";
import {
  TOKEN_CLOCK_SKEW_SECONDS,
  TOKEN_LIFETIME_SECONDS,
  VERIFIED_TOKENS_KEPT_MAX,
} from "../domain/limits.ts";
import type { AccessClaims, Tokens } from "../gateway/deps.ts";

const algorithm = "ES256";
const issuer = "vestibule";

type Keys = { keyId: string; signing: CryptoKey; verification: CryptoKey; published: JsonWebKey };

/** What a signature was found to vouch for, and until when (seconds). */
type Verified = { claims: AccessClaims; expiresAt: number };

/** Called once per isolate: the imported keys live in this closure. `signingKey` is a private JWK with `kid`. */
export function openTokens(signingKey: string | undefined): Tokens {
  let imported: Keys | undefined;
  // A client sends the same token for an hour, and a signature once found good stays so. Of what can change, the
  // clock is asked below and the credential by the shard's fence, on every request.
  const verified = new Map<string, Verified>();
  // The keys are kept, not the promise of them: a promise belongs to the request that made it.
  const keys = async (): Promise<Keys> => {
    imported ??= await importKeys(signingKey);
    return imported;
  };
  return {
    async sign(claims, nowMs) {
      const { keyId, signing } = await keys();
      const issuedAt = Math.floor(nowMs / 1000);
      const {
        tenantNo: tenant,
        configurationNo: configuration,
        credentialNo: credential,
        shard,
        epoch,
      } = claims;
      return new SignJWT({ tenant, shard, configuration, credential, epoch })
        .setProtectedHeader({ alg: algorithm, kid: keyId, typ: "JWT" })
        .setIssuer(issuer)
        .setSubject(claims.configurationId)
        .setAudience(audience(claims.configurationId))
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + TOKEN_LIFETIME_SECONDS)
        .sign(signing);
    },
    async verify(token, nowMs) {
      const known = verified.get(token);
      if (known !== undefined) return isExpired(known, nowMs) ? undefined : known.claims;
      const found = await verifySignature(await keys(), token, nowMs);
      if (found === undefined) return undefined;
      const oldest = verified.keys().next();
      if (verified.size >= VERIFIED_TOKENS_KEPT_MAX && !oldest.done) verified.delete(oldest.value);
      verified.set(token, found);
      return found.claims;
    },
    async jwks() {
      return { keys: [(await keys()).published] };
    },
  };
}

const isExpired = ({ expiresAt }: Verified, nowMs: number): boolean =>
  expiresAt <= Math.floor(nowMs / 1000) - TOKEN_CLOCK_SKEW_SECONDS;

async function verifySignature(
  { keyId, verification }: Keys,
  token: string,
  nowMs: number,
): Promise<Verified | undefined> {
  const verified = await jwtVerify(
    token,
    (header) => {
      if (header.kid !== keyId) throw new Error("unknown key");
      return verification;
    },
    {
      algorithms: [algorithm],
      issuer,
      typ: "JWT",
      requiredClaims: ["iat", "exp", "sub", "aud"],
      currentDate: new Date(nowMs),
      clockTolerance: TOKEN_CLOCK_SKEW_SECONDS,
    },
    // Whatever is wrong with a token, the answer is the same: it is not one of ours.
  ).catch(() => undefined);
  const claims = verified && parseClaims(verified.payload);
  return claims && { claims, expiresAt: Number(verified.payload.exp) };
}

const audience = (configurationId: string): string => `configuration:${configurationId}`;

function parseClaims(payload: Record<string, unknown>): AccessClaims | undefined {
  const { sub, aud, tenant, shard, configuration, credential, epoch } = payload;
  if (typeof sub !== "string" || typeof shard !== "string" || aud !== audience(sub)) return undefined;
  const numbers = [tenant, configuration, credential, epoch];
  if (!numbers.every((value) => Number.isSafeInteger(value))) return undefined;
  return {
    tenantNo: Number(tenant),
    shard,
    configurationId: sub,
    configurationNo: Number(configuration),
    credentialNo: Number(credential),
    epoch: Number(epoch),
  };
}

async function importKeys(signingKey: string | undefined): Promise<Keys> {
  if (signingKey === undefined || signingKey === "") {
    throw new Error(
      "The secret TOKEN_SIGNING_KEY is missing: a private P-256 key as JSON Web Key with a kid.",
    );
  }
  const jwk = JSON.parse(signingKey) as JsonWebKey & { kid?: string };
  const { kty, crv, x, y, kid } = jwk;
  if (kty !== "EC" || crv !== "P-256" || x === undefined || y === undefined || kid === undefined) {
    throw new Error("The secret TOKEN_SIGNING_KEY is not a P-256 key with a kid.");
  }
  const published = { kty, crv, x, y, kid, alg: algorithm, use: "sig" };
  return {
    keyId: kid,
    signing: await importKey(jwk, "sign"),
    verification: await importKey(published, "verify"),
    published,
  };
}

const importKey = (key: JsonWebKey, usage: "sign" | "verify"): Promise<CryptoKey> =>
  crypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, false, [usage]);
