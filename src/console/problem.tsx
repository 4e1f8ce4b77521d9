/** Pages for what goes wrong: no such page, not this role, not now. */
import { HTTPException } from "hono/http-exception";
import type { Problem } from "../gateway/problem.ts";
import { GuardRaised, StoreUnavailable } from "../gateway/store-failure.ts";
import type { ConsoleContext } from "./environment.ts";
import { page } from "./layout.tsx";
import { roleNames } from "./words.ts";

/** Statuses of a page that shows a form again. */
export type FormStatus = 200 | 400 | 403 | 404 | 409 | 429 | 503;

export const statusOf: Record<Problem["kind"], Exclude<FormStatus, 200>> = {
  invalid: 400,
  unauthenticated: 403,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  plan_outdated: 409,
  limit_reached: 429,
  mail_unavailable: 503,
};

const titles: Record<(typeof statusOf)[Problem["kind"]], string> = {
  400: "That cannot be done",
  403: "Not allowed",
  404: "Not found",
  409: "That cannot be done now",
  429: "Too often",
  503: "Not available",
};

/** A problem that belongs to no form. */
export const problemPage = (c: ConsoleContext, problem: Problem) =>
  plainPage(c, statusOf[problem.kind], titles[statusOf[problem.kind]], problem.detail);

export const notFoundPage = (c: ConsoleContext) =>
  plainPage(c, 404, "Not found", "There is no page at this address, or what it showed is gone.");

export function forbiddenPage(c: ConsoleContext) {
  const role = roleNames[c.get("admin").identity.role];
  const detail = `Your role, ${role}, does not include this page. A subscription admin of your organization can help.`;
  return plainPage(c, 403, "Not allowed", detail);
}

export const tooLargePage = (c: ConsoleContext) =>
  plainPage(c, 413, "Too large", "The form holds more than this page takes.");

export const tooSlowPage = (c: ConsoleContext) =>
  plainPage(c, 408, "Too slow", "The form took too long to arrive. Send it again.");

function plainPage(
  c: ConsoleContext,
  status: 400 | 403 | 404 | 408 | 409 | 413 | 429 | 500 | 503,
  title: string,
  detail: string,
) {
  const signedIn = c.get("admin") !== undefined;
  return page(
    c,
    { title, status },
    <section class="plain">
      <p class="plain-status" aria-hidden="true">
        {status}
      </p>
      <h1>{title}</h1>
      <p>{detail}</p>
      <p>
        <a class="button" href={signedIn ? "/home" : "/"}>
          {signedIn ? "Go to Home" : "Go to the first page"}
        </a>
      </p>
    </section>,
  );
}

/** What went wrong stays in the log; the page has the id to find it by. */
export function failurePage(error: Error, c: ConsoleContext): Response | Promise<Response> {
  if (error instanceof HTTPException && error.status === 403) {
    return plainPage(
      c,
      403,
      "Not allowed",
      "This form was not sent from a page of this gateway. Nothing was changed.",
    );
  }
  const requestId = c.get("requestId");
  c.get("deps").log({ level: "error", message: String(error), requestId, path: c.req.path });
  // `fenced`: the tenant moved between the look-up of this request and its batch; the next request finds it.
  if (error instanceof StoreUnavailable || (error instanceof GuardRaised && error.word === "fenced")) {
    c.header("retry-after", "2");
    return plainPage(c, 503, "Not available", "The store did not answer. Try again in a moment.");
  }
  return plainPage(c, 500, "Something went wrong", `The cause is in the log under request id ${requestId}.`);
}
