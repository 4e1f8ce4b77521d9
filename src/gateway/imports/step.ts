/** A running import between two of its steps. */
import type { Statement } from "../../store/database.ts";
import type { ImportGroupRecord } from "../../store/imports/groups.ts";
import type { ImportRecord } from "../../store/imports/settings.ts";
import type { Directory } from "../../upstream/directory/directory.ts";
import type { Task } from "../outbox/task.ts";

export type Import = {
  task: Task;
  record: ImportRecord;
  run: { vaultNo: number; runNo: number };
  /** In order of their numbers. */
  groups: readonly ImportGroupRecord[];
  directory(): Promise<Directory>;
};

/** Where an import is: the payload of its row. */
export type Place = {
  vault: number;
  run: number;
  /** Counts steps: whoever is behind writes nothing. */
  at: number;
  phase: "read" | "describe" | "accounts" | "members" | "links" | "enable";
  /** The group that is being read; 0 before the first. */
  group: number;
  /** Where the group goes on, in the provider's words. */
  cursor?: string;
  /** The page to write next, or to look at. */
  page: number;
  /** Memberships read so far. */
  read?: number;
  /** Failed attempts at this step. */
  attempts?: number;
};

export type Step = {
  /** What the step does; undefined when it found nothing to do. */
  statements?: readonly Statement[];
  /** What changes of the place; undefined at the end of the import. */
  next?: Partial<Place>;
  /** What to tell an administrator when a rule refuses the batch. */
  refusal?: string;
};

/** The import cannot go on, for a reason that is an administrator's to remove. */
export class ImportRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ImportRefused";
  }
}
