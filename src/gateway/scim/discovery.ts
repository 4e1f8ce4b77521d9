/** What discovery must know of the configuration to tell the truth. */
import { selectConfigurationType } from "../../store/resources/discovery.ts";
import { readAs, type ScimClient } from "./client.ts";

export async function configurationType(client: ScimClient): Promise<"entra_gallery" | "other_scim"> {
  const [rows] = await readAs(client, (scope) => [
    selectConfigurationType(scope, client.identity.configurationNo),
  ]);
  return rows?.[0]?.["type"] === "other_scim" ? "other_scim" : "entra_gallery";
}
