/** Source groups: owned by the identity provider; here they get license types and links. */
import { type Group, listSourceGroups } from "../../gateway/overview/groups.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { Download } from "../components/download.tsx";
import { Empty } from "../components/empty.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import type { Names } from "../components/timeline.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { readNames } from "../names.ts";
import { problemPage } from "../problem.tsx";
import { figure, licenseName } from "../words.ts";

const section = "/groups";

export async function groupsPage(c: ConsoleContext) {
  const cursor = c.req.query("cursor");
  const [groups, names] = await Promise.all([
    listSourceGroups(c.get("admin"), { cursor, limit: PAGE_LIMIT_DEFAULT }),
    readNames(c),
  ]);
  if (!groups.ok) return problemPage(c, groups.problem);
  const { items, nextCursor } = groups.value;
  return page(
    c,
    { title: "Groups", section },
    <>
      <PageHead
        title="Groups"
        lead="User groups as the identity provider keeps them: names and members change there, license types and links here."
      >
        <Download list="groups.csv" />
        <Download list="group-members.csv" label="Members as CSV" />
      </PageHead>
      {items.length === 0 ? (
        <Empty title="No groups yet">
          <p>
            Groups arrive from your identity provider. In Microsoft Entra ID assign them to the application;
            in Okta push them with Group Push.
          </p>
        </Empty>
      ) : (
        <GroupTable groups={items} names={names} />
      )}
      <Pager path={section} cursor={cursor} nextCursor={nextCursor} />
    </>,
  );
}

const GroupTable = ({ groups, names }: { groups: readonly Group[]; names: Names }) => (
  <Table
    caption="Groups"
    columns={[
      "Name",
      { name: "Members", kind: "number" },
      "License type",
      { name: "Links", kind: "number" },
      "Provisioned by",
    ]}
  >
    {groups.map((group) => (
      <tr>
        <th scope="row">
          <a href={`/groups/${group.id}`}>{group.displayName}</a>
        </th>
        <td class="number">{figure(group.members)}</td>
        <td>
          {group.licenseType === null ? <span class="faint">default</span> : licenseName(group.licenseType)}
        </td>
        <td class="number">{figure(group.links)}</td>
        <td>{names.configurations.get(group.configurationId) ?? "a deleted configuration"}</td>
      </tr>
    ))}
  </Table>
);
