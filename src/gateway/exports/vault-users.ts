/** Users of one vault as a table. */
import { hasVaultAccess } from "../../domain/vault.ts";
import { selectVaultUsers, vaultUserRecord } from "../../store/vaults/vault-users.ts";
import { done, type Outcome, refuse } from "../problem.ts";
import { fenced, findVault, noVault } from "../vaults/vaults.ts";
import { type CurrentCaller, keysetPages, type Table } from "./table.ts";

export async function vaultUsersTable(caller: CurrentCaller, vaultId: string): Promise<Outcome<Table>> {
  const vault = await findVault(await caller(), vaultId);
  if (vault === undefined) return refuse(noVault);
  return done({
    name: "vault-users",
    header: ["userId", "userName", "state", "disabledBy", "pinned", "access", "groups"],
    pages: keysetPages(caller, 0, {
      read: async (admin, after, limit) =>
        (await fenced(admin, selectVaultUsers(admin.scope, vault.vaultNo, after, limit))).map(
          vaultUserRecord,
        ),
      keyOf: ({ userNo }) => userNo,
      present: (user) => [
        user.userId,
        user.userName,
        user.state,
        user.disabledBy,
        user.pinned,
        hasVaultAccess({ ...user.account, vaultUser: user }),
        user.groups.map(({ name }) => name).join("; "),
      ],
    }),
  });
}
