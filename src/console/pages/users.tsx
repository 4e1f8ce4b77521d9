/** Accounts: the list. */
import { may } from "../../domain/role.ts";
import { listUsers, type User } from "../../gateway/overview/users.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { Download } from "../components/download.tsx";
import { Empty } from "../components/empty.tsx";
import { AccountState, License } from "../components/license.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import type { Names } from "../components/timeline.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { readNames } from "../names.ts";
import { problemPage } from "../problem.tsx";

const section = "/users";
const searchMax = 256;

export async function usersPage(c: ConsoleContext) {
  const waiting = c.req.query("waiting") === "true";
  // The queue has an order of its own and is not searched.
  const search = waiting ? "" : (c.req.query("search") ?? "").trim().slice(0, searchMax);
  const cursor = c.req.query("cursor");
  const admin = c.get("admin");
  const [users, names] = await Promise.all([
    listUsers(admin, { waiting, search, cursor, limit: PAGE_LIMIT_DEFAULT }),
    readNames(c),
  ]);
  if (!users.ok) return problemPage(c, users.problem);
  const { items, nextCursor } = users.value;
  const query = { waiting: waiting ? "true" : undefined, search };
  return page(
    c,
    { title: "Users", section },
    <>
      <PageHead
        title="Users"
        lead="Login accounts of your organization, whichever identity provider they come from. One account may be a user of many vaults."
      >
        <Download list={waiting ? "waiting.csv" : "users.csv"} />
        {may(admin.identity.role, "provision") && (
          <a class="button" href="/users/new">
            Create by hand
          </a>
        )}
      </PageHead>
      <ul class="filters" aria-label="Filter">
        <li>
          <a href={section} aria-current={waiting ? undefined : "true"}>
            All users
          </a>
        </li>
        <li>
          <a href="/users?waiting=true" aria-current={waiting ? "true" : undefined}>
            Waiting for a license
          </a>
        </li>
      </ul>
      {!waiting && <Search search={search} />}
      {items.length === 0 ? (
        <NoUsers waiting={waiting} search={search} />
      ) : (
        <UserTable users={items} names={names} now={c.get("deps").now()} />
      )}
      <Pager path={section} query={query} cursor={cursor} nextCursor={nextCursor} />
    </>,
  );
}

const Search = ({ search }: { search: string }) => (
  <search>
    <form class="search" method="get" action={section}>
      <label class="visually-hidden" for="search">
        User name begins with
      </label>
      <input
        id="search"
        name="search"
        type="search"
        value={search}
        maxlength={searchMax}
        placeholder="User name begins with …"
        autocomplete="off"
      />
      <button type="submit" class="button">
        Search
      </button>
      {search !== "" && (
        <a class="button" href={section}>
          Clear
        </a>
      )}
    </form>
  </search>
);

const NoUsers = ({ waiting, search }: { waiting: boolean; search: string }) => {
  if (waiting) {
    return (
      <Empty title="Nobody waits for a license">
        <p>
          Users wait here when they are entitled to a license that is not available, in the order of the
          queue.
        </p>
      </Empty>
    );
  }
  if (search !== "") {
    return (
      <Empty title="No user found">
        <p>No user name begins with “{search}”.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No users yet">
      <p>They arrive from your identity provider once a configuration is connected.</p>
      <a class="button" href="/configurations">
        Go to configurations
      </a>
    </Empty>
  );
};

const UserTable = ({ users, names, now }: { users: readonly User[]; names: Names; now: number }) => (
  <Table caption="Users" columns={["User name", "License type", "State", "Provisioned by", "Arrived"]}>
    {users.map((user) => (
      <tr>
        <th scope="row">
          <a href={`/users/${user.id}`}>{user.userName}</a>
          {user.displayName !== null && <span class="sub">{user.displayName}</span>}
        </th>
        <td>
          <License license={user.license} />
        </td>
        <td>
          <AccountState user={user} />
        </td>
        <td>
          <Owner user={user} names={names} />
        </td>
        <td class="no-wrap">
          <Moment at={user.createdAt} now={now} />
        </td>
      </tr>
    ))}
  </Table>
);

const origins = { scim: "nobody now", manual: "made by hand", pull: "imported by a vault" };

export const Owner = ({ user, names }: { user: Pick<User, "configurationId" | "origin">; names: Names }) => {
  const { configurationId, origin } = user;
  if (configurationId !== null)
    return <>{names.configurations.get(configurationId) ?? "a deleted configuration"}</>;
  return <span class="faint">{origins[origin]}</span>;
};
