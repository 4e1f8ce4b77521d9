import { type PlainKind, refusal, type ScimError } from "./error.ts";

/** An outcome as a value: nothing in this layer throws for what a client sent. */
export type Result<T, E = ScimError> = { ok: true; value: T } | { ok: false; error: E };

export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });

export const err = <E>(error: E): { ok: false; error: E } => ({ ok: false, error });

/** A failed Result in one call; most of this layer ends with one. */
export const refuse = (kind: PlainKind, detail: string): Result<never> => err(refusal(kind, detail));
