/**
 * What is still to be done after a change, as rows of the outbox; and the queue message that points at one.
 * A message carries no work of its own: whoever receives it reads the row, and a row that is gone is done.
 */

/** Effects by kind. Payloads are read by the consumer of that kind only. */
export const OUTBOX_KINDS = [
  /** Accounts whose entitlement may have changed, or pools that may serve their queue. Taken by the allocator. */
  "license",
  /** Named users whose membership of a source group changed. */
  "membership",
  /** A link to bring in line from end to end, in chunks. */
  "link",
  /** A deleted source group whose member rows are still to be cleared. */
  "group_cleanup",
  /** A deleted configuration whose accounts are still to be released. */
  "configuration_cleanup",
  /** People and user groups of a vault that its own SCIM service is to be told of. */
  "connector",
  /** An import of a vault that synchronizes by pulling, from page to page. */
  "import",
  /** A row of CONTROL that must follow the shard. */
  "directory",
] as const;
export type OutboxKind = (typeof OUTBOX_KINDS)[number];

export type PropagationMessage = {
  v: 1;
  shard: string;
  tenantNo: number;
  kind: OutboxKind;
  seq: number;
};

/** A message of this or an older deployment, or undefined: what cannot be read cannot be retried either. */
export function parsePropagationMessage(body: unknown): PropagationMessage | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { v, shard, tenantNo, kind, seq } = body as Record<string, unknown>;
  const known = OUTBOX_KINDS.find((candidate) => candidate === kind);
  if (v !== 1 || typeof shard !== "string" || known === undefined) return undefined;
  if (typeof tenantNo !== "number" || typeof seq !== "number") return undefined;
  return { v, shard, tenantNo, kind: known, seq };
}
