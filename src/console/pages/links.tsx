/** Links from provisioned groups to user groups of vaults: the list. */

import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { listLinks } from "../../gateway/vaults/links.ts";
import { Empty } from "../components/empty.tsx";
import { isBusy, LastSync, LinkState } from "../components/link-state.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";
import { counted, figure } from "../words.ts";

const section = "/links";
/** The page of one link is the place to watch it: this one keeps up. */
const refreshSeconds = 10;

export async function linksPage(c: ConsoleContext) {
  const cursor = c.req.query("cursor");
  const links = await listLinks(c.get("admin"), { cursor, limit: PAGE_LIMIT_DEFAULT });
  if (!links.ok) return problemPage(c, links.problem);
  const { items, nextCursor } = links.value;
  const now = c.get("deps").now();
  const frame = { title: "Links", section };
  return page(
    c,
    items.some(({ state }) => isBusy(state)) ? { ...frame, refreshSeconds } : frame,
    <>
      <PageHead
        title="Links"
        lead="A link makes a user group of a vault follow a provisioned group. One group may be linked to many vaults."
      >
        {items.length > 0 && <CreateButton />}
      </PageHead>
      {items.length === 0 ? (
        <Empty title="No links yet">
          <p>
            Link a provisioned group to a user group of a vault. You see who comes and who goes before
            anything happens.
          </p>
          <CreateButton />
        </Empty>
      ) : (
        <Table
          caption="Links"
          columns={[
            "Provisioned group",
            "Vault and user group",
            "State",
            { name: "Settled", kind: "number" },
            "Last in line",
          ]}
        >
          {items.map((link) => (
            <tr>
              <th scope="row">
                <a href={`${section}/${link.id}`}>{link.group.name}</a>
              </th>
              <td>
                {link.vault.name} <span class="arrow">›</span> {link.target.name}
              </td>
              <td>
                <LinkState state={link.state} />
                {link.waitingForApproval > 0 && (
                  <span class="sub">{counted(link.waitingForApproval, "person", "people")} held back</span>
                )}
              </td>
              <td class="number no-wrap">
                {figure(link.done)} of {figure(link.total)}
              </td>
              <td>
                <LastSync link={link} now={now} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pager path={section} cursor={cursor} nextCursor={nextCursor} />
    </>,
  );
}

const CreateButton = () => (
  <a class="button primary" href="/links/new">
    Create link
  </a>
);
