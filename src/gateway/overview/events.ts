/** Provisioning events as administrators read them (R71, R73): newest first, of everything or of one subject. */
import { SUBJECT_KINDS, type SubjectKind } from "../../domain/event.ts";
import type { JsonObject } from "../../scim/json.ts";
import { type EventRecord, listEvents, listEventsOf } from "../../store/overview/events-page.ts";
import type { Admin } from "../admin.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, refuse } from "../problem.ts";

export type ProvisioningEvent = {
  seq: number;
  at: string;
  /** `idp:<configuration id>`, `admin:<id>`, `key:<id>` or `system`. */
  actor: string;
  action: string;
  /** Id and name as they are today; absent when the subject has none any more. */
  subject: { kind: string; id?: string; name?: string };
  reason: string | null;
  correlationId: string;
  data: JsonObject;
};

/** @param request.subject `kind:id`, such as `user:0190…` */
export async function listProvisioningEvents(
  { scope }: Admin,
  request: PageRequest & { subject?: string | undefined },
): Promise<Outcome<Page<ProvisioningEvent>>> {
  const cursor = decodeCursor(request.cursor, ["number"]);
  if (!cursor.ok) return cursor;
  const before = Number(cursor.value?.[0] ?? Number.MAX_SAFE_INTEGER);
  const key = ({ seq }: EventRecord) => [seq];
  if (request.subject === undefined) {
    return done(toPage(await listEvents(scope, before, request.limit + 1), request, key, present));
  }
  const subject = parseSubject(request.subject);
  if (subject === undefined) {
    const detail = `subject: has to be kind:id with one of the kinds ${SUBJECT_KINDS.join(", ")}`;
    return refuse({ kind: "invalid", detail });
  }
  const rows = await listEventsOf(scope, subject, before, request.limit + 1);
  if (rows === undefined) {
    return refuse({ kind: "not_found", detail: `There is no ${subject.kind} with this id.` });
  }
  return done(toPage(rows, request, key, present));
}

function parseSubject(text: string): { kind: SubjectKind; id: string } | undefined {
  const colon = text.indexOf(":");
  const kind = SUBJECT_KINDS.find((candidate) => candidate === text.slice(0, colon));
  const id = text.slice(colon + 1);
  return colon < 0 || kind === undefined || id === "" ? undefined : { kind, id };
}

const present = (event: EventRecord): ProvisioningEvent => ({
  seq: event.seq,
  at: new Date(event.at).toISOString(),
  actor: event.actor,
  action: event.action,
  subject: {
    kind: event.subjectKind,
    ...(event.subjectId === null ? {} : { id: event.subjectId }),
    ...(event.subjectName === null ? {} : { name: event.subjectName }),
  },
  reason: event.reason,
  correlationId: event.correlationId,
  data: event.data,
});
