/** Provisioning events, and the outbox of what follows from them. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Provisioning events: append-only, one per change, numbered per tenant. */
export const events = sqliteTable(
  "events",
  {
    tenantNo: integer("tenant_no").notNull(),
    seq: integer("seq").notNull(),
    at: integer("at").notNull(),
    /** `idp:<configuration id>`, `admin:<id>`, `key:<id>` or `system`. */
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    subjectKind: text("subject_kind").notNull(),
    subjectNo: integer("subject_no").notNull(),
    reason: text("reason"),
    correlationId: text("correlation_id").notNull(),
    /** What changed, as JSON: before and after, names, lists of user numbers for set-based effects. */
    data: text("data").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.seq] })],
);

/** Which events speak of a subject; a set-based effect names each person it touched. */
export const eventSubjects = sqliteTable(
  "event_subjects",
  {
    tenantNo: integer("tenant_no").notNull(),
    subjectKind: text("subject_kind").notNull(),
    subjectNo: integer("subject_no").notNull(),
    seq: integer("seq").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.subjectKind, table.subjectNo, table.seq] })],
);

/**
 * What follows from a change and is still to be done. Keyed by the event of the change: event numbers are
 * never reused, so a late repetition of a message can never close another row.
 */
export const outbox = sqliteTable(
  "outbox",
  {
    tenantNo: integer("tenant_no").notNull(),
    kind: text("kind").notNull(),
    seq: integer("seq").notNull(),
    payload: text("payload").notNull(),
    correlationId: text("correlation_id").notNull(),
    /** The sweeper hands the row out (again) from this time on. */
    availableAt: integer("available_at").notNull(),
    attempts: integer("attempts").notNull().default(0),
    error: text("error"),
    /** Set when the row came back from the dead-letter queue; an administrator redrives it. */
    deadAt: integer("dead_at"),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.kind, table.seq] })],
);
