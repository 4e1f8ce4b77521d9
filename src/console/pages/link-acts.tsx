/** Acts on one link: pausing, resuming, trying again, and its end. */
import * as z from "zod";
import { getLink, removeLink, setLinkState } from "../../gateway/vaults/links.ts";
import { ChoiceField } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";

const section = "/links";

const setTo = (state: "active" | "paused", notice: string) =>
  async function setStateAction(c: ConsoleContext) {
    const id = c.req.param("linkId") ?? "";
    const outcome = await setLinkState(c.get("admin"), { id, state });
    if (!outcome.ok) return problemPage(c, outcome.problem);
    return c.redirect(`${section}/${id}?notice=${notice}`, 303);
  };

export const pauseLinkAction = setTo("paused", "link-paused");
/** Also of a failing link: it runs from end to end at once. */
export const resumeLinkAction = setTo("active", "link-resumed");

export async function unlinkPage(c: ConsoleContext) {
  const found = await getLink(c.get("admin"), c.req.param("linkId") ?? "");
  if (!found.ok) return problemPage(c, found.problem);
  const { id, group, vault, target } = found.value;
  const path = `${section}/${id}`;
  return page(
    c,
    { title: "Unlink", section },
    <>
      <PageHead
        title={`Unlink ${group.name} from ${vault.name}?`}
        parent={{ path, name: "Link" }}
        lead={`The user group ${target.name} stays. What becomes of its members?`}
      />
      <form class="form" method="post" action={`${path}/unlink`}>
        <ChoiceField
          name="members"
          label="Members of the user group"
          typed="remove"
          choices={[
            {
              value: "remove",
              label: "Remove them",
              explanation:
                "The group is emptied. Vault users whom no other link of this vault covers are disabled.",
            },
            {
              value: "keep",
              label: "Keep them",
              explanation: "The group and its vault users stay as they are now, and follow nothing any more.",
            },
          ]}
        />
        <p class="hint">Login accounts and licenses are not touched either way.</p>
        <div class="actions">
          <button type="submit" class="button danger">
            Unlink
          </button>
          <a class="button" href={path}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

export async function unlinkAction(c: ConsoleContext) {
  const id = c.req.param("linkId") ?? "";
  const read = await readForm(c, z.object({ members: z.enum(["remove", "keep"]) }));
  if (!read.ok) return c.redirect(`${section}/${id}/unlink`, 303);
  const { members } = read.value;
  const outcome = await removeLink(c.get("admin"), { id, members });
  if (!outcome.ok) return problemPage(c, outcome.problem);
  if (members === "keep") return c.redirect(`${section}?notice=unlinked`, 303);
  return c.redirect(`${section}/${id}?notice=unlinking`, 303);
}
