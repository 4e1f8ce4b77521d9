/** The first page, and how an organization signs itself up. */
import * as z from "zod";
import { confirmSignUpInBrowser, requestSignUp } from "../../gateway/identity/sign-up.ts";
import { TextField } from "../components/field.tsx";
import { Notice } from "../components/notice.tsx";
import type { ConsoleContext } from "../environment.ts";
import { emailField, nameField, tokenField } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, statusOf } from "../problem.tsx";
import { canSignIn, currentAdmin, openSession } from "../session.ts";
import { CheckMail, ConfirmLink, DeadLink } from "./one-time-link.tsx";

export async function welcomePage(c: ConsoleContext) {
  if ((await currentAdmin(c)) !== undefined) return c.redirect("/home", 303);
  return showWelcome(c, emptyForm);
}

/** Also for somebody signed in, who may sign up one more organization. */
export const signUpPage = (c: ConsoleContext) => showWelcome(c, emptyForm);

const signUpForm = z.object({ organization: nameField("the name of your organization"), email: emailField });

export async function requestSignUpAction(c: ConsoleContext) {
  const read = await readForm(c, signUpForm);
  if (!read.ok) return showWelcome(c, read.form, 400);
  const outcome = await requestSignUp(c.get("deps"), { ...read.value, origin: new URL(c.req.url).origin });
  if (!outcome.ok) {
    const { kind, detail } = outcome.problem;
    return showWelcome(c, { ...read.form, problem: detail }, statusOf[kind]);
  }
  const { email, mail, confirmationUrl } = outcome.value;
  return page(
    c,
    { title: "Check your mail" },
    <CheckMail captured={mail === "captured"} url={confirmationUrl} linkName="Confirmation link">
      We sent a link to <strong>{email}</strong>. It works once, for 24 hours. Following it creates the
      organization; until then nothing exists.
    </CheckMail>,
  );
}

const confirmPath = "/sign-up/confirm";

/** Asking for the page changes nothing: mail scanners follow links before people do. */
export function confirmSignUpPage(c: ConsoleContext) {
  const token = tokenField.safeParse(c.req.query("token"));
  if (!token.success) return deadLink(c, "This link is not complete. Copy all of it from the mail.", 400);
  return page(
    c,
    { title: "Confirm your sign-up" },
    <ConfirmLink
      title="Confirm your sign-up"
      text="One click creates your organization and signs you in as its subscription admin."
      action={confirmPath}
      token={token.data}
      button="Create the organization"
    />,
  );
}

export async function confirmSignUpAction(c: ConsoleContext) {
  const read = await readForm(c, z.object({ token: tokenField }));
  if (!read.ok) return deadLink(c, "This link is not complete. Copy all of it from the mail.", 400);
  const outcome = await confirmSignUpInBrowser(c.get("deps"), {
    token: read.value.token,
    requestId: c.get("requestId"),
  });
  if (outcome.ok) {
    openSession(c, outcome.value.sessionToken);
    return c.redirect("/home?notice=signed-up", 303);
  }
  // The second of two clicks: the first one signed this browser in.
  if ((await currentAdmin(c)) !== undefined) return c.redirect("/home", 303);
  return deadLink(c, outcome.problem.detail, statusOf[outcome.problem.kind]);
}

const deadLink = (c: ConsoleContext, detail: string, status: FormStatus) =>
  page(
    c,
    { title: "This link does not work", status },
    <DeadLink detail={detail} again="/sign-up" againName="Sign up" />,
  );

function showWelcome(c: ConsoleContext, form: FormState, status: FormStatus = 200) {
  const { mode } = c.get("deps").mail;
  const { typed, errors, problem } = form;
  return page(
    c,
    { title: "Provisioning for your organization", status },
    <div class="welcome">
      <div>
        <h1>Users and groups arrive by themselves</h1>
        <p class="lead">
          Vestibule receives the users and groups of your organization from Microsoft Entra ID, Okta or any
          other SCIM 2.0 identity provider. Every user gets a license or a fair place in the queue for one,
          and every group can be linked to user groups in many vaults.
        </p>
        <ol class="steps">
          <li>
            <strong>Sign up</strong> with the name of your organization and your e-mail address.
          </li>
          <li>
            <strong>Create a configuration</strong> and copy its values into your identity provider.
          </li>
          <li>
            <strong>Watch them arrive,</strong> then link their groups to your vaults.
          </li>
        </ol>
      </div>
      <section class="card" aria-labelledby="sign-up">
        <h2 id="sign-up">Sign up your organization</h2>
        {!canSignIn(c) && <NeedsHttps />}
        {mode === "unavailable" && problem === undefined && (
          <Notice kind="warning">
            This installation cannot send mail yet, so nobody can sign up or sign in. Its operator has to set
            a sender address first.
          </Notice>
        )}
        {problem !== undefined && <Notice kind="error">{problem}</Notice>}
        <form class="form" method="post" action="/sign-up">
          <TextField
            name="organization"
            label="Organization"
            typed={typed["organization"]}
            error={errors["organization"]}
            autocomplete="organization"
            maxlength={100}
            required
          />
          <TextField
            name="email"
            label="Your e-mail address"
            type="email"
            typed={typed["email"]}
            error={errors["email"]}
            hint="A link to confirm goes there. No password is needed."
            autocomplete="email"
            required
          />
          <button type="submit" class="button primary wide">
            Send the link
          </button>
        </form>
        <p class="small-text soft">
          Signed up already? <a href="/sign-in">Sign in</a>
        </p>
      </section>
    </div>,
  );
}

export const NeedsHttps = () => (
  <Notice kind="warning">
    This address is not encrypted. Sessions exist over https only; open the console under its https address.
  </Notice>
);
