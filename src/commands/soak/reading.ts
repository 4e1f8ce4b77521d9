/** What is only read: pages of the console, lists of the admin API, walks by cursor. */
import { send } from "../client/http.ts";
import { filtered } from "../client/messages.ts";
import type { Exchanges } from "./exchange.ts";
import type { Organization } from "./organization.ts";

const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(Math.random() * items.length)];

const pages = [
  "/home",
  "/users",
  "/users?waiting=true",
  "/groups",
  "/licenses",
  "/links",
  "/vaults",
  "/events",
  "/configurations",
];

async function page({ base, cookie }: Organization, exchanges: Exchanges): Promise<void> {
  const path = pick(pages) ?? "/home";
  const answer = await exchanges.exchange(
    "console: page",
    () => send(`${base}${path}`, { headers: { cookie } }),
    200,
  );
  // A session that is lost is led to the page of signing in, which is a 200 too.
  if (answer !== undefined && !String(answer.body).includes("Sign out")) {
    exchanges.fail(`console: ${path} has lost its session`);
  }
}

const lists = ["/users?limit=50", "/events?limit=50", "/license-types", "/links", "/groups", "/tenant"];

async function list({ admin }: Organization, exchanges: Exchanges): Promise<void> {
  const path = pick(lists) ?? "/tenant";
  await exchanges.exchange("admin: list", () => admin.request("GET", path), 200);
}

const cursors = new WeakMap<Organization, string>();

/** One page of a walk over everybody; the next call takes the next page, and after the last the first. */
async function walk(organization: Organization, exchanges: Exchanges): Promise<void> {
  const cursor = cursors.get(organization) ?? "";
  const path = `/Users?count=50&cursor=${encodeURIComponent(cursor)}`;
  const answer = await exchanges.exchange("entra: walk", () => organization.entra.request("GET", path), 200);
  const { nextCursor } = (answer?.body ?? {}) as { nextCursor?: string };
  if (nextCursor === undefined) cursors.delete(organization);
  else cursors.set(organization, nextCursor);
}

async function matchGroup(organization: Organization, exchanges: Exchanges): Promise<void> {
  const path = `${filtered("/Groups", 'displayName eq "Engineering"')}&excludedAttributes=members`;
  await exchanges.exchange("entra: match a group", () => organization.entra.request("GET", path), 200);
}

async function oktaList(organization: Organization, exchanges: Exchanges): Promise<void> {
  const path = "/Users?startIndex=1&count=100";
  await exchanges.exchange("okta: list", () => organization.okta.request("GET", path), 200);
}

export const readOperations = [
  { weight: 7, operation: page },
  { weight: 5, operation: list },
  { weight: 6, operation: walk },
  { weight: 4, operation: matchGroup },
  { weight: 1, operation: oktaList },
];
