/** What every change of a configuration begins and ends with: may this caller, and does the directory follow. */
import { may, type Permission } from "../../domain/role.ts";
import type { Row } from "../../store/database.ts";
import {
  type Configuration,
  type ConfigurationType,
  findConfiguration,
} from "../../store/identity/configurations.ts";
import { outboxPointers } from "../../store/outbox.ts";
import type { Admin } from "../admin.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { completeDirectory } from "./directory.ts";

export const unknownConfiguration: Problem = {
  kind: "not_found",
  detail: "There is no configuration with this id.",
};

/** Who may touch which kind (R10, R11). */
export function refuseKind({ identity: { role } }: Admin, type: ConfigurationType): Problem | undefined {
  const needed: Permission = type === "entra_gallery" ? "provision" : "provision_other";
  if (may(role, needed)) return undefined;
  const detail = `The role ${role} does not include the permission "${needed}", which configurations of type ${type} need.`;
  return { kind: "forbidden", detail };
}

/** The configuration, if there is one and the caller may change its kind. */
export async function findChangeable(admin: Admin, id: string): Promise<Outcome<Configuration>> {
  const configuration = await findConfiguration(admin.scope, id);
  if (configuration === undefined) return refuse(unknownConfiguration);
  const forbidden = refuseKind(admin, configuration.type);
  return forbidden === undefined ? done(configuration) : refuse(forbidden);
}

/** CONTROL follows before the answer; if it cannot, the row stays open and is handed to its consumer. */
export async function followInDirectory(
  { deps, scope }: Admin,
  { configurationNo, clientId }: Pick<Configuration, "configurationNo" | "clientId">,
  results: readonly Row[][],
): Promise<void> {
  const { shard, tenantNo, cause } = scope;
  const pointers = outboxPointers(results);
  const [row] = pointers.filter(({ kind }) => kind === "directory");
  const others = pointers.filter(({ kind }) => kind !== "directory");
  deps.signals.outboxWritten(shard.name, tenantNo, others);
  deps.directory.forget(clientId);
  if (row === undefined) return;
  const payload = JSON.stringify({ configuration: configurationNo });
  try {
    await completeDirectory(deps, shard.name, tenantNo, {
      seq: row.seq,
      payload,
      correlationId: cause.correlationId,
    });
  } catch (error) {
    deps.log({ level: "warn", message: "directory does not follow yet", error: String(error) });
    deps.signals.outboxWritten(shard.name, tenantNo, [row]);
  }
}
