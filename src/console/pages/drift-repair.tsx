/** The repair of a vault that differs from what its links say: of one person, or of everybody. */
import * as z from "zod";
import { repairDrift } from "../../gateway/vaults/drift.ts";
import { getVault } from "../../gateway/vaults/vaults.ts";
import { Confirm } from "../components/confirm.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";

const section = "/vaults";
const idOf = (c: ConsoleContext): string => c.req.param("vaultId") ?? "";

export async function repairPage(c: ConsoleContext) {
  const vault = await getVault(c.get("admin"), idOf(c));
  if (!vault.ok) return problemPage(c, vault.problem);
  const { id, name, connector } = vault.value;
  const path = `${section}/${id}/drift`;
  return page(
    c,
    { title: `Repair ${name}`, section },
    <>
      <PageHead title={`Repair all of ${name}?`} parent={{ path, name: "Differences" }} />
      <section class="card">
        <ul class="instructions">
          <li>Every link of this vault runs from end to end; paused ones do nothing.</li>
          <li>If that would remove too many people at once, the brake holds it back for you.</li>
          {connector === "scim" && <li>Everything is pushed to the vault's own SCIM service again.</li>}
          <li>Whom an administrator disabled or deleted here stays so.</li>
        </ul>
        <Confirm action={`${path}/repair`} label="Repair everything" cancel={{ path }} />
      </section>
    </>,
  );
}

/** With a person, that person; without, the whole vault. */
export async function repairAction(c: ConsoleContext) {
  const read = await readForm(c, z.object({ userId: z.string().min(1).max(200).optional() }));
  if (!read.ok) return c.redirect(`${section}/${idOf(c)}/drift`, 303);
  const { userId } = read.value;
  const outcome = await repairDrift(c.get("admin"), {
    vaultId: idOf(c),
    userIds: userId === undefined ? undefined : [userId],
  });
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return c.redirect(`${section}/${idOf(c)}/drift?notice=repair-ordered`, 303);
}
