/** Reading a form: what was typed is kept beside what is wrong with it. */
import type * as z from "zod";
import { ADMIN_BODY_BYTES_MAX } from "../domain/limits.ts";
import { receiveBody } from "../gateway/body.ts";
import type { ConsoleContext } from "./environment.ts";
import { tooLargePage, tooSlowPage } from "./problem.tsx";

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

/** Receives a form before anything looks into it: bounded in bytes and in time. */
export async function boundedForm(
  c: ConsoleContext,
  next: () => Promise<void>,
): Promise<Response | undefined> {
  const { raw } = c.req;
  if (raw.body !== null) {
    const body = await receiveBody(raw.body, ADMIN_BODY_BYTES_MAX);
    if (!body.ok) return body.why === "too_large" ? tooLargePage(c) : tooSlowPage(c);
    c.req.raw = new Request(raw, { body: body.bytes });
  }
  await next();
  return undefined;
}

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
