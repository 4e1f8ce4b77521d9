/** One window of a browser, and what people do in it. */
import type { Browser, Locator, Page } from "playwright-core";

export type Window = Awaited<ReturnType<typeof openWindow>>;

export async function openWindow(
  browser: Browser,
  base: string,
  options: { javaScriptEnabled?: boolean } = {},
) {
  const context = await browser.newContext({ baseURL: base, ...options });
  const page: Page = await context.newPage();
  page.setDefaultTimeout(10_000);
  /** What a page or the browser complained about, a refused script or style included. */
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });

  /** Clicks what leads to another page, and waits for it: a click alone does not. */
  async function follow(target: Locator): Promise<void> {
    const loaded = page.waitForEvent("load");
    await target.click();
    await loaded;
  }
  return {
    page,
    complaints,
    follow,
    heading: () => page.locator("h1").innerText(),
    text: () => page.locator("main").innerText(),
    button: (name: string) => page.getByRole("button", { name, exact: true }),
    link: (name: string) => page.getByRole("link", { name, exact: true }),
    visit: (name: string) => follow(page.getByRole("navigation").getByRole("link", { name, exact: true })),
  };
}
