/** One user group of a vault: its members. */
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { findVaultGroup, getVault, listVaultGroupMembers } from "../../gateway/vaults/vaults.ts";
import { Empty } from "../components/empty.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { notFoundPage, problemPage } from "../problem.tsx";
import { counted } from "../words.ts";

const section = "/vaults";

export async function vaultGroupPage(c: ConsoleContext) {
  const vaultId = c.req.param("vaultId") ?? "";
  const vaultGroupId = c.req.param("vaultGroupId") ?? "";
  const cursor = c.req.query("cursor");
  const admin = c.get("admin");
  const request = { vaultId, vaultGroupId, cursor, limit: PAGE_LIMIT_DEFAULT };
  const [vault, group, members] = await Promise.all([
    getVault(admin, vaultId),
    findVaultGroup(admin, vaultId, vaultGroupId),
    listVaultGroupMembers(admin, request),
  ]);
  if (!vault.ok) return problemPage(c, vault.problem);
  if (group === undefined) return notFoundPage(c);
  if (!members.ok) return problemPage(c, members.problem);
  const { items, nextCursor } = members.value;
  const path = `${section}/${vaultId}`;
  return page(
    c,
    { title: group.name, section },
    <>
      <PageHead
        title={group.name}
        parent={{ path, name: vault.value.name }}
        lead={`User group of this vault · ${counted(group.memberCount, "member")}`}
      />
      {items.length === 0 ? (
        <Empty title="No members">
          <p>A link from a provisioned group fills this group.</p>
        </Empty>
      ) : (
        <Table caption="Members" columns={["User name", "State"]}>
          {items.map(({ userId, userName, state }) => (
            <tr>
              <th scope="row">
                <a href={`/users/${userId}`}>{userName}</a>
              </th>
              <td>
                <Tag kind={state === "enabled" ? "good" : "neutral"}>{state}</Tag>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pager path={`${path}/groups/${vaultGroupId}`} cursor={cursor} nextCursor={nextCursor} />
    </>,
  );
}
