/** Style, script and icon, served from the bundle; addresses change with their content. */
import { Hono } from "hono";
import type { ConsoleEnvironment } from "../environment.ts";
import { script } from "./console.js.ts";
import { icon } from "./icon.svg.ts";
import { styles } from "./styles.ts";

/** FNV-1a: enough to tell one release from the next. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

export const stylePath = `/assets/console.css?v=${fingerprint(styles)}`;
export const scriptPath = `/assets/console.js?v=${fingerprint(script)}`;

export function assets(): Hono<ConsoleEnvironment> {
  const routes = new Hono<ConsoleEnvironment>();
  const serve = (path: string, type: string, text: string) =>
    routes.get(path, (c) => {
      // Without its fingerprint an address may serve another release tomorrow.
      const cacheControl =
        c.req.query("v") === undefined ? "public, max-age=3600" : "public, max-age=31536000, immutable";
      return c.body(text, 200, { "content-type": `${type}; charset=utf-8`, "cache-control": cacheControl });
    });
  serve("/console.css", "text/css", styles);
  serve("/console.js", "text/javascript", script);
  serve("/icon.svg", "image/svg+xml", icon);
  return routes;
}
