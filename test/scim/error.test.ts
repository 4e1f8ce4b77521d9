import { describe, expect, it } from "vitest";
import { type ScimError, toWire } from "../../src/scim/error.ts";
import { ERROR } from "../../src/scim/urn.ts";

const detail = "Something is wrong.";

const TYPED: [ScimError["kind"], number][] = [
  ["invalidFilter", 400],
  ["tooMany", 400],
  ["uniqueness", 409],
  ["mutability", 400],
  ["invalidSyntax", 400],
  ["invalidPath", 400],
  ["noTarget", 400],
  ["invalidValue", 400],
  ["invalidVers", 400],
  ["sensitive", 403],
  ["invalidCursor", 400],
  ["expiredCursor", 400],
  ["invalidCount", 400],
];

const UNTYPED: [ScimError["kind"], number][] = [
  ["unauthorized", 401],
  ["forbidden", 403],
  ["notFound", 404],
  ["methodNotAllowed", 405],
  ["preconditionFailed", 412],
  ["requestTimeout", 408],
  ["payloadTooLarge", 413],
  ["unsupportedMediaType", 415],
  ["internal", 500],
  ["notImplemented", 501],
];

describe("toWire", () => {
  it.each(TYPED)("%s is %i with a scimType (RFC 7644 Table 9, RFC 9865 Table 3)", (kind, status) => {
    const wire = toWire({ kind, detail } as ScimError);
    expect(wire.status).toBe(status);
    expect(wire.body).toEqual({ schemas: [ERROR], scimType: kind, detail, status: String(status) });
  });

  it.each(UNTYPED)("%s is %i without one", (kind, status) => {
    const wire = toWire({ kind, detail } as ScimError);
    expect(wire.status).toBe(status);
    expect(wire.body).toEqual({ schemas: [ERROR], detail, status: String(status) });
  });

  it.each([
    ["tooManyRequests", 429, 2, "2"],
    ["tooManyRequests", 429, 1.2, "2"],
    ["unavailable", 503, 0, "1"],
  ] as const)(
    "%s is %i and says when to come back, in whole seconds",
    (kind, status, retryAfterSeconds, header) => {
      const wire = toWire({ kind, detail, retryAfterSeconds });
      expect(wire.status).toBe(status);
      expect(wire.headers).toEqual({ "Retry-After": header });
    },
  );

  it("challenges on 401", () => {
    expect(toWire({ kind: "unauthorized", detail }).headers["WWW-Authenticate"]).toMatch(/^Bearer /);
    const challenge = 'Basic realm="x"';
    expect(toWire({ kind: "unauthorized", detail, challenge }).headers["WWW-Authenticate"]).toBe(challenge);
  });

  it("says what is allowed on 405", () => {
    expect(toWire({ kind: "methodNotAllowed", detail, allow: ["GET", "PUT"] }).headers).toEqual({
      Allow: "GET, PUT",
    });
  });
});
