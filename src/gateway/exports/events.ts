/** Provisioning events as a table, newest first. */
import { listEvents } from "../../store/overview/events-page.ts";
import { type CurrentCaller, keysetPages, type Table, timeCell } from "./table.ts";

export const eventsTable = (caller: CurrentCaller, before: number | undefined): Table => ({
  name: "events",
  header: [
    "seq",
    "at",
    "actor",
    "action",
    "subjectKind",
    "subjectId",
    "subjectName",
    "reason",
    "correlationId",
    "data",
  ],
  pages: keysetPages(caller, before ?? Number.MAX_SAFE_INTEGER, {
    read: ({ scope }, after, limit) => listEvents(scope, after, limit),
    keyOf: ({ seq }) => seq,
    present: (event) => [
      event.seq,
      timeCell(event.at),
      event.actor,
      event.action,
      event.subjectKind,
      event.subjectId,
      event.subjectName,
      event.reason,
      event.correlationId,
      JSON.stringify(event.data),
    ],
  }),
});
