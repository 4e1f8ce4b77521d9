// What OneLogin's provisioning client sends beside the letter of the RFCs.

import { isObject, type Json } from "../json.ts";

/**
 * OneLogin sends one e-mail address as a bare object: `"emails":{"value":"a@example.com","type":"work"}`.
 * Answers the list of values; null is the empty list (RFC 7643 §2.5), any other scalar is none.
 */
export const listOfDictionary = (value: Json): readonly Json[] | undefined => {
  if (value === null || value === "") return [];
  if (Array.isArray(value)) return value;
  return isObject(value) ? [value] : undefined;
};
