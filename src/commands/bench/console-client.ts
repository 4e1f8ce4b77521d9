/** An administrator at a browser: signs in by the captured link and opens pages. */
import { consoleAddress } from "../client/onboarding.ts";

export type ConsoleClient = { open(path: string): Promise<{ status: number; text: string; timing: string }> };

export async function signIn(base: string, email: string): Promise<ConsoleClient> {
  const token = new URL(await consoleAddress(base, email)).searchParams.get("token") ?? "";
  const confirmed = await fetch(`${base}/sign-in/confirm`, {
    method: "POST",
    headers: { origin: base },
    body: new URLSearchParams({ token }),
    redirect: "manual",
  });
  const cookie = confirmed.headers.getSetCookie()[0]?.split(";")[0];
  if (cookie === undefined) throw new Error(`Signing in was answered ${confirmed.status}.`);
  return {
    async open(path) {
      const answer = await fetch(`${base}${path}`, { headers: { cookie }, redirect: "manual" });
      const timing = answer.headers.get("server-timing") ?? "";
      return { status: answer.status, text: await answer.text(), timing };
    },
  };
}
