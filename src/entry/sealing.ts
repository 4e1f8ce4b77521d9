/**
 * Secrets at rest: AES-256-GCM under a key from the secret CONNECTOR_KEY, bound to what they belong to. A sealed
 * secret reads `v1.<key id>.<nonce>.<ciphertext>`, base64url.
 *
 * CONNECTOR_KEY is 32 bytes in base64, or several such keys with commas between them: the first one seals, all of
 * them open. To change the key, put the new one in front; what was sealed under the old one opens until it is gone.
 */
import type { Sealing } from "../gateway/deps.ts";

const version = "v1";
const nonceBytes = 12;

type Key = { id: string; key: CryptoKey };

/** Called once per isolate: the imported keys live in this closure. */
export function openSealing(secret: string | undefined): Sealing {
  let imported: readonly [Key, ...Key[]] | undefined;
  const keys = async () => {
    imported ??= await importKeys(secret);
    return imported;
  };
  return {
    async seal(plain, context) {
      const [{ id, key }] = await keys();
      const iv = crypto.getRandomValues(new Uint8Array(nonceBytes));
      const sealed = await crypto.subtle.encrypt(
        parameters(iv, context),
        key,
        new TextEncoder().encode(plain),
      );
      return [version, id, base64url(iv), base64url(new Uint8Array(sealed))].join(".");
    },
    async open(sealed, context) {
      const [form, id, nonce = "", ciphertext = ""] = sealed.split(".");
      const key = (await keys()).find((candidate) => candidate.id === id);
      if (form !== version || key === undefined)
        throw new Error("sealed under a key that CONNECTOR_KEY lacks");
      const plain = await crypto.subtle.decrypt(
        parameters(bytesOf(nonce), context),
        key.key,
        bytesOf(ciphertext),
      );
      return new TextDecoder().decode(plain);
    },
  };
}

const parameters = (iv: Uint8Array<ArrayBuffer>, context: string) => ({
  name: "AES-GCM",
  iv,
  additionalData: new TextEncoder().encode(context),
});

async function importKeys(secret: string | undefined): Promise<readonly [Key, ...Key[]]> {
  const texts = (secret ?? "").split(",").map((text) => text.trim());
  const [first, ...others] = await Promise.all(texts.map(importKey));
  if (first === undefined) throw new Error(missing);
  return [first, ...others];
}

const missing = "The secret CONNECTOR_KEY is missing: 32 random bytes in base64.";

async function importKey(text: string): Promise<Key> {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) throw new Error(missing);
  const bytes = bytesOf(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return {
    id: base64url(new Uint8Array(digest).slice(0, 6)),
    key: await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]),
  };
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
    character.charCodeAt(0),
  );
