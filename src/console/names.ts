/** Names of configurations by id: users, groups and events refer to them. */
import { listProvisioning } from "../gateway/identity/configurations.ts";
import { PAGE_LIMIT_MAX } from "../gateway/page.ts";
import type { Names } from "./components/timeline.tsx";
import type { ConsoleContext } from "./environment.ts";

export async function readNames(c: ConsoleContext): Promise<Names> {
  const admin = c.get("admin");
  const { origin } = new URL(c.req.url);
  // An organization has fewer than one page of them (CONFIGURATIONS_MAX).
  const listed = await listProvisioning(admin, { limit: PAGE_LIMIT_MAX, origin });
  const items = listed.ok ? listed.value.items : [];
  return { configurations: new Map(items.map(({ id, name }) => [id, name])), self: admin.identity.id };
}
