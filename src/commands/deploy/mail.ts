/** What is still missing before the gateway can send mail, and so before anybody can sign up or sign in. */
import type { Wrangler } from "./wrangler.ts";

export async function missingForMail(wrangler: Wrangler, mailFrom: string): Promise<string | undefined> {
  if (mailFrom === "") {
    return [
      "Mail does not work yet, and without mail nobody can sign up or sign in:",
      "  1. npx wrangler email sending enable your.domain",
      '  2. in wrangler.toml: MAIL_FROM = "Vestibule <no-reply@your.domain>"',
      "  3. npm run deploy",
    ].join("\n");
  }
  const domain = /@([^\s>]+)/.exec(mailFrom)?.[1] ?? "";
  const sending = await wrangler.attempt("email", "sending", "list");
  if (sending.ok && sending.text.includes(domain)) return undefined;
  return `Mail: make sure that ${domain} may send: npx wrangler email sending enable ${domain}`;
}
