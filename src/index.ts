import { DurableObject } from "cloudflare:workers";
export class LicenseAllocator extends DurableObject {}
export class ShardSweeper extends DurableObject {}
export default {
  fetch() {
    return new Response("ok");
  },
  queue() {},
  scheduled() {},
};
