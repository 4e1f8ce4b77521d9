/** Reading a form: what was typed is kept beside what is wrong with it. */
import type * as z from "zod";
import type { ConsoleContext } from "./environment.ts";

export type Typed = Readonly<Partial<Record<string, string>>>;

export type FormState = {
  typed: Typed;
  /** By name of the field. */
  errors: Typed;
  /** What a use case refused, about the form as a whole. */
  problem?: string | undefined;
};

export const emptyForm: FormState = { typed: {}, errors: {} };

export type ReadForm<T> = { ok: true; value: T; form: FormState } | { ok: false; form: FormState };

export async function readForm<S extends z.ZodType>(
  c: ConsoleContext,
  schema: S,
): Promise<ReadForm<z.output<S>>> {
  const body = await c.req.parseBody();
  // Files and repeated fields are of no use to any form here.
  const typed = Object.fromEntries(
    Object.entries(body).filter((entry) => typeof entry[1] === "string"),
  ) as Typed;
  return formOf(schema, typed);
}

/** Also of a form that was sent by GET. */
export function formOf<S extends z.ZodType>(schema: S, typed: Typed): ReadForm<z.output<S>> {
  const parsed = schema.safeParse(typed);
  if (parsed.success) return { ok: true, value: parsed.data, form: { typed, errors: {} } };
  const errors: Record<string, string> = {};
  for (const { path, message } of parsed.error.issues) errors[String(path[0] ?? "")] ??= message;
  return { ok: false, form: { typed, errors } };
}
