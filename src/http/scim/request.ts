/** Reading a SCIM request: media type, size, encoding, JSON, and the conditional headers. */
import type { Context } from "hono";
import { receiveBody } from "../../gateway/body.ts";
import type { IfMatch } from "../../gateway/scim/contention.ts";
import type { Json } from "../../scim/json.ts";
import { parseJson } from "../../scim/json-text.ts";
import { BODY_BYTES_MAX } from "../../scim/limits.ts";
import { ok, type Result, refuse } from "../../scim/result.ts";
import { matches, parseTags } from "../../scim/version.ts";
import type { AppEnvironment } from "../context.ts";

type ScimContext = Context<AppEnvironment>;

/** The parsed body. 415 for any other media type, 413 past the limit, 408 past the deadline, 400 for what is not JSON. */
export async function readBody(c: ScimContext, bytesMax = BODY_BYTES_MAX): Promise<Result<Json>> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/scim+json" && type !== "application/json") {
    return refuse("unsupportedMediaType", "Send the body as application/scim+json or application/json.");
  }
  const body = await receiveBody(c.req.raw.body, bytesMax);
  if (!body.ok) {
    return body.why === "too_large"
      ? refuse("payloadTooLarge", `The body is larger than ${bytesMax} bytes.`)
      : refuse("requestTimeout", "The body took too long to arrive.");
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(body.bytes);
  } catch {
    return refuse("invalidSyntax", "The body is not valid UTF-8 (RFC 8259 §8.1).");
  }
  return parseJson(text);
}

/** If-Match (RFC 7644 §3.14): absent and `*` accept any version of an existing resource. */
export function ifMatch(c: ScimContext): IfMatch {
  const header = c.req.header("if-match");
  const tags = header === undefined ? "*" : parseTags(header);
  if (header === undefined || tags === "*") return { versions: undefined, precondition: () => ok(true) };
  return {
    versions: (tags ?? []).map(Number).filter(Number.isSafeInteger),
    precondition: (version) =>
      matches(header, version)
        ? ok(true)
        : refuse("preconditionFailed", "The resource has changed since it was read (If-Match)."),
  };
}

/** Whether If-None-Match names this version: the answer is then 304. */
export function isNotModified(c: ScimContext, version: number): boolean {
  const header = c.req.header("if-none-match");
  return header !== undefined && matches(header, version);
}

/** Query parameters by their first value; names as sent, since SCIM's are case-sensitive in every client. */
export const parameters = (c: ScimContext): Record<string, string | undefined> => c.req.query();
