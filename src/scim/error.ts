import type { JsonObject } from "./json.ts";
import { DETAIL_QUOTE_MAX } from "./limits.ts";
import { ERROR } from "./urn.ts";

/** Kinds that become a `scimType` of the same name: RFC 7644 Table 9 and RFC 9865 Table 3. */
export type ScimType =
  | "invalidFilter"
  | "tooMany"
  | "uniqueness"
  | "mutability"
  | "invalidSyntax"
  | "invalidPath"
  | "noTarget"
  | "invalidValue"
  | "invalidVers"
  | "sensitive"
  | "invalidCursor"
  | "expiredCursor"
  | "invalidCount";

export type PlainKind =
  | ScimType
  | "notFound"
  | "conflict"
  | "forbidden"
  | "notImplemented"
  | "preconditionFailed"
  | "payloadTooLarge"
  | "requestTimeout"
  | "unsupportedMediaType"
  | "internal";

/** Everything a SCIM answer can say went wrong. `detail` is read by the administrator of the client. */
export type ScimError =
  | { kind: PlainKind; detail: string }
  | { kind: "unauthorized"; detail: string; challenge?: string }
  | { kind: "methodNotAllowed"; detail: string; allow?: readonly string[] }
  | { kind: "unavailable"; detail: string; retryAfterSeconds: number }
  | {
      kind: "tooManyRequests";
      detail: string;
      retryAfterSeconds: number;
      /** Requests per window, and when the window ends in seconds since the epoch. */
      rate?: { limit: number; resetAtSeconds: number };
    };

export type Wire = { status: number; body: JsonObject; headers: Record<string, string> };

export const refusal = (kind: PlainKind, detail: string): ScimError => ({ kind, detail });

/** A client's own words inside a `detail`, cut to a readable length. */
export const quote = (text: string): string =>
  text.length <= DETAIL_QUOTE_MAX ? `'${text}'` : `'${text.slice(0, DETAIL_QUOTE_MAX)}…'`;

const statusOf = (error: ScimError): number => {
  switch (error.kind) {
    case "invalidFilter":
    case "tooMany":
    case "mutability":
    case "invalidSyntax":
    case "invalidPath":
    case "noTarget":
    case "invalidValue":
    case "invalidVers":
    case "invalidCursor":
    case "expiredCursor":
    case "invalidCount":
      return 400;
    case "unauthorized":
      return 401;
    // RFC 7644 §7.5.2 answers sensitive data in a URI with 403.
    case "sensitive":
    case "forbidden":
      return 403;
    case "notFound":
      return 404;
    case "methodNotAllowed":
      return 405;
    case "requestTimeout":
      return 408;
    // RFC 7644 §3.3: a duplicate is a conflict.
    case "uniqueness":
    case "conflict":
      return 409;
    case "preconditionFailed":
      return 412;
    case "payloadTooLarge":
      return 413;
    case "unsupportedMediaType":
      return 415;
    case "tooManyRequests":
      return 429;
    case "internal":
      return 500;
    case "notImplemented":
      return 501;
    case "unavailable":
      return 503;
  }
};

const scimTypeOf = (error: ScimError): ScimType | undefined => {
  switch (error.kind) {
    case "invalidFilter":
    case "tooMany":
    case "uniqueness":
    case "mutability":
    case "invalidSyntax":
    case "invalidPath":
    case "noTarget":
    case "invalidValue":
    case "invalidVers":
    case "sensitive":
    case "invalidCursor":
    case "expiredCursor":
    case "invalidCount":
      return error.kind;
    default:
      return undefined;
  }
};

/** Okta honors whole seconds only and waits five minutes for anything else. */
const retryAfter = ({ retryAfterSeconds }: { retryAfterSeconds: number }): Record<string, string> => ({
  "Retry-After": String(Math.max(1, Math.ceil(retryAfterSeconds))),
});

/** Names that identity providers already read from each other's services; no RFC has them yet. */
const rateHeaders = (rate: { limit: number; resetAtSeconds: number }): Record<string, string> => ({
  "X-Rate-Limit-Limit": String(rate.limit),
  "X-Rate-Limit-Remaining": "0",
  "X-Rate-Limit-Reset": String(rate.resetAtSeconds),
});

const headersOf = (error: ScimError): Record<string, string> => {
  switch (error.kind) {
    case "unauthorized":
      // RFC 9110 §11.6.1: a 401 must carry a challenge.
      return { "WWW-Authenticate": error.challenge ?? 'Bearer realm="SCIM"' };
    case "methodNotAllowed":
      return error.allow === undefined ? {} : { Allow: error.allow.join(", ") };
    case "tooManyRequests":
      return { ...retryAfter(error), ...(error.rate === undefined ? {} : rateHeaders(error.rate)) };
    case "unavailable":
      return retryAfter(error);
    default:
      return {};
  }
};

/** The one mapping from an error to the message of RFC 7644 §3.12. */
export const toWire = (error: ScimError): Wire => {
  const status = statusOf(error);
  const scimType = scimTypeOf(error);
  return {
    status,
    body: {
      schemas: [ERROR],
      ...(scimType === undefined ? {} : { scimType }),
      detail: error.detail,
      status: String(status),
    },
    headers: headersOf(error),
  };
};
