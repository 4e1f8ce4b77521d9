/** Everything that happened in the organization. */
import { listProvisioningEvents } from "../../gateway/overview/events.ts";
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { Download } from "../components/download.tsx";
import { Empty } from "../components/empty.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { Timeline } from "../components/timeline.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { readNames } from "../names.ts";
import { problemPage } from "../problem.tsx";

export async function eventsPage(c: ConsoleContext) {
  const cursor = c.req.query("cursor");
  const subject = c.req.query("subject");
  const request = { cursor, subject, limit: PAGE_LIMIT_DEFAULT };
  const [events, names] = await Promise.all([listProvisioningEvents(c.get("admin"), request), readNames(c)]);
  if (!events.ok) return problemPage(c, events.problem);
  const { items, nextCursor } = events.value;
  return page(
    c,
    { title: "Events", section: "/events" },
    <>
      <PageHead
        title="Events"
        lead="What identity providers, administrators and the gateway did, newest first."
      >
        <Download list="events.csv" />
        {subject !== undefined && (
          <a class="button" href="/events">
            Show all events
          </a>
        )}
      </PageHead>
      {items.length === 0 ? (
        <Empty title="No events">
          <p>Everything that changes users, groups, licenses and vaults will be listed here.</p>
        </Empty>
      ) : (
        <section class="card" aria-label="Events">
          <Timeline events={items} now={c.get("deps").now()} names={names} about={undefined} />
        </section>
      )}
      <Pager path="/events" query={{ subject }} cursor={cursor} nextCursor={nextCursor} />
    </>,
  );
}
