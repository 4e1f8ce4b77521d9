// The characteristics of an attribute (RFC 7643 §2.2 and §7), as data that validates, resolves and documents.

export type AttributeType =
  | "string"
  | "boolean"
  | "decimal"
  | "integer"
  | "dateTime"
  | "binary"
  | "reference"
  | "complex";

export type AttributeDefinition = {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: "readOnly" | "readWrite" | "immutable" | "writeOnly";
  readonly returned: "always" | "never" | "default" | "request";
  readonly uniqueness: "none" | "server" | "global";
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly AttributeDefinition[];
  readonly description: string;
};

export type SchemaDefinition = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly AttributeDefinition[];
};

type Changes = Partial<Omit<AttributeDefinition, "name" | "type" | "description">>;

/** A definition with the defaults of RFC 7643 §2.2; references and binaries are case-exact (§2.3.6, §2.3.7). */
export const define = (
  type: AttributeType,
  name: string,
  description: string,
  changes: Changes = {},
): AttributeDefinition => ({
  name,
  type,
  multiValued: false,
  required: false,
  caseExact: type === "reference" || type === "binary",
  mutability: "readWrite",
  returned: "default",
  uniqueness: "none",
  description,
  ...changes,
});

/** A multi-valued complex attribute with the default sub-attributes of RFC 7643 §2.4. */
export const plural = (
  name: string,
  description: string,
  value: AttributeDefinition,
  types: readonly string[] = [],
): AttributeDefinition =>
  define("complex", name, description, {
    multiValued: true,
    subAttributes: [
      value,
      define("string", "display", "A name of the value for display."),
      define("string", "type", "What the value is for.", types.length > 0 ? { canonicalValues: types } : {}),
      define("boolean", "primary", "Whether this is the preferred value; true at most once."),
    ],
  });

/** Attribute names are case-insensitive (RFC 7643 §2.1). */
export const findAttribute = (
  attributes: readonly AttributeDefinition[] | undefined,
  name: string,
): AttributeDefinition | undefined => {
  const wanted = name.toLowerCase();
  return attributes?.find((attribute) => attribute.name.toLowerCase() === wanted);
};
