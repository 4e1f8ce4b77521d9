/** Users of a vault, and what an administrator may do to them. */

import type { AdminAct } from "../../domain/vault.ts";
import { getUser } from "../../gateway/overview/users.ts";
import { actOnVaultUser, type VaultUserEntry } from "../../gateway/vaults/vault-users.ts";
import { getVault, type Vault } from "../../gateway/vaults/vaults.ts";
import { Empty } from "../components/empty.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";
import { VaultState } from "../components/vault-state.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";

const section = "/vaults";

type VaultUsersProps = { vault: Vault; users: readonly VaultUserEntry[]; mayChange: boolean };

export const VaultUsers = ({ vault, users, mayChange }: VaultUsersProps) =>
  users.length === 0 ? (
    <Empty title="No users yet">
      <p>People come into a vault through links: link a provisioned group to one of the user groups.</p>
    </Empty>
  ) : (
    <Table
      caption="Vault users"
      columns={[
        "User name",
        "State",
        "User groups",
        ...(mayChange ? [{ name: "Actions", kind: "actions" as const }] : []),
      ]}
    >
      {users.map((user) => (
        <tr>
          <th scope="row">
            <a href={`/users/${user.userId}`}>{user.userName}</a>
          </th>
          <td>
            <VaultState state={user.state} disabledBy={user.disabledBy} />{" "}
            {user.state === "enabled" && !user.access && <Tag kind="warning">no access</Tag>}{" "}
            {user.pinned && <Tag kind="neutral">pinned</Tag>}
            <a
              class="why"
              href={`${section}/${vault.id}/users/${user.userId}/access`}
              aria-label={`Why ${user.userName} ${user.access ? "has access" : "has no access"}`}
            >
              why?
            </a>
          </td>
          <td>{user.groups.map(({ name }) => name).join(", ") || <span class="faint">none</span>}</td>
          {mayChange && (
            <td class="row-actions">
              <Acts vaultId={vault.id} user={user} />
            </td>
          )}
        </tr>
      ))}
    </Table>
  );

const Acts = ({ vaultId, user }: { vaultId: string; user: VaultUserEntry }) => {
  const path = `${section}/${vaultId}/users/${user.userId}`;
  const enableWord = user.state === "deleted" ? "Restore" : "Enable";
  const pinWord = user.pinned ? "Unpin" : "Pin";
  return (
    <>
      {user.state === "enabled" ? (
        <form method="post" action={`${path}/disable`}>
          <button type="submit" class="button small" aria-label={`Disable ${user.userName}`}>
            Disable
          </button>
        </form>
      ) : (
        <form method="post" action={`${path}/enable`}>
          <button type="submit" class="button small" aria-label={`${enableWord} ${user.userName}`}>
            {enableWord}
          </button>
        </form>
      )}
      {user.state !== "deleted" && (
        <>
          <form method="post" action={`${path}/${pinWord.toLowerCase()}`}>
            <button type="submit" class="button small" aria-label={`${pinWord} ${user.userName}`}>
              {pinWord}
            </button>
          </form>
          <a class="button small danger" href={`${path}/delete`} aria-label={`Delete ${user.userName}`}>
            Delete
          </a>
        </>
      )}
    </>
  );
};

const idsOf = (c: ConsoleContext) => ({
  vaultId: c.req.param("vaultId") ?? "",
  userId: c.req.param("userId") ?? "",
});

const act = (name: AdminAct, notice: string) =>
  async function vaultUserAction(c: ConsoleContext) {
    const { vaultId, userId } = idsOf(c);
    const outcome = await actOnVaultUser(c.get("admin"), { vaultId, userId, act: name });
    if (!outcome.ok) return problemPage(c, outcome.problem);
    return c.redirect(`${section}/${vaultId}?notice=vault-user-${notice}`, 303);
  };

export const enableVaultUserAction = act("enable", "enabled");
export const disableVaultUserAction = act("disable", "disabled");
export const deleteVaultUserAction = act("delete", "deleted");
export const pinVaultUserAction = act("pin", "pinned");
export const unpinVaultUserAction = act("unpin", "unpinned");

export async function deleteVaultUserPage(c: ConsoleContext) {
  const { vaultId, userId } = idsOf(c);
  const admin = c.get("admin");
  const [vault, user] = await Promise.all([getVault(admin, vaultId), getUser(admin, userId)]);
  if (!vault.ok) return problemPage(c, vault.problem);
  if (!user.ok) return problemPage(c, user.problem);
  const { name } = vault.value;
  const { userName } = user.value;
  const path = `${section}/${vaultId}`;
  return page(
    c,
    { title: `Delete ${userName}`, section },
    <>
      <PageHead title={`Delete ${userName} from “${name}”?`} parent={{ path, name }} />
      <section class="card">
        <ul class="instructions">
          <li>The person leaves the user groups of this vault and has no access to it.</li>
          <li>
            No link brings the person back, whatever the identity provider says. Only you can, with Restore.
          </li>
          <li>The login account, its license and other vaults are not touched.</li>
        </ul>
        <form class="actions" method="post" action={`${path}/users/${userId}/delete`}>
          <button type="submit" class="button danger">
            Delete the vault user
          </button>
          <a class="button" href={path}>
            Cancel
          </a>
        </form>
      </section>
    </>,
  );
}
