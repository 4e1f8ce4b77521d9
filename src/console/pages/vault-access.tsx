/** Whether a person can use a vault, and why not (I22): one vault in detail, or every vault in a line. */

import { may } from "../../domain/role.ts";
import type { AccessCheck } from "../../domain/vault.ts";
import type { Admin } from "../../gateway/admin.ts";
import { getUser } from "../../gateway/overview/users.ts";
import { done, type Outcome } from "../../gateway/problem.ts";
import { explainVaultAccess, type VaultAccess } from "../../gateway/vaults/vault-access.ts";
import { getVault, listVaults, type Vault } from "../../gateway/vaults/vaults.ts";
import { type AccessLine, AccessTable, whyNot } from "../components/access.tsx";
import { Empty } from "../components/empty.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Tag } from "../components/tag.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";

/** Each vault is two reads. */
const vaultsPerPage = 20;

export async function vaultAccessPage(c: ConsoleContext) {
  const vaultId = c.req.param("vaultId") ?? "";
  const userId = c.req.param("userId") ?? "";
  const admin = c.get("admin");
  const [vault, access] = await Promise.all([
    getVault(admin, vaultId),
    explainVaultAccess(admin, { vaultId, userId }),
  ]);
  if (!vault.ok) return problemPage(c, vault.problem);
  if (!access.ok) return problemPage(c, access.problem);
  const { name } = vault.value;
  const { userName } = access.value;
  return page(
    c,
    { title: `${userName} in ${name}`, section: "/vaults" },
    <div class="stack">
      <PageHead
        title={
          <>
            {userName} {access.value.access ? "has access" : "has no access"}
          </>
        }
        parent={{ path: `/vaults/${vaultId}`, name }}
        lead={access.value.access ? `To the vault ${name}.` : `To the vault ${name}, ${whyNot(access.value)}`}
      >
        <a class="button" href={`/users/${userId}`}>
          Open the account
        </a>
      </PageHead>
      <section class="card" aria-labelledby="checks">
        <h2 id="checks">What access takes</h2>
        <ol class="checks">
          {access.value.checks.map(({ check, passed, detail }) => (
            <li>
              {passed ? <Tag kind="good">yes</Tag> : <Tag kind="bad">no</Tag>}
              <div>
                {questions[check]}
                <span class="sub">{detail}</span>
              </div>
            </li>
          ))}
        </ol>
      </section>
      <Links links={access.value.links} mayOpen={may(admin.identity.role, "provision")} />
    </div>,
  );
}

const questions: Record<AccessCheck["check"], string> = {
  account_active: "The account is active",
  not_disabled_by_admin: "No administrator shut it out",
  license_held: "It holds a license",
  vault_user_enabled: "It is an enabled user of the vault",
};

const Links = ({ links, mayOpen }: { links: VaultAccess["links"]; mayOpen: boolean }) => (
  <section class="card" aria-labelledby="links">
    <h2 id="links">Links that bring the person in</h2>
    {links.length === 0 ? (
      <p class="soft">None: no group that is linked to this vault has the person.</p>
    ) : (
      <ul class="instructions">
        {links.map(({ id, group, target }) => (
          <li>
            {mayOpen ? <a href={`/links/${id}`}>{group}</a> : group} <span class="arrow">›</span> {target}
          </li>
        ))}
      </ul>
    )}
  </section>
);

/** The person in each of these vaults. */
export async function explainAccess(
  admin: Admin,
  userId: string,
  vaults: readonly Pick<Vault, "id" | "name">[],
): Promise<Outcome<AccessLine[]>> {
  const explained = await Promise.all(
    vaults.map(({ id }) => explainVaultAccess(admin, { vaultId: id, userId })),
  );
  const lines: AccessLine[] = [];
  for (const [index, { id, name }] of vaults.entries()) {
    const access = explained[index];
    if (access === undefined) continue;
    if (!access.ok) return access;
    lines.push({ vault: { id, name }, access: access.value });
  }
  return done(lines);
}

/** Every vault of the organization. */
export async function userAccessPage(c: ConsoleContext) {
  const userId = c.req.param("userId") ?? "";
  const cursor = c.req.query("cursor");
  const admin = c.get("admin");
  const [user, vaults] = await Promise.all([
    getUser(admin, userId),
    listVaults(admin, { cursor, limit: vaultsPerPage }),
  ]);
  if (!user.ok) return problemPage(c, user.problem);
  if (!vaults.ok) return problemPage(c, vaults.problem);
  const lines = await explainAccess(admin, userId, vaults.value.items);
  if (!lines.ok) return problemPage(c, lines.problem);
  const { userName, displayName } = user.value;
  const path = `/users/${userId}`;
  return page(
    c,
    { title: `Vaults of ${userName}`, section: "/users" },
    <>
      <PageHead
        title="Access to every vault"
        parent={{ path, name: displayName ?? userName }}
        lead="Access takes an active account, a license, and an enabled user in the vault."
      />
      {lines.value.length === 0 ? (
        <Empty title="There is no vault yet">
          <p>As soon as there is one, this page says whether the person can use it.</p>
        </Empty>
      ) : (
        <AccessTable lines={lines.value} userId={userId} groups={new Map()} />
      )}
      <Pager path={`${path}/access`} cursor={cursor} nextCursor={vaults.value.nextCursor} />
    </>,
  );
}
