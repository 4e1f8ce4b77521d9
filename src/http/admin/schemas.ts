/** Forms that several nouns of the admin API share. Shared schemas carry an id: they become components. */
import * as z from "zod";
import { ROLES } from "../../domain/role.ts";
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from "../../gateway/page.ts";

export const time = z.iso.datetime().meta({ description: "ISO 8601, UTC." });

export const role = z.enum(ROLES).meta({ id: "Role" });

export const mailOutcome = z.enum(["sent", "captured"]).meta({
  id: "MailOutcome",
  description: "`captured` only in development, where the link is in the answer instead of in a mailbox.",
});

/** Query of every list. */
export const pageQuery = z.object({
  cursor: z.string().max(2_000).optional().meta({ description: "`nextCursor` of the page before." }),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
});

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().optional() });

/** A name as people type it: trimmed, never empty. */
export const nameOf = (what: string, max = 200) =>
  z
    .string()
    .trim()
    .min(1, `${what} is empty`)
    .max(max)
    // Control characters would break lines of mails and logs.
    .regex(/^\P{Cc}*$/u, `${what} contains a control character`);

export const id = z.string().min(1).max(200);
