/**
 * Seals cursors: AES-GCM makes them opaque, unforgeable and bound to their context (RFC 9865 §5.2). The key comes
 * from the secret TOKEN_SIGNING_KEY by HKDF (RFC 5869), so that there is no second secret to set and to lose.
 */
import type { Cursors } from "../gateway/deps.ts";

const encoder = new TextEncoder();
const nonceBytes = 12;

/** Called once per isolate: the derived key lives in this closure. */
export function openCursors(secret: string | undefined): Cursors {
  let derived: CryptoKey | undefined;
  // The key is kept, not the promise of it: a promise belongs to the request that made it.
  const key = async (): Promise<CryptoKey> => {
    derived ??= await deriveKey(secret);
    return derived;
  };
  return {
    async seal(payload, context) {
      const iv = crypto.getRandomValues(new Uint8Array(nonceBytes));
      const sealed = await crypto.subtle.encrypt(
        { name: "AES-GCM", iv, additionalData: encoder.encode(context) },
        await key(),
        encoder.encode(payload),
      );
      return toText(new Uint8Array([...iv, ...new Uint8Array(sealed)]));
    },
    async open(cursor, context) {
      const bytes = fromText(cursor);
      if (bytes === undefined || bytes.length <= nonceBytes) return undefined;
      const parameters = {
        name: "AES-GCM",
        iv: bytes.slice(0, nonceBytes),
        additionalData: encoder.encode(context),
      };
      try {
        const payload = await crypto.subtle.decrypt(parameters, await key(), bytes.slice(nonceBytes));
        return new TextDecoder().decode(payload);
      } catch {
        // Whatever is wrong with it, it is not one of ours.
        return undefined;
      }
    },
  };
}

async function deriveKey(secret: string | undefined): Promise<CryptoKey> {
  if (secret === undefined || secret === "") {
    throw new Error(
      "The secret TOKEN_SIGNING_KEY is missing: a private P-256 key as JSON Web Key with a kid.",
    );
  }
  const material = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: encoder.encode("vestibule cursors") },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

const toText = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function fromText(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) =>
      letter.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}
