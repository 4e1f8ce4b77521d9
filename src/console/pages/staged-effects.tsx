/** What the brake on accidents has held back: the list. */
import { PAGE_LIMIT_DEFAULT } from "../../gateway/page.ts";
import { listStagedEffects } from "../../gateway/vaults/staged-effects.ts";
import { Empty } from "../components/empty.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Pager } from "../components/pager.tsx";
import { StagedTable } from "../components/staged.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";

const path = "/staged-effects";

export async function stagedEffectsPage(c: ConsoleContext) {
  const { cursor, show } = c.req.query();
  const all = show === "all";
  const listed = await listStagedEffects(c.get("admin"), {
    cursor,
    limit: PAGE_LIMIT_DEFAULT,
    state: all ? undefined : "staged",
  });
  if (!listed.ok) return problemPage(c, listed.problem);
  const { items, nextCursor } = listed.value;
  return page(
    c,
    { title: "Held back", section: "/vaults" },
    <>
      <PageHead
        title="Held back by the brake"
        parent={{ path: "/vaults", name: "Vaults" }}
        lead="When too many people would leave a vault at once, they stay until an administrator approves."
      >
        <a class="button" href="/policies">
          When the brake holds
        </a>
      </PageHead>
      <ul class="filters">
        <li>
          <a href={path} aria-current={all ? undefined : "true"}>
            Waiting
          </a>
        </li>
        <li>
          <a href={`${path}?show=all`} aria-current={all ? "true" : undefined}>
            Decided ones too
          </a>
        </li>
      </ul>
      {items.length === 0 ? (
        <Empty title={all ? "The brake has held nothing back yet" : "Nothing waits for you"}>
          <p>Changes of groups reach the vaults by themselves as long as few people leave at once.</p>
        </Empty>
      ) : (
        <StagedTable items={items} now={c.get("deps").now()} />
      )}
      <Pager path={path} query={all ? { show } : {}} cursor={cursor} nextCursor={nextCursor} />
    </>,
  );
}
