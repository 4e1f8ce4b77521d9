/** From nothing to an API key: signs up an organization on a development gateway, where mail is captured. */
import { expectStatus, send } from "./http.ts";

export type Onboarded = {
  tenant: { id: string; name: string; subscriptionId: string };
  administrator: { id: string; email: string; role: string };
  apiKey: { id: string; name: string; key: string };
};

export async function signUp(base: string, organization: string, email: string): Promise<Onboarded> {
  const signUpAnswer = await send(`${base}/api/v1/signups`, {
    method: "POST",
    body: { organization, email },
  });
  const { confirmationUrl } = expectStatus("POST /signups", signUpAnswer, 202).body as {
    confirmationUrl?: string;
  };
  const token = confirmationUrl && linkToken(confirmationUrl);
  if (!token) {
    throw new Error(`The confirmation link went to ${email}: this needs a gateway with MAIL_CAPTURE=1.`);
  }
  const confirmed = await send(`${base}/api/v1/signups/confirmation`, { method: "POST", body: { token } });
  return expectStatus("POST /signups/confirmation", confirmed, 201).body as Onboarded;
}

function linkToken(url: string): string | null {
  return new URL(url).searchParams.get("token");
}

/** A one-time link into the console, or its sign-in page where mail is really sent. */
export async function consoleAddress(base: string, email: string): Promise<string> {
  const answer = await send(`${base}/api/v1/sign-in-links`, { method: "POST", body: { email } });
  const { signInUrl } = expectStatus("POST /sign-in-links", answer, 202).body as { signInUrl?: string };
  return signInUrl ?? `${base}/`;
}
