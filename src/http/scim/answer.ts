/** The one way SCIM answers leave: media type, ETag, Location, and errors by the pure mapping. */
import type { Context } from "hono";
import { stream } from "hono/streaming";
import { TooManyRequests } from "../../gateway/rates.ts";
import { CredentialRevoked, ensureFence, type ScimClient } from "../../gateway/scim/client.ts";
import type { GroupBody } from "../../gateway/scim/members.ts";
import { StoreUnavailable } from "../../gateway/store-failure.ts";
import { type ScimError, toWire } from "../../scim/error.ts";
import type { JsonObject } from "../../scim/json.ts";
import { etag } from "../../scim/version.ts";
import type { AppEnvironment } from "../context.ts";
import { unauthorized } from "./authentication.ts";

type ScimContext = Context<AppEnvironment>;

/** `application/scim+json`, or plain JSON for a client that accepts nothing else (R12). */
function mediaType(c: ScimContext): string {
  const accepted = (c.req.header("accept") ?? "").toLowerCase();
  const plainOnly =
    accepted.includes("application/json") && !/scim\+json|\*\/\*|application\/\*/.test(accepted);
  return plainOnly ? "application/json" : "application/scim+json";
}

type Status = 200 | 201;

export function scimJson(
  c: ScimContext,
  body: JsonObject,
  status: Status = 200,
  headers: Record<string, string> = {},
): Response {
  return c.body(JSON.stringify(body), status, { "content-type": mediaType(c), ...headers });
}

/** The client has this version already; the headers are those of the 200 (RFC 9110 §15.4.5). */
export const notModified = (c: ScimContext, found: { version: number; location: string }): Response =>
  c.body(null, 304, { etag: etag(found.version), "content-location": found.location });

/** A resource with its ETag (RFC 7644 §3.14). */
export function resourceAnswer(
  c: ScimContext,
  resource: { body: GroupBody; version: number; location: string },
  status: 200 | 201 = 200,
): Response {
  const headers = {
    etag: etag(resource.version),
    ...(status === 201 ? { location: resource.location } : { "content-location": resource.location }),
  };
  if (resource.body.kind === "whole") return scimJson(c, resource.body.resource, status, headers);
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  c.header("content-type", mediaType(c));
  c.status(status);
  const { text } = resource.body;
  return stream(c, async (out) => {
    for await (const piece of text) await out.write(piece);
  });
}

export function scimError(c: ScimContext, error: ScimError): Response {
  const { status, body, headers } = toWire(error);
  return c.body(JSON.stringify(body), status as 400, { "content-type": mediaType(c), ...headers });
}

/**
 * What escaped a handler: a revoked credential is 401, a store that did not answer 503 (never 401 or 404, R29),
 * anything else one fixed sentence with the request id.
 */
export function scimFailure(c: ScimContext, failure: unknown): Response {
  if (failure instanceof CredentialRevoked) {
    return scimError(
      c,
      unauthorized("The credential is no longer valid: it was revoked or its configuration deleted."),
    );
  }
  if (failure instanceof TooManyRequests) {
    const { retryAfterSeconds, ...rate } = failure.refusal;
    const detail = `Too many requests. Try again in ${retryAfterSeconds} seconds.`;
    return scimError(c, { kind: "tooManyRequests", detail, retryAfterSeconds, rate });
  }
  const log = c.get("deps")?.log;
  log?.({ level: "error", message: String(failure), requestId: c.get("requestId"), path: c.req.path });
  if (failure instanceof StoreUnavailable) {
    return scimError(c, {
      kind: "unavailable",
      detail: "The directory is temporarily unavailable. Nothing is lost; try again.",
      retryAfterSeconds: 2,
    });
  }
  return scimError(c, {
    kind: "internal",
    detail: `Something went wrong here. Request id: ${c.get("requestId")}.`,
  });
}

/** Before an answer leaves that needed no data: a revoked credential must not even learn that its body was wrong. */
export async function behindFence(client: ScimClient, answer: Response): Promise<Response> {
  await ensureFence(client);
  return answer;
}
