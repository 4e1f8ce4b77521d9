/** What stands in the way of a link, and what an administrator can do about it. */
import type { Link } from "../../gateway/vaults/links.ts";
import { Notice } from "../components/notice.tsx";

export const LinkObstacle = ({ link }: { link: Link }) => {
  const { id, state, error, group, vault, target, waitingForApproval } = link;
  if (state === "source_deleted") {
    return (
      <Notice kind="warning">
        <p>
          The identity provider deleted the group {group.name}.{" "}
          {waitingForApproval === 0
            ? `Its members have left ${target.name}, and the link has nothing left to do.`
            : `Its members are still in ${target.name}: the brake holds them until an administrator decides.`}{" "}
          <a href={`/links/${id}/unlink`}>Unlink it</a>, then link another group to {target.name}.
        </p>
      </Notice>
    );
  }
  if (state === "paused") {
    return (
      <Notice kind="information">
        <p>
          Paused: changes of {group.name} do not reach {target.name}. When resumed, the link runs from end to
          end and makes up for them. <a href={`/vaults/${vault.id}/drift`}>What it would change</a>
        </p>
      </Notice>
    );
  }
  return error === null ? null : (
    <Notice kind="error">
      <p>The last attempt failed and is being retried: {error}</p>
      <p>
        You may try again now, see <a href="/failed-work">what was given up</a>, or{" "}
        <a href={`/vaults/${vault.id}`}>how the vault does</a>.
      </p>
    </Notice>
  );
};
