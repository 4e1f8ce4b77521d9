/** Where a vault differs from what its links say, person by person, and why. */
import type { Difference, DriftReason } from "../../domain/drift.ts";
import { may } from "../../domain/role.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { type DriftItem, listDrift } from "../../gateway/vaults/drift.ts";
import { getVault, type Vault } from "../../gateway/vaults/vaults.ts";
import { Empty } from "../components/empty.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import { Tag, type TagKind } from "../components/tag.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";
import { counted } from "../words.ts";

const section = "/vaults";
const idOf = (c: ConsoleContext): string => c.req.param("vaultId") ?? "";
/** While something is on its way, the comparison is done again. */
const refreshSeconds = 5;

export async function driftPage(c: ConsoleContext) {
  const cursor = c.req.query("cursor");
  const admin = c.get("admin");
  const vault = await getVault(admin, idOf(c));
  if (!vault.ok) return problemPage(c, vault.problem);
  const { id, name, connector } = vault.value;
  const path = `${section}/${id}/drift`;
  const frame = { title: `Differences of ${name}`, section };
  const mayRepair = may(admin.identity.role, "provision");
  const drift = await listDrift(admin, { vaultId: id, cursor, limit: PAGE_LIMIT_DEFAULT });
  if (!drift.ok && drift.problem.kind !== "conflict") return problemPage(c, drift.problem);
  const underWay = drift.ok && drift.value.items.some(({ reason }) => reason === "propagating");
  // Each comparison of a vault elsewhere costs its service requests: that one is asked for by hand.
  const refreshes = underWay && connector === "internal";
  return page(
    c,
    refreshes ? { ...frame, refreshSeconds } : frame,
    <div class="stack">
      <PageHead
        title="Vault and links compared"
        parent={{ path: `${section}/${id}`, name }}
        lead="Person by person: what the links of this vault say, and what the vault has."
      >
        {mayRepair && (
          <a class="button" href={`${path}/repair`}>
            Repair everything …
          </a>
        )}
      </PageHead>
      {drift.ok ? (
        <Differences vault={vault.value} items={drift.value.items} mayRepair={mayRepair} />
      ) : (
        <Unreadable vault={vault.value} detail={drift.problem.detail} />
      )}
      {drift.ok && (
        <Compared
          examined={drift.value.examined}
          more={drift.value.nextCursor !== undefined}
          at={c.get("deps").now()}
        />
      )}
      <Pager path={path} cursor={cursor} nextCursor={drift.ok ? drift.value.nextCursor : undefined} />
      {refreshes && (
        <p class="hint">This page compares again every {refreshSeconds} seconds while work is under way.</p>
      )}
    </div>,
  );
}

const Unreadable = ({ vault: { id }, detail }: { vault: Vault; detail: string }) => (
  <Notice kind="error">
    <p>{detail}</p>
    <p>
      Nothing can be compared until it answers. <a href={`${section}/${id}/connector`}>Try the connection</a>.
    </p>
  </Notice>
);

type DifferencesProps = { vault: Vault; items: readonly DriftItem[]; mayRepair: boolean };

const Differences = ({ vault, items, mayRepair }: DifferencesProps) =>
  items.length === 0 ? (
    <Empty title="No differences">
      <p>Whoever was compared is in the vault as the links say.</p>
    </Empty>
  ) : (
    <Table
      caption="Differences"
      columns={[
        "User name",
        "Difference",
        "Reason",
        "Link",
        ...(mayRepair ? [{ name: "Actions", kind: "actions" as const }] : []),
      ]}
    >
      {items.map((item) => (
        <tr>
          <th scope="row">
            <a href={`/users/${item.userId}`}>{item.userName}</a>
          </th>
          <td>
            {item.differences.map((difference) => (
              <div>{differences[difference]}</div>
            ))}
          </td>
          <td>
            <Tag kind={reasons[item.reason].kind}>{reasons[item.reason].name}</Tag>
            <span class="sub">{reasons[item.reason].text}</span>
          </td>
          <td>
            <Where link={item.link} mayOpen={mayRepair} />
          </td>
          {mayRepair && (
            <td class="row-actions">
              <RepairOne vaultId={vault.id} item={item} />
            </td>
          )}
        </tr>
      ))}
    </Table>
  );

const Where = ({ link: { id, group, target }, mayOpen }: { link: DriftItem["link"]; mayOpen: boolean }) => {
  const text = `${group} to ${target}`;
  return mayOpen ? <a href={`/links/${id}`}>{text}</a> : <span>{text}</span>;
};

/** A paused link does nothing to anybody, named or not. */
const RepairOne = ({ vaultId, item }: { vaultId: string; item: DriftItem }) =>
  item.reason === "paused" ? null : (
    <form method="post" action={`${section}/${vaultId}/drift/repair`}>
      <input type="hidden" name="userId" value={item.userId} />
      <button type="submit" class="button small" aria-label={`Repair ${item.userName}`}>
        Repair
      </button>
    </form>
  );

const differences: Record<Difference, string> = {
  not_in_vault: "missing from the vault",
  not_enabled: "disabled, should be enabled",
  still_enabled: "enabled, should be disabled",
  not_member: "missing from the user group",
  still_member: "in the user group, should not be",
  not_synchronized: "does not follow the link yet",
};

const reasons: Record<DriftReason, { name: string; text: string; kind: TagKind }> = {
  propagating: { name: "on its way", text: "settled by itself", kind: "accent" },
  failed: { name: "failed", text: "see Failed work on Home", kind: "bad" },
  waiting_for_approval: { name: "held back", text: "by the brake", kind: "warning" },
  discarded: { name: "discarded", text: "by an administrator", kind: "neutral" },
  paused: { name: "paused", text: "with its link", kind: "neutral" },
  changed_outside: { name: "changed outside", text: "not by the gateway", kind: "warning" },
};

const Compared = ({ examined, more, at }: { examined: number; more: boolean; at: number }) => (
  <p class="hint">
    {counted(examined, "person", "people")} compared at{" "}
    <time datetime={new Date(at).toISOString()}>{new Date(at).toISOString().slice(11, 19)} UTC</time>
    {more ? "; the next page compares the ones after them." : ", and that is everybody left to compare."}
  </p>
);
