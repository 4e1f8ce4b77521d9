/** The second half of an import: what follows from who is in the groups. */
import { accountOf, importPerson, inChunks, type RemotePerson } from "../../domain/import.ts";
import { IMPORT_ACCOUNTS_PER_BATCH, IMPORT_CHUNK_BYTES_MAX } from "../../domain/limits.ts";
import { fold } from "../../scim/fold.ts";
import { read } from "../../store/database.ts";
import { createAccounts } from "../../store/imports/accounts.ts";
import { enableReturning, selectReturning } from "../../store/imports/enabling.ts";
import {
  addMembers,
  linkGroup,
  removeGone,
  selectPageWithNewMembers,
  selectSomeGone,
} from "../../store/imports/members.ts";
import { importPage, resolvePage, selectNamesWithoutAccount, selectPage } from "../../store/imports/pages.ts";
import { countInRun } from "../../store/imports/runs.ts";
import type { Import, Place, Step } from "./step.ts";

/** Accounts for those of a page who have none (R52), in chunks; then the page knows whose its people are. */
export async function createMissingAccounts({ task, run }: Import, place: Place): Promise<Step> {
  const { deps, scope } = task;
  const [[row] = []] = await read(scope.shard, [selectPage(scope, run.vaultNo, place.page)]);
  if (row === undefined) return { next: { phase: "members", page: 1 } };
  const { pageNo, people } = importPage(row);
  const named = byName(people);
  const [without = []] = await read(scope.shard, [selectNamesWithoutAccount(scope, [...named.keys()])]);
  const missing = without.flatMap(({ name }) => named.get(String(name)) ?? []);
  const created = missing.filter(
    ({ active }) =>
      !importPerson({ account: "none", active, vaultUser: undefined, enableDisabled: false }).skipped,
  );
  const accounts = created.map(({ attributes }) => ({ scimId: deps.newId(), attributes }));
  const [chunk] = inChunks(accounts, IMPORT_ACCOUNTS_PER_BATCH, IMPORT_CHUNK_BYTES_MAX);
  if (chunk !== undefined) {
    return { statements: createAccounts(scope, run.vaultNo, chunk), next: { page: pageNo } };
  }
  const skipped = people.length - named.size + missing.length;
  return {
    statements: [
      resolvePage(scope, run.vaultNo, pageNo, [...named.keys()]),
      ...(skipped === 0 ? [] : [countInRun(scope, run, "skipped", skipped)]),
    ],
    next: { page: pageNo + 1 },
  };
}

type NamedPerson = Pick<RemotePerson, "active"> & {
  attributes: NonNullable<ReturnType<typeof accountOf>>;
};

/** People by the name that accounts are matched by (I11); who has none that an account can have is left out. */
function byName(people: readonly RemotePerson[]): Map<string, NamedPerson> {
  const named = new Map<string, NamedPerson>();
  for (const person of people) {
    const attributes = accountOf(person);
    if (attributes !== undefined) named.set(fold(attributes.userName), { active: person.active, attributes });
  }
  return named;
}

/** Those who came, page by page; then those who left, group by group. */
export async function moveImported({ task, run, groups }: Import, place: Place): Promise<Step> {
  const { deps, scope } = task;
  const { vaultNo } = run;
  const [[page] = []] = await read(scope.shard, [selectPageWithNewMembers(scope, vaultNo, place.page)]);
  if (page !== undefined) {
    const [pageNo, groupNo] = [Number(page["page_no"]), Number(page["group_no"])];
    const statements = addMembers(scope, { vaultNo, pageNo, groupNo }, deps.newId());
    return { statements, next: { page: pageNo + 1 } };
  }
  const questions = groups.map(({ groupNo }) => selectSomeGone(scope, vaultNo, groupNo));
  const gone = questions.length === 0 ? [] : await read(scope.shard, questions);
  const group = groups.find((_, index) => Number(gone[index]?.[0]?.["some"]) === 1);
  if (group !== undefined) {
    const { groupNo } = group;
    return { statements: removeGone(scope, { vaultNo, groupNo }, deps.newId()), next: {} };
  }
  return { next: { phase: "links", page: 1 } };
}

/** A group that has been read for the first time is linked to its target: then the target follows it. */
export async function linkImported({ task, run, groups }: Import, place: Place): Promise<Step> {
  const { deps, scope } = task;
  const unlinked = groups.filter(({ groupNo, link }) => link === undefined && groupNo >= place.page);
  const [group] = unlinked;
  if (group === undefined) return { next: { phase: "enable" } };
  return {
    statements: linkGroup(scope, run.vaultNo, group, deps.newId()),
    next: { page: group.groupNo + 1 },
    refusal: `The user group ${group.target.name} is gone, or linked to another group. Choose another target in the synchronization settings.`,
  };
}

/** R59, when the settings say so. */
export async function enableImported({ task, record, run }: Import): Promise<Step> {
  const { scope, row } = task;
  if (!record.enableDisabled) return {};
  const [[found] = []] = await read(scope.shard, [selectReturning(scope, run.vaultNo)]);
  if (Number(found?.["some"]) !== 1) return {};
  return { statements: enableReturning(scope, row, run.vaultNo), next: {} };
}
