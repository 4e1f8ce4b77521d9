/** The frame of every page: document, navigation by role, notice after a redirect. */
import { html } from "hono/html";
import type { Child, PropsWithChildren } from "hono/jsx";
import { may, type Permission } from "../domain/role.ts";
import type { Admin } from "../gateway/admin.ts";
import { scriptPath, stylePath } from "./assets/routes.ts";
import { Notice } from "./components/notice.tsx";
import type { ConsoleContext } from "./environment.ts";
import { noticeOf } from "./notices.ts";
import { roleNames } from "./words.ts";

type Frame = {
  title: string;
  /** Path of the navigation entry that the page belongs to. */
  section?: string;
  /** Asks the browser to load the page again after so many seconds. */
  refreshSeconds?: number;
  status?: 200 | 201 | 400 | 403 | 404 | 408 | 409 | 413 | 429 | 500 | 503;
};

/** Answers with a page: inside the navigation when somebody is signed in, else centered. */
export function page(c: ConsoleContext, frame: Frame, content: Child): Response | Promise<Response> {
  const notice = noticeOf(c.req.query("notice"));
  const body = (
    <Document {...frameOf(frame)}>
      <Shell admin={c.get("admin")} section={frame.section} notice={notice}>
        {content}
      </Shell>
    </Document>
  );
  return c.html(html`<!doctype html>${body}`, frame.status ?? 200);
}

const frameOf = ({ title, refreshSeconds }: Frame) => ({ title, refreshSeconds });

const Document = ({
  title,
  refreshSeconds,
  children,
}: PropsWithChildren<{ title: string; refreshSeconds?: number | undefined }>) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      {refreshSeconds !== undefined && <meta http-equiv="refresh" content={String(refreshSeconds)} />}
      <title>{`${title} · Vestibule`}</title>
      <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
      <link rel="stylesheet" href={stylePath} />
      <script src={scriptPath} defer></script>
    </head>
    <body>
      <a class="skip" href="#content">
        Skip to content
      </a>
      {children}
    </body>
  </html>
);

type ShellProps = { admin?: Admin | undefined; section?: string | undefined; notice?: string | undefined };

const Shell = ({ admin, section, notice, children }: PropsWithChildren<ShellProps>) => {
  const content = (
    <main id="content" tabindex={-1}>
      {notice !== undefined && <Notice kind="success">{notice}</Notice>}
      {children}
    </main>
  );
  if (admin === undefined) {
    return (
      <div class="visitor">
        <header>
          <Brand href="/" />
        </header>
        {content}
      </div>
    );
  }
  return (
    <div class="signed-in">
      <header class="sidebar">
        <Brand href="/home" />
        <Navigation admin={admin} section={section} />
        <Account admin={admin} />
      </header>
      {content}
    </div>
  );
};

const Brand = ({ href }: { href: string }) => (
  <a class="brand" href={href}>
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path class="brand-wall" d="M3 22V10a9 9 0 0 1 18 0v12z" />
      <path class="brand-door" d="M8 22V11a4 4 0 0 1 8 0v11z" />
    </svg>
    Vestibule
  </a>
);

const sections: readonly { path: string; name: string; needs: Permission }[][] = [
  [
    { path: "/home", name: "Home", needs: "read" },
    { path: "/licenses", name: "Licenses", needs: "read" },
    { path: "/users", name: "Users", needs: "read" },
    { path: "/vaults", name: "Vaults", needs: "read" },
    { path: "/policies", name: "Policies", needs: "read" },
  ],
  [
    { path: "/configurations", name: "Configurations", needs: "provision" },
    { path: "/groups", name: "Groups", needs: "provision" },
    { path: "/links", name: "Links", needs: "provision" },
  ],
  [
    { path: "/events", name: "Events", needs: "read" },
    { path: "/api-keys", name: "API keys", needs: "administer" },
  ],
];
const groupNames = ["Subscription", "Provisioning", "Operation"];

const Navigation = ({ admin, section }: { admin: Admin; section: string | undefined }) => (
  <nav aria-label="Console">
    {sections.map((entries, index) => {
      const allowed = entries.filter(({ needs }) => may(admin.identity.role, needs));
      return allowed.length === 0 ? null : (
        <>
          <p class="nav-heading">{groupNames[index]}</p>
          <ul>
            {allowed.map(({ path, name }) => (
              <li>
                <a href={path} aria-current={path === section ? "page" : undefined}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
        </>
      );
    })}
  </nav>
);

const Account = ({ admin: { identity } }: { admin: Admin }) => (
  <div class="account">
    <p>
      <span class="account-name">{identity.name}</span>
      <span class="faint">{roleNames[identity.role]}</span>
    </p>
    <form method="post" action="/sign-out">
      <button type="submit" class="button small">
        Sign out
      </button>
    </form>
  </div>
);
