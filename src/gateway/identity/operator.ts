/** Whoever runs the installation: one key, kept as a secret of the Worker and nowhere else. */
import type { Deps } from "../deps.ts";
import { countRefusal, ensureNotRefusedOften } from "../rates.ts";
import { equalHashes, hashSecret } from "../secret.ts";

/** Guesses are counted under a client id that no client can have. */
const guesser = "operator";

/**
 * `absent`: no key is set, so there is nothing to open.
 * @throws TooManyRequests after too many wrong keys from one address.
 */
export async function operatorMay(
  deps: Deps,
  presented: string | undefined,
): Promise<"allowed" | "refused" | "absent"> {
  if (deps.operatorKey === undefined) return "absent";
  ensureNotRefusedOften(deps, guesser);
  const [ours, theirs] = await Promise.all([hashSecret(deps.operatorKey), hashSecret(presented ?? "")]);
  if (equalHashes(ours, theirs)) return "allowed";
  await countRefusal(deps, guesser);
  return "refused";
}
