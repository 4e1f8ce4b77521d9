/** A browser without scripts, as far as the console needs one: cookies, forms, redirects. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { consolePages } from "../../src/console/routes.ts";
import { buildDeps } from "../../src/entry/deps.ts";
import { createApp } from "../../src/http/app.ts";

const base = "http://localhost:8787";

export type Page = { status: number; headers: Headers; html: string; url: string };

/** Mail is captured, as in development, unless told otherwise. */
const app = createApp(buildDeps, consolePages());

export class Browser {
  readonly settings: Record<string, string>;
  cookie = "";

  constructor(settings: Record<string, string> = { MAIL_CAPTURE: "1" }) {
    this.settings = settings;
  }

  async send(request: Request): Promise<Response> {
    const context = createExecutionContext();
    const response = await app.fetch(request, { ...env, ...this.settings } as Env, context);
    const text = await response.text();
    await waitOnExecutionContext(context);
    return new Response(response.status === 204 ? null : text, response);
  }

  /** Without following redirects. */
  async request(method: string, path: string, form?: Record<string, string>, headers = {}): Promise<Page> {
    const request = new Request(path.startsWith("http") ? path : `${base}${path}`, {
      method,
      headers: {
        ...(this.cookie === "" ? {} : { cookie: this.cookie }),
        ...(method === "GET" ? {} : { origin: base, "sec-fetch-site": "same-origin" }),
        ...headers,
      },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    const response = await this.send(request);
    const set = response.headers.get("set-cookie");
    if (set !== null) this.cookie = set.includes("Max-Age=0") ? "" : (set.split(";")[0] ?? "");
    return {
      status: response.status,
      headers: response.headers,
      html: await response.text(),
      url: request.url,
    };
  }

  get = (path: string): Promise<Page> => this.request("GET", path);

  /** Sends a form and follows the redirect that it leads to. */
  async post(path: string, form: Record<string, string> = {}): Promise<Page> {
    const page = await this.request("POST", path, form);
    const location = page.headers.get("location");
    return page.status === 303 && location !== null ? this.get(location) : page;
  }

  /** Signs an organization up, the way the pages do. */
  static async signUp(organization: string, email = `${crypto.randomUUID()}@example.com`): Promise<Browser> {
    const browser = new Browser();
    const sent = await browser.post("/sign-up", { organization, email });
    const home = await browser.post("/sign-up/confirm", { token: linkToken(sent.html) });
    if (home.status !== 200) throw new Error(home.html);
    return browser;
  }

  /** Asks until the gateway has nothing left to do for this organization. */
  async settled(): Promise<void> {
    let activity = "";
    for (let attempt = 0; attempt < 200; attempt += 1) {
      activity = (await this.get("/api/v1/activity")).html;
      if ((JSON.parse(activity) as { idle: boolean }).idle) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the gateway does not settle: ${activity}`);
  }
}

export const linkToken = (html: string): string => /confirm\?token=([\w-]+)/.exec(html)?.[1] ?? "";

/** The value beside a copy control. */
export const copied = (html: string, id: string): string =>
  new RegExp(`<code id="${id}">([^<]*)</code>`).exec(html)?.[1] ?? "";

/** Name and value of the hidden fields of a page. */
export const hidden = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map((match) => [
      match[1] ?? "",
      unescaped(match[2] ?? ""),
    ]),
  );

const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");

/** The first address on the page that matches. */
export const addressOn = (html: string, pattern: RegExp): string =>
  [...html.matchAll(/(?:href|action)="([^"]+)"/g)]
    .map((match) => match[1] ?? "")
    .find((path) => pattern.test(path)) ?? "";
