/**
 * Access tokens: JWTs signed with ES256 (RFC 7518 §3.4) by the key in the secret TOKEN_SIGNING_KEY. Whoever
 * verifies needs no look-up; whether the credential behind a token still counts, the shard's fence decides.
 */
import { importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { TOKEN_CLOCK_SKEW_SECONDS, TOKEN_LIFETIME_SECONDS } from "../domain/limits.ts";
import type { AccessClaims, Tokens } from "../gateway/deps.ts";

const algorithm = "ES256";
const issuer = "vestibule";

type Keys = { keyId: string; signing: CryptoKey; verification: CryptoKey; published: JWK };

/** Called once per isolate: the imported keys live in this closure. `signingKey` is a private JWK with `kid`. */
export function openTokens(signingKey: string | undefined): Tokens {
  let imported: Keys | undefined;
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
      const { keyId, verification } = await keys();
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
      return verified && parseClaims(verified.payload);
    },
    async jwks() {
      return { keys: [(await keys()).published] };
    },
  };
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
  const jwk = JSON.parse(signingKey) as JWK;
  const { kty, crv, x, y, kid } = jwk;
  if (kty !== "EC" || crv !== "P-256" || x === undefined || y === undefined || kid === undefined) {
    throw new Error("The secret TOKEN_SIGNING_KEY is not a P-256 key with a kid.");
  }
  const published = { kty, crv, x, y, kid, alg: algorithm, use: "sig" };
  return {
    keyId: kid,
    signing: asCryptoKey(await importJWK(jwk, algorithm)),
    verification: asCryptoKey(await importJWK(published, algorithm)),
    published,
  };
}

function asCryptoKey(key: CryptoKey | Uint8Array): CryptoKey {
  if (key instanceof Uint8Array) throw new Error("The secret TOKEN_SIGNING_KEY is not an asymmetric key.");
  return key;
}
