/**
 * Creating a link in three looks: choose group and vault, choose the target, see the plan. All of it by GET, for
 * nothing changes; only the plan's own form creates the link.
 */
import { getSourceGroup, listSourceGroups } from "../../gateway/overview/groups.ts";
import { PAGE_LIMIT_MAX } from "../../gateway/page.ts";
import { getVault, listVaultGroups, listVaults } from "../../gateway/vaults/vaults.ts";
import { Empty } from "../components/empty.tsx";
import { type Option, SelectField, TextField } from "../components/field.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";

const section = "/links";
const parent = { path: section, name: "Links" };

export async function newLinkPage(c: ConsoleContext) {
  const { groupId = "", vaultId = "" } = c.req.query();
  return groupId !== "" && vaultId !== ""
    ? showTarget(c, { groupId, vaultId })
    : showEnds(c, groupId, vaultId);
}

async function showEnds(c: ConsoleContext, groupId: string, vaultId: string) {
  const admin = c.get("admin");
  const [groups, vaults] = await Promise.all([
    listSourceGroups(admin, { limit: PAGE_LIMIT_MAX }),
    listVaults(admin, { limit: PAGE_LIMIT_MAX }),
  ]);
  if (!groups.ok) return problemPage(c, groups.problem);
  if (!vaults.ok) return problemPage(c, vaults.problem);
  const groupOptions = groups.value.items.map((group) => ({ value: group.id, label: group.displayName }));
  const vaultOptions = vaults.value.items.map((vault) => ({ value: vault.id, label: vault.name }));
  const more = groups.value.nextCursor !== undefined || vaults.value.nextCursor !== undefined;
  return page(
    c,
    { title: "Create link", section },
    <>
      <PageHead
        title="Create link"
        parent={parent}
        lead="First the two ends. Nothing happens until you have seen the plan."
      />
      {groupOptions.length === 0 || vaultOptions.length === 0 ? (
        <Missing what={groupOptions.length === 0 ? "group" : "vault"} />
      ) : (
        <form class="form" method="get" action="/links/new">
          <SelectField
            name="groupId"
            label="Provisioned group"
            typed={groupId}
            options={
              await withChosen(groupOptions, groupId, async () => {
                const group = await getSourceGroup(admin, groupId);
                return group.ok ? group.value.displayName : undefined;
              })
            }
          />
          <SelectField
            name="vaultId"
            label="Vault"
            typed={vaultId}
            options={
              await withChosen(vaultOptions, vaultId, async () => {
                const vault = await getVault(admin, vaultId);
                return vault.ok ? vault.value.name : undefined;
              })
            }
          />
          {more && (
            <p class="hint">
              The first {PAGE_LIMIT_MAX} are listed. For another one, open its page and choose to link it from
              there.
            </p>
          )}
          <div class="actions">
            <button type="submit" class="button primary">
              Continue
            </button>
            <a class="button" href={section}>
              Cancel
            </a>
          </div>
        </form>
      )}
    </>,
  );
}

/** The one a page was opened for is offered even when it is not among the first. */
async function withChosen(
  options: readonly Option[],
  chosen: string,
  nameOf: () => Promise<string | undefined>,
): Promise<readonly Option[]> {
  if (chosen === "" || options.some(({ value }) => value === chosen)) return options;
  const label = await nameOf();
  return label === undefined ? options : [{ value: chosen, label }, ...options];
}

const Missing = ({ what }: { what: "group" | "vault" }) =>
  what === "group" ? (
    <Empty title="There is no provisioned group yet">
      <p>As soon as your identity provider has sent a group, it can be linked.</p>
      <a class="button" href="/configurations">
        Go to configurations
      </a>
    </Empty>
  ) : (
    <Empty title="There is no vault yet">
      <p>Create a vault first; its user group can be created while linking.</p>
      <a class="button primary" href="/vaults">
        Go to vaults
      </a>
    </Empty>
  );

/** Also shown again by the preview, with what was typed and what was wrong with it. */
export async function showTarget(
  c: ConsoleContext,
  ends: { groupId: string; vaultId: string },
  again: { vaultGroupId?: string; newVaultGroupName?: string; problem?: string; status?: 400 | 409 } = {},
) {
  const admin = c.get("admin");
  const { groupId, vaultId } = ends;
  const [group, vault, targets] = await Promise.all([
    getSourceGroup(admin, groupId),
    getVault(admin, vaultId),
    listVaultGroups(admin, { vaultId, limit: PAGE_LIMIT_MAX }),
  ]);
  if (!group.ok) return problemPage(c, group.problem);
  if (!vault.ok) return problemPage(c, vault.problem);
  if (!targets.ok) return problemPage(c, targets.problem);
  const { displayName } = group.value;
  const linkable = targets.value.items.filter(({ builtIn }) => !builtIn);
  return page(
    c,
    { title: "Choose the target", section, status: again.status ?? 200 },
    <>
      <PageHead
        title={`Link ${displayName} to ${vault.value.name}`}
        parent={parent}
        lead="Which user group of the vault shall follow the provisioned group?"
      />
      {again.problem !== undefined && <Notice kind="error">{again.problem}</Notice>}
      <form class="form" method="get" action="/links/preview">
        <input type="hidden" name="groupId" value={groupId} />
        <input type="hidden" name="vaultId" value={vaultId} />
        <SelectField
          name="vaultGroupId"
          label="User group of the vault"
          typed={again.vaultGroupId ?? ""}
          hint="Members whom the provisioned group does not have will be removed from it."
          options={[
            { value: "", label: "A new one, named below" },
            ...linkable.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
        <TextField
          name="newVaultGroupName"
          label="Name of the new user group"
          typed={again.newVaultGroupName ?? displayName}
          hint="Counts only when a new one is chosen above."
          maxlength={200}
        />
        <div class="actions">
          <button type="submit" class="button primary">
            Show what will happen
          </button>
          <a class="button" href={`/links/new?${new URLSearchParams({ groupId })}`}>
            Back
          </a>
        </div>
      </form>
    </>,
  );
}
