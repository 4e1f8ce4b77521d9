/** One license type: its seats, who waits for one in which order, and how the seats came to be what they are. */
import { ASSIGNABLE_PERCENT_MAX } from "../../domain/limits.ts";
import { may } from "../../domain/role.ts";
import { type LicenseTypeSummary, listLicenseTypes } from "../../gateway/licenses/licenses.ts";
import {
  listPoolHistory,
  listQueue,
  type PoolHistoryItem,
  type Queued,
} from "../../gateway/licenses/pool-lists.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { Empty } from "../components/empty.tsx";
import { TextField } from "../components/field.tsx";
import { LicensePool } from "../components/license-pool.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import type { ConsoleContext } from "../environment.ts";
import { emptyForm, type FormState } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, notFoundPage, problemPage } from "../problem.tsx";
import { figure, licenseName } from "../words.ts";

const section = "/licenses";
const historyShown = 10;

export const licenseTypePage = (c: ConsoleContext) => showLicenseType(c, emptyForm, 200);

export async function showLicenseType(c: ConsoleContext, form: FormState, status: FormStatus) {
  const code = c.req.param("code") ?? "";
  const { cursor, history: historyCursor } = c.req.query();
  const admin = c.get("admin");
  const [types, queue, history] = await Promise.all([
    listLicenseTypes(admin),
    listQueue(admin, code, { cursor, limit: PAGE_LIMIT_DEFAULT }),
    listPoolHistory(admin, code, { cursor: historyCursor, limit: historyShown }),
  ]);
  if (!types.ok) return problemPage(c, types.problem);
  if (!queue.ok) return problemPage(c, queue.problem);
  if (!history.ok) return problemPage(c, history.problem);
  const pool = types.value.find((type) => type.code === code);
  if (pool === undefined) return notFoundPage(c);
  const now = c.get("deps").now();
  const path = `${section}/${code}`;
  return page(
    c,
    { title: pool.name, section, status },
    <div class="stack">
      <PageHead title={pool.name} parent={{ path: section, name: "Licenses" }} />
      <section class="card" aria-label="Seats">
        <LicensePool pool={pool} />
        {may(admin.identity.role, "purchase") && <SeatsForm pool={pool} form={form} />}
      </section>
      <section aria-labelledby="queue">
        <div class="section-head">
          <h2 id="queue">Who waits, in the order of service</h2>
        </div>
        <Queue items={queue.value.items} now={now} />
        <Pager path={path} cursor={cursor} nextCursor={queue.value.nextCursor} />
      </section>
      <section aria-labelledby="history">
        <div class="section-head">
          <h2 id="history">Changes of the seats</h2>
        </div>
        <History items={history.value.items} now={now} />
        <Pager path={path} parameter="history" cursor={historyCursor} nextCursor={history.value.nextCursor} />
      </section>
    </div>,
  );
}

type SeatsFormProps = { pool: LicenseTypeSummary; form: FormState };

const SeatsForm = ({
  pool: { code, purchased, assignablePercent },
  form: { typed, errors },
}: SeatsFormProps) => (
  <form class="form" method="get" action={`${section}/${code}/preview`}>
    <TextField
      name="purchased"
      label="Purchased"
      type="number"
      min={0}
      typed={typed["purchased"] ?? String(purchased)}
      error={errors["purchased"]}
      required
    />
    <TextField
      name="assignablePercent"
      label="Seats per hundred purchased"
      type="number"
      min={100}
      max={ASSIGNABLE_PERCENT_MAX}
      typed={typed["assignablePercent"] ?? String(assignablePercent)}
      error={errors["assignablePercent"]}
      hint="100 is no oversubscription; 110 gives out ten more per hundred."
      required
    />
    <div class="actions">
      <button type="submit" class="button primary">
        Show what will happen
      </button>
    </div>
  </form>
);

const Queue = ({ items, now }: { items: readonly Queued[]; now: number }) =>
  items.length === 0 ? (
    <Empty title="Nobody waits">
      <p>Whoever is entitled to this license has it, or has a higher one.</p>
    </Empty>
  ) : (
    <>
      <Table
        caption="Queue"
        columns={[
          { name: "Place", kind: "number" },
          "User name",
          "Holds",
          { name: "Priority", kind: "number" },
          "Waiting since",
          { name: "Why", kind: "actions" },
        ]}
      >
        {items.map(({ place, id, userName, held, priority, waitingSince }) => (
          <tr>
            <td class="number">{figure(place)}</td>
            <th scope="row">
              <a href={`/users/${id}`}>{userName}</a>
            </th>
            <td>{held === null ? <span class="faint">No license</span> : licenseName(held)}</td>
            <td class="number">{priority}</td>
            <td class="no-wrap">
              <Moment at={waitingSince} now={now} />
            </td>
            <td class="row-actions">
              <a class="button small" href={`/users/${id}#license`} aria-label={`Why ${userName} waits`}>
                Why
              </a>
            </td>
          </tr>
        ))}
      </Table>
      <p class="hint">
        The highest priority is served first; among equals, whoever has waited longest. Groups give priority:
        it is set on the page of a group.
      </p>
    </>
  );

const figures: Record<PoolHistoryItem["figure"], string> = {
  purchased: "Purchased",
  assignablePercent: "Seats per hundred purchased",
};

const History = ({ items, now }: { items: readonly PoolHistoryItem[]; now: number }) =>
  items.length === 0 ? (
    <p class="soft">Nobody has changed them yet.</p>
  ) : (
    <Table
      caption="Changes of the seats"
      columns={["When", "What", { name: "Before", kind: "number" }, { name: "After", kind: "number" }]}
    >
      {items.map(({ at, figure: changed, before, after }) => (
        <tr>
          <td class="no-wrap">
            <Moment at={at} now={now} />
          </td>
          <td>{figures[changed]}</td>
          <td class="number">{figure(before)}</td>
          <td class="number">{figure(after)}</td>
        </tr>
      ))}
    </Table>
  );
