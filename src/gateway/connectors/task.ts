/** A row of kind `connector` at work on one vault: what its parts are given. */
import type { Lease } from "../../store/vaults/connectors.ts";
import type { UpstreamFailure } from "../../upstream/failure.ts";
import type { ScimClient } from "../../upstream/scim-client.ts";
import type { Task } from "../outbox/task.ts";

/** One vault under this consumer's lease. */
export type Push = {
  task: Task;
  lease: Lease;
  /** When the lease ends; moved on by every step that is written. */
  until: number;
  /** Nothing new is begun from then on. */
  deadline: number;
  service: ScimClient;
  membersPerRequest: number;
  /** Refusals that concern one person or group: the others go on. */
  refusals: UpstreamFailure[];
};

/** Whether a step is done, or was left at the deadline. */
export type Step = "done" | "more";

export const namedUsers = ({ row }: Task): number[] => {
  const { users } = row.payload;
  return Array.isArray(users) ? users.map(Number) : [];
};

export function namedGroups({ row }: Task): number[] {
  const { groups } = row.payload;
  return Array.isArray(groups) ? groups.map(Number) : [];
}
