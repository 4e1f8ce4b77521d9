/** Signing in without a password, and signing out. */
import * as z from "zod";
import { confirmSignIn, requestSignIn, signOut } from "../../gateway/identity/sign-in.ts";
import { TextField } from "../components/field.tsx";
import { Notice } from "../components/notice.tsx";
import type { ConsoleContext } from "../environment.ts";
import { emailField, tokenField } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, statusOf } from "../problem.tsx";
import { canSignIn, closeSession, currentAdmin, openSession, sessionToken } from "../session.ts";
import { CheckMail, ConfirmLink, DeadLink } from "./one-time-link.tsx";
import { NeedsHttps } from "./sign-up.tsx";

export async function signInPage(c: ConsoleContext) {
  if ((await currentAdmin(c)) !== undefined) return c.redirect("/home", 303);
  return showSignIn(c, emptyForm);
}

export async function requestSignInAction(c: ConsoleContext) {
  const read = await readForm(c, z.object({ email: emailField }));
  if (!read.ok) return showSignIn(c, read.form, 400);
  const { email } = read.value;
  const outcome = await requestSignIn(c.get("deps"), { email, origin: new URL(c.req.url).origin });
  if (!outcome.ok) {
    const { kind, detail } = outcome.problem;
    return showSignIn(c, { ...read.form, problem: detail }, statusOf[kind]);
  }
  const { mail, signInUrl } = outcome.value;
  return page(
    c,
    { title: "Check your mail" },
    <CheckMail captured={mail === "captured"} url={signInUrl} linkName="Sign-in link">
      If <strong>{email}</strong> administers an organization here, a link is on its way. It works once, for
      15 minutes.
    </CheckMail>,
  );
}

const confirmPath = "/sign-in/confirm";

/** Asking for the page changes nothing: mail scanners follow links before people do. */
export function confirmSignInPage(c: ConsoleContext) {
  const token = tokenField.safeParse(c.req.query("token"));
  if (!token.success) return deadLink(c, "This link is not complete. Copy all of it from the mail.");
  return page(
    c,
    { title: "Sign in" },
    <ConfirmLink
      title="Sign in to Vestibule"
      text="One click signs this browser in for 12 hours."
      action={confirmPath}
      token={token.data}
      button="Sign in"
    />,
  );
}

export async function confirmSignInAction(c: ConsoleContext) {
  const read = await readForm(c, z.object({ token: tokenField }));
  if (!read.ok) return deadLink(c, "This link is not complete. Copy all of it from the mail.");
  const outcome = await confirmSignIn(c.get("deps"), read.value);
  if (outcome.ok) {
    openSession(c, outcome.value.sessionToken);
    return c.redirect("/home", 303);
  }
  // The second of two clicks: the first one signed this browser in.
  if ((await currentAdmin(c)) !== undefined) return c.redirect("/home", 303);
  return deadLink(c, outcome.problem.detail);
}

export async function signOutAction(c: ConsoleContext) {
  const session = sessionToken(c);
  if (session !== undefined) await signOut(c.get("deps"), { session });
  closeSession(c);
  return c.redirect("/sign-in?notice=signed-out", 303);
}

const deadLink = (c: ConsoleContext, detail: string) =>
  page(
    c,
    { title: "This link does not work", status: 400 },
    <DeadLink detail={detail} again="/sign-in" againName="Sign in" />,
  );

const showSignIn = (c: ConsoleContext, { typed, errors, problem }: FormState, status: FormStatus = 200) =>
  page(
    c,
    { title: "Sign in", status },
    <section class="narrow">
      <h1>Sign in</h1>
      {!canSignIn(c) && <NeedsHttps />}
      {problem !== undefined && <Notice kind="error">{problem}</Notice>}
      <p class="soft">
        Enter your e-mail address and follow the link that is sent there. There is no password.
      </p>
      <form class="form" method="post" action="/sign-in">
        <TextField
          name="email"
          label="Your e-mail address"
          type="email"
          typed={typed["email"]}
          error={errors["email"]}
          autocomplete="email"
          required
        />
        <button type="submit" class="button primary wide">
          Send the link
        </button>
      </form>
      <p class="small-text soft">
        New here? <a href="/sign-up">Sign up your organization</a>
      </p>
    </section>,
  );
