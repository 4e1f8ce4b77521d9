/** The end of a configuration, told before it happens. */
import { deleteConfiguration, getConfiguration } from "../../gateway/identity/configurations.ts";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { page } from "../layout.tsx";
import { problemPage } from "../problem.tsx";
import { counted } from "../words.ts";

const section = "/configurations";
const idOf = (c: ConsoleContext): string => c.req.param("configurationId") ?? "";

export async function deleteConfigurationPage(c: ConsoleContext) {
  const found = await getConfiguration(c.get("admin"), { id: idOf(c), origin: new URL(c.req.url).origin });
  if (!found.ok) return problemPage(c, found.problem);
  const { id, name, users, groups } = found.value;
  return page(
    c,
    { title: `Delete ${name}`, section },
    <>
      <PageHead title={`Delete “${name}”?`} parent={{ path: `${section}/${id}`, name }} />
      <section class="card">
        <p>This cannot be undone. At once, with the next request:</p>
        <ul class="instructions">
          <li>
            Its client secrets, and every token issued for them, are refused. The identity provider gets
            errors.
          </li>
          <li>
            {counted(users, "user")} stay with the licenses they hold and with their vaults, but nothing
            provisions them any more. Who waits only because of its default license type leaves the queue. A
            new configuration takes each account over when it provisions the same user name.
          </li>
          <li>
            {counted(groups, "group")} are no longer kept up to date. Disable or delete the application at the
            identity provider too.
          </li>
        </ul>
        <form class="actions" method="post" action={`${section}/${id}/delete`}>
          <button type="submit" class="button danger">
            Delete the configuration
          </button>
          <a class="button" href={`${section}/${id}`}>
            Keep it
          </a>
        </form>
      </section>
    </>,
  );
}

export async function deleteConfigurationAction(c: ConsoleContext) {
  const outcome = await deleteConfiguration(c.get("admin"), idOf(c));
  if (!outcome.ok) return problemPage(c, outcome.problem);
  return c.redirect(`${section}?notice=configuration-deleted`, 303);
}
