/** Effects of changes that failed too often: nothing is lost, and an administrator may have them tried again. */
import * as z from "zod";
import { may } from "../../domain/role.ts";
import { type DeadLetter, listDeadLetters, redrive } from "../../gateway/outbox/dead-letters.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { Empty } from "../components/empty.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Table } from "../components/table.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { notFoundPage, problemPage } from "../problem.tsx";
import { figure } from "../words.ts";

const section = "/failed-work";

const kinds: Record<DeadLetter["kind"], string> = {
  license: "Deciding licenses",
  membership: "Bringing a change of members into vaults",
  link: "Bringing a link in line with its group",
  import: "Importing the groups of a vault",
  group_cleanup: "Clearing the members of a deleted group",
  configuration_cleanup: "Releasing the accounts of a deleted configuration",
  connector: "Pushing changes to a vault's own SCIM service",
  directory: "Making client secrets known to the directory",
};

export async function failedWorkPage(c: ConsoleContext) {
  const cursor = c.req.query("cursor");
  const admin = c.get("admin");
  const letters = await listDeadLetters(admin, { cursor, limit: PAGE_LIMIT_DEFAULT });
  if (!letters.ok) return problemPage(c, letters.problem);
  const { items, nextCursor } = letters.value;
  const mayRetry = may(admin.identity.role, "provision");
  const now = c.get("deps").now();
  return page(
    c,
    { title: "Failed work", section: "/home" },
    <>
      <PageHead
        title="Failed work"
        parent={{ path: "/home", name: "Home" }}
        lead="What the gateway tried too often without success. It is kept until it is tried again."
      />
      {items.length === 0 ? (
        <Empty title="Nothing has failed">
          <p>Whatever fails is retried by itself; only what keeps failing comes here.</p>
        </Empty>
      ) : (
        <Table
          caption="Failed work"
          columns={[
            "Work",
            "Last error",
            { name: "Attempts", kind: "number" },
            "Given up",
            { name: "Actions", kind: "actions" },
          ]}
        >
          {items.map((letter) => (
            <tr>
              <th scope="row">
                {kinds[letter.kind]}
                <span class="sub">request {letter.correlationId}</span>
              </th>
              <td>{letter.error ?? <span class="faint">unknown</span>}</td>
              <td class="number">{figure(letter.attempts)}</td>
              <td class="no-wrap">
                <Moment at={letter.deadAt} now={now} />
              </td>
              <td class="row-actions">
                {mayRetry && (
                  <form method="post" action={`${section}/${letter.kind}/${letter.seq}/retry`}>
                    <button type="submit" class="button small">
                      Try again
                    </button>
                  </form>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pager path={section} cursor={cursor} nextCursor={nextCursor} />
    </>,
  );
}

const letterKey = z.object({ kind: z.string(), seq: z.coerce.number().int().min(0) });

export async function retryWorkAction(c: ConsoleContext) {
  const key = letterKey.safeParse(c.req.param());
  if (!key.success) return notFoundPage(c);
  const outcome = await redrive(c.get("admin"), key.data);
  return outcome.ok ? c.redirect(`${section}?notice=work-retried`, 303) : problemPage(c, outcome.problem);
}
