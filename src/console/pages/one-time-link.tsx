/** What signing up and signing in share: the mail that was sent, the link in it, and links that no longer work. */
import type { PropsWithChildren } from "hono/jsx";
import { CopyValue } from "../components/copy-value.tsx";
import { Notice } from "../components/notice.tsx";

type CheckMailProps = { captured: boolean; url: string | undefined; linkName: string };

/** `captured`: development only. The page then stands in for the mailbox and says so. */
export const CheckMail = ({ captured, url, linkName, children }: PropsWithChildren<CheckMailProps>) => (
  <section class="narrow">
    <h1>{captured ? "No mail was sent" : "Check your mail"}</h1>
    {captured ? (
      <>
        <Notice kind="warning">
          <strong>Development only.</strong> This gateway runs on your machine and captures mail instead of
          sending it.
          {url === undefined
            ? " There is nothing to show: no organization is administered by this address."
            : " The link that would have been mailed is below."}
        </Notice>
        {url !== undefined && (
          <>
            <CopyValue id="link" label={linkName} value={url} />
            <p>
              <a class="button primary" href={url}>
                Follow the link
              </a>
            </p>
          </>
        )}
      </>
    ) : (
      <p>{children}</p>
    )}
    <p class="small-text soft">
      <a href="/">Back to the first page</a>
    </p>
  </section>
);

type ConfirmLinkProps = { title: string; text: string; action: string; token: string; button: string };

export const ConfirmLink = ({ title, text, action, token, button }: ConfirmLinkProps) => (
  <section class="narrow">
    <h1>{title}</h1>
    <p>{text}</p>
    <form method="post" action={action}>
      <input type="hidden" name="token" value={token} />
      <button type="submit" class="button primary">
        {button}
      </button>
    </form>
  </section>
);

type DeadLinkProps = { detail: string; again: string; againName: string };

export const DeadLink = ({ detail, again, againName }: DeadLinkProps) => (
  <section class="narrow">
    <h1>This link does not work</h1>
    <Notice kind="error">{detail}</Notice>
    <p class="actions">
      <a class="button primary" href="/sign-in">
        Sign in
      </a>
      {again !== "/sign-in" && (
        <a class="button" href={again}>
          {againName}
        </a>
      )}
    </p>
  </section>
);
