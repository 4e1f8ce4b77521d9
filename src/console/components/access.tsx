/** Vaults of a person, each with whether the person can use it, and if not, why (I22). */
import type { VaultAccess } from "../../gateway/vaults/vault-access.ts";
import { Table } from "./table.tsx";
import { Tag } from "./tag.tsx";

export type AccessLine = { vault: { id: string; name: string }; access: VaultAccess };

/** The first thing that keeps the person out, as the rest of a sentence. */
export function whyNot({ checks }: VaultAccess): string {
  const detail = checks.find(({ passed }) => !passed)?.detail ?? "";
  return `because ${detail.charAt(0).toLowerCase()}${detail.slice(1)}`;
}

/** What the enabled user of the vault has come through, when there is access. */
const whyYes = ({ checks }: VaultAccess): string => checks.at(-1)?.detail ?? "";

type AccessTableProps = {
  lines: readonly AccessLine[];
  userId: string;
  /** Names of the person's user groups, by vault. */
  groups: ReadonlyMap<string, string>;
};

export const AccessTable = ({ lines, userId, groups }: AccessTableProps) => (
  <Table caption="Vaults" columns={["Vault", "Access", { name: "Details", kind: "actions" }]}>
    {lines.map(({ vault, access }) => (
      <tr>
        <th scope="row">
          <a href={`/vaults/${vault.id}`}>{vault.name}</a>
          {groups.has(vault.id) && <span class="sub">{groups.get(vault.id)}</span>}
        </th>
        <td>
          {access.access ? <Tag kind="good">has access</Tag> : <Tag kind="neutral">has no access</Tag>}
          <span class="sub">{access.access ? whyYes(access) : whyNot(access)}</span>
        </td>
        <td class="row-actions">
          <a
            class="button small"
            href={`/vaults/${vault.id}/users/${userId}/access`}
            aria-label={`Why, in ${vault.name}`}
          >
            Why
          </a>
        </td>
      </tr>
    ))}
  </Table>
);
