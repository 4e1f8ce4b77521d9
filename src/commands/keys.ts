/** Keys that an installation makes for itself, once. */
import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";

/** A fresh private ES256 key as a JSON Web Key: signs access tokens. */
export function signingKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return JSON.stringify({
    ...privateKey.export({ format: "jwk" }),
    kid: randomUUID(),
    alg: "ES256",
    use: "sig",
  });
}

/** Seals what is kept of other services' credentials. */
export const connectorKey = (): string => randomBytes(32).toString("base64");

/** What the operator of the installation shows. */
export const operatorKey = (): string => randomBytes(32).toString("base64url");
