/** What the fields of forms accept, in words for people. */
import * as z from "zod";
import { EMAIL_LENGTH_MAX, PURCHASED_MAX } from "../domain/limits.ts";
import { figure } from "./words.ts";

export const nameField = (what: string, max = 100) =>
  z
    .string({ error: `Enter ${what}.` })
    .trim()
    .min(1, `Enter ${what}.`)
    .max(max, `At most ${max} characters.`)
    // Control characters would break lines of mails and logs.
    .regex(/^\P{Cc}*$/u, "Remove the control character.");

export const emailField = z
  .string({ error: "Enter an e-mail address." })
  .trim()
  .max(EMAIL_LENGTH_MAX, "This address is too long.")
  .pipe(z.email("Enter an e-mail address, such as you@example.com."));

/** A whole number within bounds. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string({ error: "Enter a number." })
    .trim()
    .regex(/^\d{1,9}$/, "Enter a whole number.")
    .transform(Number)
    .pipe(
      z
        .number()
        .min(min, `At least ${figure(min)}.`)
        .max(max, `At most ${figure(max)}.`),
    );

export const countField = wholeNumber(0, PURCHASED_MAX);

export const tokenField = z.string().min(1).max(256);
