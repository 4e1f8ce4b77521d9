/** What escaped a handler of the administration, as a problem. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { TooManyRequests } from "../../gateway/rates.ts";
import { GuardRaised, StoreUnavailable } from "../../gateway/store-failure.ts";
import type { AppEnvironment } from "../context.ts";
import { frameProblem, problemResponse } from "./problem.ts";

/** What went wrong stays in the log; the answer has the id to find it by. */
export function answerFailure(error: Error, c: Context<AppEnvironment>): Response {
  if (error instanceof HTTPException && error.status < 500) {
    // The framework's own refusals: a body that is not JSON.
    return problemResponse(c, { kind: "invalid", detail: error.message || "The request cannot be read." });
  }
  if (error instanceof TooManyRequests) {
    const { retryAfterSeconds } = error.refusal;
    const detail = `Too many requests. Try again in ${retryAfterSeconds} seconds.`;
    return problemResponse(c, { kind: "limit_reached", detail, retryAfterSeconds });
  }
  const requestId = c.get("requestId");
  c.get("deps").log({ level: "error", message: String(error), requestId, path: c.req.path });
  // `fenced`: the tenant moved between the look-up of this request and its batch; the next request finds it.
  if (error instanceof StoreUnavailable || (error instanceof GuardRaised && error.word === "fenced")) {
    return frameProblem(c, "unavailable", "The store did not answer. Try again in a moment.", {
      "retry-after": "2",
    });
  }
  return frameProblem(c, "internal", `Something went wrong here. Request id: ${requestId}.`);
}
