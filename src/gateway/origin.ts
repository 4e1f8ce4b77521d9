/** What follows from the address under which the gateway is reached. */

/** A captured link signs its reader in, so it may only be shown to who sits at the machine itself. */
export function isLoopback(origin: string | undefined): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Name of the session cookie: bound to the host by its prefix (RFC 6265bis §4.1.3), which needs https; without
 * it there are sessions on the machine itself only, and none over open networks.
 */
export function sessionCookieName(origin: string): string | undefined {
  if (origin.startsWith("https:")) return "__Host-session";
  return isLoopback(origin) ? "session" : undefined;
}
