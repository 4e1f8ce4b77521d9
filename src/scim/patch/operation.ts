import type { Json } from "../json.ts";
import type { AttributePath } from "../path.ts";

/** Something no schema defines and that is kept raw (R4): a top-level member, or one inside an extension. */
export type RawTarget = { readonly kind: "raw"; readonly schema?: string; readonly name: string };

export type PatchTarget = AttributePath | RawTarget;

/**
 * One operation of RFC 7644 §3.5.2 on one target. Operations without a path have been taken apart into one operation
 * for each of their attributes, so every operation here has a target; `path` is its text, for error messages.
 */
export type PatchOperation = {
  readonly op: "add" | "remove" | "replace";
  readonly path: string;
  readonly target: PatchTarget;
  readonly value?: Json;
};
