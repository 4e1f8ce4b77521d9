/** Provisioning configurations: the list. */
import { type Configuration, listProvisioning } from "../../gateway/identity/configurations.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { Contact } from "../components/contact.tsx";
import { Empty } from "../components/empty.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";
import { configurationTypes, figure, licenseName } from "../words.ts";

const section = "/configurations";

export async function configurationsPage(c: ConsoleContext) {
  const cursor = c.req.query("cursor");
  const { origin } = new URL(c.req.url);
  const listed = await listProvisioning(c.get("admin"), { cursor, limit: PAGE_LIMIT_DEFAULT, origin });
  if (!listed.ok) return problemPage(c, listed.problem);
  const { items, nextCursor } = listed.value;
  const now = c.get("deps").now();
  return page(
    c,
    { title: "Configurations", section },
    <>
      <PageHead
        title="Configurations"
        lead="Each connects one application of an identity provider, with credentials of its own."
      >
        {items.length > 0 && <CreateButton />}
      </PageHead>
      {items.length === 0 ? (
        <Empty title="No configuration yet">
          <p>
            Create one for Microsoft Entra ID, Okta or another SCIM provider. You get the addresses and
            credentials to copy into it.
          </p>
          <CreateButton />
        </Empty>
      ) : (
        <ConfigurationTable configurations={items} now={now} />
      )}
      <Pager path={section} cursor={cursor} nextCursor={nextCursor} />
    </>,
  );
}

const CreateButton = () => (
  <a class="button primary" href="/configurations/new">
    Create configuration
  </a>
);

const ConfigurationTable = ({
  configurations,
  now,
}: {
  configurations: readonly Configuration[];
  now: number;
}) => (
  <Table
    caption="Configurations"
    columns={[
      "Name",
      "Default license type",
      "Health",
      { name: "Users", kind: "number" },
      { name: "Groups", kind: "number" },
    ]}
  >
    {configurations.map((one) => (
      <tr>
        <th scope="row">
          <a href={`/configurations/${one.id}`}>{one.name}</a>
          <span class="sub">{configurationTypes[one.type]}</span>
        </th>
        <td>{licenseName(one.defaultLicenseType)}</td>
        <td>
          <Contact configuration={one} now={now} />
        </td>
        <td class="number">{figure(one.users)}</td>
        <td class="number">{figure(one.groups)}</td>
      </tr>
    ))}
  </Table>
);
