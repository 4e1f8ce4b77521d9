/** Effects that the brake holds back: who would leave which vault, why they wait, since when. */
import type { BrakeReason } from "../../domain/brake.ts";
import type { StagedEffects } from "../../gateway/vaults/staged-effects.ts";
import { counted } from "../words.ts";
import { Moment } from "./moment.tsx";
import { Notice } from "./notice.tsx";
import { Table } from "./table.tsx";
import { Tag, type TagKind } from "./tag.tsx";

export const brakeReasons: Record<BrakeReason, string> = {
  share: "too large a share of the vault's users at once",
  absolute: "too many of the vault's users at once",
  joined: "other effects on the vault waited already",
};

const states: Record<StagedEffects["state"], { text: string; kind: TagKind }> = {
  staged: { text: "waits for you", kind: "warning" },
  approved: { text: "approved", kind: "good" },
  discarded: { text: "discarded", kind: "neutral" },
};

export const StagedState = ({ state }: { state: StagedEffects["state"] }) => (
  <Tag kind={states[state].kind}>{states[state].text}</Tag>
);

/** What waits, where it comes from. */
export const stagedOrigin = ({ link }: StagedEffects): string =>
  link === null ? "people whom no link covers any more" : `${link.group} to ${link.target}`;

/** `within`: on the page of the vault itself. */
type StagedTableProps = { items: readonly StagedEffects[]; now: number; within?: "vault" };

export const StagedTable = ({ items, now, within }: StagedTableProps) => (
  <Table
    caption="Held back by the brake"
    columns={["Who would leave", "Link", "Why it waits", "Since", "State"]}
  >
    {items.map((effects) => (
      <tr>
        <th scope="row">
          <a href={`/staged-effects/${effects.id}`}>{counted(effects.people, "person", "people")}</a>
          {within === undefined && <span class="sub">from {effects.vault.name}</span>}
        </th>
        <td>{stagedOrigin(effects)}</td>
        <td>{brakeReasons[effects.reason]}</td>
        <td class="no-wrap">
          <Moment at={effects.createdAt} now={now} />
        </td>
        <td>
          <StagedState state={effects.state} />
        </td>
      </tr>
    ))}
  </Table>
);

/** Above a page that is about what waits: one line for each. */
export const StagedNotice = ({ items }: { items: readonly StagedEffects[] }) =>
  items.length === 0 ? null : (
    <Notice kind="warning">
      {items.slice(0, shownMax).map((effects) => (
        <p>
          {counted(effects.people, "person", "people")} would leave {effects.vault.name} (
          {stagedOrigin(effects)}). That is held back until an administrator decides:{" "}
          <a href={`/staged-effects/${effects.id}`}>see who, and decide</a>.
        </p>
      ))}
      {items.length > shownMax && (
        <p>
          <a href="/staged-effects">See all that waits</a>
        </p>
      )}
    </Notice>
  );

const shownMax = 3;
