/** Receives a body before anything looks into it: bounded in bytes and in time. */
import type { Context, MiddlewareHandler } from "hono";
import { receiveBody } from "../gateway/body.ts";
import type { AppEnvironment } from "./context.ts";

type Answer = (c: Context<AppEnvironment>) => Response | Promise<Response>;

export function boundedBody(
  bytesMax: number,
  { tooLarge, tooSlow }: { tooLarge: Answer; tooSlow: Answer },
): MiddlewareHandler<AppEnvironment> {
  return async function receive(c, next) {
    const { raw } = c.req;
    if (raw.body === null) return next();
    if (Number(c.req.header("content-length") ?? 0) > bytesMax) return tooLarge(c);
    const body = await receiveBody(raw.body, bytesMax);
    if (!body.ok) return body.why === "too_large" ? tooLarge(c) : tooSlow(c);
    c.req.raw = new Request(raw, { body: body.bytes });
    return next();
  };
}
