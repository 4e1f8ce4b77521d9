// Generators shared by the property tests: small vocabularies, so that things meet.

import fc from "fast-check";
import type { CompareOperator, Filter, Literal } from "../../src/scim/filter/ast.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { ENTERPRISE_USER } from "../../src/scim/urn.ts";

// A fixed seed by default: a red run is red again. FUZZ_SEED and FUZZ_FACTOR widen the search.
fc.configureGlobal({ seed: Number(process.env["FUZZ_SEED"] ?? 7643) });

export const runs = (count: number): number => count * Number(process.env["FUZZ_FACTOR"] ?? 1);

export const text = fc.oneof(
  fc.constantFrom("a", "A", "b", "ab", "AB", "work", "home", "True", "ß", "\u{1F600}", 'q"\\[(', ""),
  fc.string({ unit: "binary", maxLength: 4 }).filter((value) => value.isWellFormed()),
);

const word = fc.constantFrom("a", "A", "b", "ab", "aB", "work", "home", "ａ");

export const element = fc.record(
  { value: word, type: fc.constantFrom("work", "home"), display: word },
  { requiredKeys: [] },
);

/** A user with few attributes, as parseResource would give it. */
export const document: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      nickName: word,
      externalId: word,
      active: fc.boolean(),
      name: fc.record({ givenName: word, familyName: word }, { requiredKeys: ["givenName"] }),
      emails: fc.array(element, { minLength: 1, maxLength: 4 }),
      [ENTERPRISE_USER]: fc.record(
        { department: word, manager: fc.record({ value: word }) },
        { requiredKeys: ["department"] },
      ),
      favoriteColor: word,
    },
    { requiredKeys: [] },
  )
  .map((attributes) => {
    const emails = attributes.emails?.filter((email) => Object.keys(email).length > 0) ?? [];
    const { emails: _emails, ...rest } = attributes;
    return { userName: "u", ...rest, ...(emails.length > 0 ? { emails } : {}) } as JsonObject;
  });

const operators: CompareOperator[] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

const literal: fc.Arbitrary<Literal> = fc.oneof(
  text.map((value): Literal => ({ kind: "string", text: value })),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((value): Literal => ({ kind: "number", text: JSON.stringify(value) })),
  fc.boolean().map((value): Literal => ({ kind: "boolean", value })),
  fc.constant<Literal>({ kind: "null" }),
);

const name = fc.record(
  {
    uri: fc.constantFrom("urn:x:2.0:User", "http://example.com/a.b"),
    name: fc.constantFrom("a", "not", "and", "or", "pr", "eq", "a-b_1", "emails"),
    subAttribute: fc.constantFrom("value", "$ref", "x"),
  },
  { requiredKeys: ["name"] },
);

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  name.map((value): Filter => ({ kind: "present", name: value })),
  fc
    .tuple(name, fc.constantFrom(...operators), literal)
    .map(([attribute, operator, value]): Filter => ({ kind: "compare", name: attribute, operator, value })),
);

/** Any filter the grammar allows, whether or not a schema knows its names. */
export const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc
      .tuple(
        fc.constantFrom("and" as const, "or" as const),
        fc.array(tie("filter"), { minLength: 2, maxLength: 3 }),
      )
      .map(([kind, operands]): Filter => ({ kind, operands })),
    tie("filter").map((operand): Filter => ({ kind: "not", operand })),
    fc
      .tuple(name, tie("filter"))
      .map(([attribute, filter]): Filter => ({ kind: "valuePath", name: attribute, filter })),
  ),
})).filter;

const stringLeaf = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...operators), word)
    .map(([attribute, operator, value]) => `${attribute} ${operator} ${JSON.stringify(value)}`);

const present = (names: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...names).map((attribute) => `${attribute} pr`);

const composed = (leaves: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.letrec<{ filter: string }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      leaves,
      fc
        .tuple(tie("filter"), fc.constantFrom("and", "or"), tie("filter"))
        .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
      tie("filter").map((filter) => `not (${filter})`),
    ),
  })).filter;

const ELEMENT_NAMES = ["value", "type", "display"];
const NAMES = [
  "userName",
  "nickName",
  "externalId",
  "name.givenName",
  "name.familyName",
  "emails",
  "emails.type",
  "manager",
];

export const elementFilter = composed(fc.oneof(stringLeaf(ELEMENT_NAMES), present(ELEMENT_NAMES)));

/** A filter that the schemas of a user can resolve. */
export const userFilter = composed(
  fc.oneof(
    stringLeaf([...NAMES, `${ENTERPRISE_USER}:department`]),
    present([...NAMES, "name"]),
    elementFilter.map((filter) => `emails[${filter}]`),
    fc.constantFrom("active eq true", "active ne true", "nickName eq null", "emails ne null"),
  ),
);

const PATHS = [
  "nickName",
  "name",
  "name.givenName",
  "emails",
  "emails.display",
  "manager",
  "active",
  "externalId",
  ENTERPRISE_USER,
  `${ENTERPRISE_USER}:department`,
];

const path = fc.oneof(
  fc.constantFrom(...PATHS),
  elementFilter.map((filter) => `emails[${filter}]`),
  fc
    .tuple(elementFilter, fc.constantFrom(...ELEMENT_NAMES))
    .map(([filter, sub]) => `emails[${filter}].${sub}`),
);

const emailValue: fc.Arbitrary<Json> = fc
  .record(
    { value: word, type: fc.constantFrom("work", "home"), primary: fc.boolean() },
    { requiredKeys: ["value"] },
  )
  .map((value) => value as JsonObject);

const value: fc.Arbitrary<Json> = fc.oneof(
  word,
  fc.boolean(),
  fc.constant(null),
  fc.constant(""),
  emailValue,
  fc.array(emailValue, { maxLength: 2 }),
  fc
    .record({ givenName: word, familyName: fc.constantFrom(null, "x") }, { requiredKeys: [] })
    .map((object) => object as JsonObject),
  fc
    .record({ department: word, manager: word, floor: fc.constant(3) }, { requiredKeys: [] })
    .map((object) => object as JsonObject),
);

export const operation: fc.Arbitrary<JsonObject> = fc.oneof(
  fc
    .tuple(fc.constantFrom("add", "replace", "Add"), path, value)
    .map(([op, target, given]) => ({ op, path: target, value: given })),
  path.map((target) => ({ op: "remove", path: target })),
  fc
    .tuple(fc.constantFrom("add", "replace"), fc.dictionary(path, value, { maxKeys: 3 }))
    .map(([op, given]) => ({ op, value: { ...given } })),
);
