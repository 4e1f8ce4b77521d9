/** The credential for a vault's own SCIM service, as it is typed. Secrets are never shown again, not even after an error. */
import * as z from "zod";
import type { ConnectorCredential } from "../gateway/connectors/connectors.ts";
import type { Problem } from "../gateway/problem.ts";
import type { FormState } from "./form.ts";

/** Which addresses may be called is for the use case to say. */
export const addressField = (what: string) =>
  z
    .string({ error: `Enter ${what}.` })
    .trim()
    .min(1, `Enter ${what}.`)
    .max(2_000, "This address is too long.");

const secretField = (what: string) =>
  z
    .string({ error: `Enter ${what}.` })
    .trim()
    .min(1, `Enter ${what}.`)
    .max(4_000, "At most 4,000 characters.")
    // Goes into a header or a form: visible ASCII (RFC 6749 appendix A).
    .regex(/^[\x20-\x7e]+$/, "Letters, digits and signs of a US keyboard only.");

const bearer = { authentication: z.literal("bearer"), token: secretField("the token") };
const client = {
  authentication: z.literal("client_credentials"),
  tokenEndpoint: addressField("the address of the token endpoint"),
  clientId: z.string({ error: "Enter the client id." }).trim().min(1, "Enter the client id.").max(400),
  clientSecret: secretField("the client secret"),
};
const choose = { error: "Choose how the gateway authenticates." };

type Typed = z.output<z.ZodObject<typeof bearer>> | z.output<z.ZodObject<typeof client>>;

/** Forms with these fields beside the credential's own. */
export const withCredential = <More extends z.ZodRawShape>(more: More) =>
  z.discriminatedUnion(
    "authentication",
    [z.object({ ...more, ...bearer }), z.object({ ...more, ...client })],
    choose,
  );

export const credentialOf = (typed: Typed): ConnectorCredential =>
  typed.authentication === "bearer"
    ? { type: "bearer", token: typed.token }
    : {
        type: "client_credentials",
        tokenEndpoint: typed.tokenEndpoint,
        clientId: typed.clientId,
        clientSecret: typed.clientSecret,
      };

const fields = new Map([
  ["baseUrl", "baseUrl"],
  ["authentication.tokenEndpoint", "tokenEndpoint"],
  ["authentication", "authentication"],
]);

/** The form again, with what was refused beside its field. */
export function refusedForm(form: FormState, { detail }: Problem): FormState {
  const [, path = "", reason = ""] = /^([\w.]+): (.*)$/.exec(detail) ?? [];
  const field = fields.get(path);
  return field === undefined ? { ...form, problem: detail } : { ...form, errors: { [field]: reason } };
}
