/** How the synchronization of a vault stands: its next import, the last one, and its groups. */
import type { ImportState } from "../../domain/import.ts";
import type { ImportRun } from "../../gateway/imports/found.ts";
import type { Synchronization } from "../../gateway/imports/imports.ts";
import type { ImportTest } from "../../gateway/imports/runs.ts";
import { Moment } from "../components/moment.tsx";
import { Notice } from "../components/notice.tsx";
import { Table } from "../components/table.tsx";
import { Tag, type TagKind } from "../components/tag.tsx";
import { counted, figure } from "../words.ts";

const states: Record<ImportState, { text: string; kind: TagKind }> = {
  scheduled: { text: "scheduled", kind: "neutral" },
  running: { text: "running", kind: "accent" },
  succeeded: { text: "succeeded", kind: "good" },
  failed: { text: "failed", kind: "bad" },
};

type StateProps = {
  path: string;
  synchronization: Synchronization;
  test: ImportTest | undefined;
  now: number;
  mayChange: boolean;
};

export const SynchronizationState = ({ path, synchronization, test, now, mayChange }: StateProps) => {
  const { currentImport, lastImport, groups } = synchronization;
  return (
    <>
      {test !== undefined && <Tested test={test} />}
      <section class="card" aria-labelledby="imports">
        <h2 id="imports">Imports</h2>
        <dl class="facts">
          <dt>Next import</dt>
          <dd>{currentImport === null ? "none" : <Next run={currentImport} />}</dd>
          <dt>Last import</dt>
          <dd>{lastImport === null ? "none yet" : <Last run={lastImport} now={now} />}</dd>
        </dl>
        {mayChange && (
          <div class="actions">
            <form method="post" action={`${path}/runs`}>
              <button type="submit" class="button primary">
                Import now
              </button>
            </form>
            <form method="post" action={`${path}/test`}>
              <button type="submit" class="button">
                Try the provider
              </button>
            </form>
            <a class="button danger" href={`${path}/end`}>
              Turn off …
            </a>
          </div>
        )}
      </section>
      <Table caption="Imported groups" columns={["Group", "User group", { name: "Members", kind: "number" }]}>
        {groups.map(({ remoteId, name, vaultGroup, members, link }) => (
          <tr>
            <th scope="row">
              {name}
              <span class="sub">{remoteId}</span>
            </th>
            <td>
              {link === null ? vaultGroup.name : <a href={`/links/${link.id}`}>{vaultGroup.name}</a>}{" "}
              {link === null && <Tag kind="neutral">not read yet</Tag>}
            </td>
            <td class="number">{figure(members)}</td>
          </tr>
        ))}
      </Table>
    </>
  );
};

const Next = ({ run: { state, scheduledFor, read, error } }: { run: ImportRun }) =>
  state === "running" ? (
    <>
      <Tag kind={states[state].kind}>{states[state].text}</Tag> {counted(read, "member")} read
      {error !== null && <span class="sub">waits: {error}</span>}
    </>
  ) : (
    <time datetime={scheduledFor}>{scheduledFor.slice(0, 16).replace("T", " ")} UTC</time>
  );

const Last = ({ run, now }: { run: ImportRun; now: number }) => {
  const { state, finishedAt, read, created, added, removed, enabled, skipped, error } = run;
  const counts: [number, string][] = [
    [read, "read"],
    [created, "accounts created"],
    [added, "came"],
    [removed, "left"],
    [enabled, "enabled"],
    [skipped, "left out"],
  ];
  const told = counts.filter(([count], index) => index === 0 || count > 0);
  return (
    <>
      <Tag kind={states[state].kind}>{states[state].text}</Tag>{" "}
      {finishedAt !== null && <Moment at={finishedAt} now={now} />}
      <span class="sub">{told.map(([count, what]) => `${figure(count)} ${what}`).join(" · ")}</span>
      {error !== null && <span class="sub">{error}</span>}
    </>
  );
};

const outcomes: Record<ImportTest["stages"][number]["outcome"], { text: string; kind: TagKind }> = {
  passed: { text: "passed", kind: "good" },
  failed: { text: "failed", kind: "bad" },
  skipped: { text: "not tried", kind: "neutral" },
};

const Tested = ({ test }: { test: ImportTest }) => (
  <>
    <Notice kind={test.passed ? "success" : "error"}>
      {test.passed
        ? "The provider answers. Nothing was changed."
        : "This does not work yet. Nothing was changed."}
    </Notice>
    <section class="card" aria-labelledby="tried">
      <h2 id="tried">What was tried</h2>
      <ol class="checks">
        {test.stages.map(({ stage, outcome, detail }) => (
          <li>
            <Tag kind={outcomes[outcome].kind}>{outcomes[outcome].text}</Tag>
            <div>
              {stage === "credential" ? "The credential is ready for use" : `The group ${stage} can be read`}
              {detail !== null && <span class="sub">{detail}</span>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  </>
);
