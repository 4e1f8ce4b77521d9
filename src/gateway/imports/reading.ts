/** The first half of an import: who is in the groups. Nothing takes effect here. */
import { inChunks } from "../../domain/import.ts";
import {
  IMPORT_CHUNK_BYTES_MAX,
  IMPORT_DESCRIBED_PER_STEP,
  IMPORT_PEOPLE_MAX,
  IMPORT_PEOPLE_PER_PAGE,
} from "../../domain/limits.ts";
import { read } from "../../store/database.ts";
import { importPage, insertPage, replacePeople, selectPage } from "../../store/imports/pages.ts";
import { countInRun } from "../../store/imports/runs.ts";
import { type Import, ImportRefused, type Place, type Step } from "./step.ts";

/** One page of one group. A group has a page of its own even when nobody is in it: that is how it is known to be read. */
export async function readMembers(work: Import, place: Place): Promise<Step> {
  const { task, groups, record, run } = work;
  const { scope } = task;
  const group = groups.find(({ groupNo }) => groupNo >= place.group);
  if (group === undefined) {
    // Only SCIM services name members by id alone.
    return { next: { phase: record.provider === "scim" ? "describe" : "accounts", page: 1 } };
  }
  const cursor = group.groupNo === place.group ? place.cursor || undefined : undefined;
  const directory = await work.directory();
  const { people, next } = await directory.readPage(group.remoteId, record.includeNested, cursor);
  const total = (place.read ?? 0) + people.length;
  if (total > IMPORT_PEOPLE_MAX) {
    throw new ImportRefused(
      `The groups have more than ${IMPORT_PEOPLE_MAX} members together, which is more than one import reads. Synchronize smaller groups, or use provisioning.`,
    );
  }
  const chunks = inChunks(people, IMPORT_PEOPLE_PER_PAGE, IMPORT_CHUNK_BYTES_MAX);
  const pages = (chunks.length === 0 ? [[]] : chunks).map((chunk, index) => ({
    pageNo: place.page + index,
    groupNo: group.groupNo,
    people: chunk,
  }));
  return {
    statements: [
      ...pages.map((page) => insertPage(scope, run.vaultNo, page)),
      countInRun(scope, run, "read", people.length),
    ],
    next: {
      page: place.page + pages.length,
      read: total,
      ...(next === undefined
        ? { group: group.groupNo + 1, cursor: "" }
        : { group: group.groupNo, cursor: next }),
    },
  };
}

/** Who the people are whom a provider named by id only. Whom it does not know any more is no member. */
export async function describeMembers(work: Import, place: Place): Promise<Step> {
  const { task, run } = work;
  const { scope } = task;
  const [[row] = []] = await read(scope.shard, [selectPage(scope, run.vaultNo, place.page)]);
  if (row === undefined) return { next: { phase: "accounts", page: 1 } };
  const { pageNo, people } = importPage(row);
  const unknown = people.filter(({ userName }) => userName === undefined);
  if (unknown.length === 0) return { next: { page: pageNo + 1 } };
  const asked = unknown.slice(0, IMPORT_DESCRIBED_PER_STEP).map(({ id }) => id);
  const directory = await work.directory();
  const described = new Map((await directory.describe(asked)).map((person) => [person.id, person]));
  const known = people.flatMap((person) => {
    if (!asked.includes(person.id)) return [person];
    const found = described.get(person.id);
    // Without a name the person is left out later, but need not be asked for again.
    return found === undefined ? [] : [{ ...found, userName: found.userName ?? "" }];
  });
  return {
    statements: [
      replacePeople(scope, run.vaultNo, pageNo, known),
      countInRun(scope, run, "skipped", people.length - known.length),
    ],
    next: { page: pageNo },
  };
}
