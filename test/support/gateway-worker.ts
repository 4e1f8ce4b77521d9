/** The door to the gateway inside the test's own workerd. */
import { exports } from "cloudflare:workers";
import type { Gateway } from "./gateway.ts";

export const gateway: Gateway = {
  // A loopback address: elsewhere mail is never captured.
  base: "http://localhost",
  door: (request) => exports.default.fetch(request),
};
