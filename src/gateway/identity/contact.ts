/** When a client last called, kept to the hour (R70): noted after the answer, and never in its way. */
import { noteContactInShard } from "../../store/identity/credentials.ts";
import type { ScimClient } from "../scim/client.ts";

/** Call it once the fence has passed. An isolate writes at most once an hour for each secret. */
export function noteContact({ deps, scope, identity }: ScimClient): void {
  const { configurationNo, credentialNo } = identity;
  if (!deps.directory.contactIsDue(`${scope.tenantNo}:${credentialNo}`, scope.now)) return;
  const work = noteContactInShard(scope, { configurationNo, credentialNo }).catch((error: unknown) =>
    deps.log({ level: "warn", message: "last contact not noted", error: String(error) }),
  );
  deps.afterResponse(work);
}
