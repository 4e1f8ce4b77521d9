/** State of a link in words. */
import type { LinkState as State } from "../../domain/link.ts";
import type { Link } from "../../gateway/vaults/links.ts";
import { Moment } from "./moment.tsx";
import { Tag, type TagKind } from "./tag.tsx";

const states: Record<State, { text: string; kind: TagKind }> = {
  pending: { text: "waiting to start", kind: "accent" },
  propagating: { text: "propagating", kind: "accent" },
  active: { text: "active", kind: "good" },
  error: { text: "failed, being retried", kind: "bad" },
  paused: { text: "paused", kind: "neutral" },
  unlinking: { text: "being taken off", kind: "accent" },
  removed: { text: "removed", kind: "neutral" },
  source_deleted: { text: "source group deleted", kind: "warning" },
};

/** States in which something is being done right now. */
const busy: readonly State[] = ["pending", "propagating", "unlinking", "error"];

export const isBusy = (state: State): boolean => busy.includes(state);

export const LinkState = ({ state }: { state: State }) => (
  <Tag kind={states[state].kind}>{states[state].text}</Tag>
);

/** When the target last had exactly the members of its group. */
export const LastSync = ({
  link: { lastSyncedAt },
  now,
}: {
  link: Pick<Link, "lastSyncedAt">;
  now: number;
}) => (lastSyncedAt === null ? <span class="faint">not yet</span> : <Moment at={lastSyncedAt} now={now} />);
