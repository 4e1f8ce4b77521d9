/** Turning the synchronization of a vault off, with the choice what becomes of its members. */
import * as z from "zod";
import { endSynchronization, readSynchronization } from "../../gateway/imports/imports.ts";
import { ChoiceField } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";

const section = "/vaults";
const idOf = (c: ConsoleContext): string => c.req.param("vaultId") ?? "";

export async function endSynchronizationPage(c: ConsoleContext) {
  const found = await readSynchronization(c.get("admin"), idOf(c));
  if (!found.ok) return problemPage(c, found.problem);
  const { vault } = found.value;
  const path = `${section}/${vault.id}/synchronization`;
  return page(
    c,
    { title: "Turn synchronization off", section },
    <>
      <PageHead
        title={`Turn synchronization of ${vault.name} off?`}
        parent={{ path, name: "Synchronization" }}
      />
      <form class="form" method="post" action={`${path}/end`}>
        <p>No group is read any more, and the credential is forgotten. Accounts keep their licenses.</p>
        <ChoiceField
          name="members"
          label="The people in its user groups"
          typed="keep"
          choices={[
            {
              value: "keep",
              label: "stay",
              explanation: "User groups and vault users are left as they are.",
            },
            {
              value: "remove",
              label: "leave",
              explanation: "They leave the user groups; who is in no other is disabled in this vault.",
            },
          ]}
        />
        <div class="actions">
          <button type="submit" class="button danger">
            Turn off
          </button>
          <a class="button" href={path}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

export async function endSynchronizationAction(c: ConsoleContext) {
  const read = await readForm(c, z.object({ members: z.enum(["keep", "remove"]) }));
  if (!read.ok) return endSynchronizationPage(c);
  const outcome = await endSynchronization(c.get("admin"), { vaultId: idOf(c), ...read.value });
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return c.redirect(`${section}/${idOf(c)}?notice=synchronization-ended`, 303);
}
