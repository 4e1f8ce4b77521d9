/** From a connection to the directory it leads to. */
import type { ImportProvider } from "../../domain/import.ts";
import { type Connection, ScimClient, type Transport } from "../scim-client.ts";
import type { Directory } from "./directory.ts";
import { type EntraConnection, EntraDirectory } from "./entra.ts";
import { type OktaConnection, OktaDirectory } from "./okta.ts";
import { ScimDirectory } from "./scim.ts";

export type DirectoryConnection =
  | ({ provider: Extract<ImportProvider, "entra"> } & EntraConnection)
  | ({ provider: Extract<ImportProvider, "okta"> } & OktaConnection)
  | ({ provider: Extract<ImportProvider, "scim"> } & Connection);

/** @throws UpstreamFailure `address` */
export function openDirectory(transport: Transport, connection: DirectoryConnection): Directory {
  switch (connection.provider) {
    case "entra":
      return new EntraDirectory(transport, connection);
    case "okta":
      return new OktaDirectory(transport, connection);
    case "scim":
      return new ScimDirectory(new ScimClient(transport, connection));
  }
}
