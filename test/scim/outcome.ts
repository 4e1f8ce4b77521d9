import { expect } from "vitest";
import type { ScimError } from "../../src/scim/error.ts";
import type { Result } from "../../src/scim/result.ts";

/** The value of a Result that must have succeeded. */
export const succeeded = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`expected a value, got ${result.error.kind}: ${result.error.detail}`);
  return result.value;
};

/** The kind of error of a Result that must have failed, after a look at its text. */
export const failed = (result: Result<unknown>): ScimError["kind"] => {
  if (result.ok) throw new Error(`expected an error, got ${JSON.stringify(result.value)}`);
  expect(result.error.detail).toMatch(/^\S.*\.$/s);
  return result.error.kind;
};
