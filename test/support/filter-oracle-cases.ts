/** Resources and filters for fast-check: the whole grammar over every kind of attribute, with awkward text. */
import fc from "fast-check";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import type { Attribute, Comparison, Question } from "./filter-oracle.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const INFO = "urn:ietf:params:scim:schemas:extension:info:2.0:User";
const CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User";

/** Small on purpose: equal, nested and nearly equal texts must meet often. */
const words = [
  "",
  "a",
  "A",
  "ab",
  "Ab b",
  "İ",
  "i̇",
  "ß",
  "SS",
  "ＡＢ",
  "ﬁ",
  "é",
  "e\u0301",
  "😀",
  "\uffff",
  "%",
  "_",
  "'",
  '"',
  "\\",
  "\u0001",
  "\u0000",
  "a\u0000b",
  "4711",
  "true",
  "null",
  "$.x",
  "a@B.org",
] as const;

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...words) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...words), fc.constantFrom(...words)).map((two) => two.join("")),
  },
);

const at = (
  path: string,
  kind: Attribute["kind"] = "folded",
  written: string = path,
  prefix: readonly string[] = [],
): Attribute => ({ path: [...prefix, ...path.split(".")], text: written, kind });

/** A complex attribute that stands for its `value`. */
const short = (
  name: string,
  kind: Attribute["kind"] = "folded",
  prefix: readonly string[] = [],
): Attribute => ({
  ...at(`${name}.value`, kind, name, prefix),
  whole: [...prefix, name],
});

const enterprise = (path: string, kind: Attribute["kind"] = "folded"): Attribute =>
  at(path, kind, `${ENTERPRISE}:${path}`, [ENTERPRISE]);

const meta: Attribute[] = [
  at("meta.created", "instant"),
  at("meta.lastModified", "instant"),
  at("meta.resourceType", "exact"),
  at("meta.version", "exact"),
  at("meta.location", "exact"),
  at("schemas"),
  at("id", "exact"),
  at("externalId", "exact"),
];

export const userAttributes: Attribute[] = [
  ...meta,
  at("userName"),
  at("userName", "folded", "USERNAME"),
  at("displayName", "folded", `${CORE_USER}:displayName`),
  at("title"),
  at("profileUrl", "exact"),
  at("name.familyName"),
  at("name.givenName"),
  at("active", "boolean"),
  at("emails.value"),
  short("emails"),
  at("emails.type"),
  at("emails.primary", "boolean"),
  short("roles"),
  at("roles.primary", "boolean"),
  at("photos.value", "exact"),
  at("x509Certificates.value", "binary"),
  at("groups.value", "exact"),
  short("groups", "exact"),
  at("groups.display"),
  at("groups.type"),
  at("groups.$ref", "exact"),
  enterprise("department"),
  enterprise("manager.value", "exact"),
  enterprise("manager.displayName"),
  short("manager", "exact", [ENTERPRISE]),
  at("info1", "folded", `${INFO.toUpperCase()}:info1`, [INFO]),
];

export const groupAttributes: Attribute[] = [
  ...meta,
  at("displayName"),
  at("members.value", "exact"),
  short("members", "exact"),
  at("members.type"),
  at("members.$ref", "exact"),
  at("members.display"),
];

type List = { readonly list: Attribute; readonly inside: readonly Attribute[] };

const entries = [at("value"), at("type"), at("display"), at("primary", "boolean")];

const userLists: List[] = [
  { list: at("emails"), inside: entries },
  { list: at("roles"), inside: entries },
  { list: at("photos"), inside: [at("value", "exact"), at("type")] },
  { list: at("name"), inside: [at("familyName"), at("givenName")] },
  {
    list: at("meta"),
    inside: [at("resourceType", "exact"), at("created", "instant"), at("version", "exact")],
  },
  { list: at("groups"), inside: [at("value", "exact"), at("display"), at("type")] },
  { list: enterprise("manager"), inside: [at("value", "exact"), at("displayName")] },
];

const groupLists: List[] = [
  { list: at("members"), inside: [at("value", "exact"), at("type"), at("display")] },
];

/** Complex attributes as a whole can only be asked for presence. */
const wholes: Record<"User" | "Group", Attribute[]> = {
  User: [at("name"), at("emails"), at("groups"), at("meta"), enterprise("manager")],
  Group: [at("members"), at("meta")],
};

const comparisons: Record<Attribute["kind"], readonly Comparison[]> = {
  folded: ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
  exact: ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
  binary: ["eq", "ne"],
  boolean: ["eq", "ne"],
  instant: ["eq", "ne", "gt", "ge", "lt", "le"],
};

export const valuesAt = (value: Json | undefined, path: readonly string[]): Json[] => {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  const [first, ...rest] = path;
  if (first === undefined) return value === undefined ? [] : [value];
  return typeof value === "object" && value !== null ? valuesAt(value[first], rest) : [];
};

/** The same text in another spelling, or a piece of it. */
const around = (value: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(value, value, value.toUpperCase(), value.normalize("NFKD")),
    fc.tuple(fc.nat(), fc.nat()).map(([from, length]) => {
      const points = [...value];
      return points
        .slice(from % (points.length + 1))
        .slice(0, length % 6)
        .join("");
    }),
  );

const spelling = (instant: string): fc.Arbitrary<string> => {
  const at = Date.parse(instant);
  return fc.constantFrom(
    instant,
    new Date(at + 1).toISOString(),
    `${new Date(at + 2 * 3_600_000).toISOString().slice(0, -1)}+02:00`,
    instant.replace("Z", "000Z"),
  );
};

const wantedFor = (attribute: Attribute, known: readonly Json[]): fc.Arbitrary<string | boolean> => {
  if (attribute.kind === "boolean") return fc.boolean();
  const strings = known.filter((value) => typeof value === "string");
  if (attribute.kind === "instant") {
    const instants = strings.filter((value) => !Number.isNaN(Date.parse(value)));
    return fc
      .constantFrom(...(instants.length === 0 ? ["2026-01-01T00:00:00.000Z"] : instants))
      .chain(spelling);
  }
  if (strings.length === 0) return text;
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...strings).chain(around) },
    { weight: 1, arbitrary: text },
  );
};

/** Filters about these resources. */
export function questions(type: "User" | "Group", resources: readonly JsonObject[]): fc.Arbitrary<Question> {
  const attributes = type === "User" ? userAttributes : groupAttributes;
  const lists = type === "User" ? userLists : groupLists;
  const known = new Map<string, Json[]>();
  const knownAt = (path: readonly string[]): Json[] => {
    const name = path.join(" ");
    const values = known.get(name) ?? resources.flatMap((resource) => valuesAt(resource, path));
    known.set(name, values);
    return values;
  };
  const about = (attribute: Attribute, prefix: readonly string[]): fc.Arbitrary<Question> =>
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc
          .tuple(
            fc.constantFrom(...comparisons[attribute.kind]),
            wantedFor(attribute, knownAt([...prefix, ...attribute.path])),
          )
          .map(([comparison, wanted]) => ({ attribute, comparison, wanted })),
      },
      { weight: 1, arbitrary: fc.constant({ present: attribute }) },
      { weight: 1, arbitrary: fc.boolean().map((negated) => ({ isNull: attribute, negated })) },
    );
  const joined = (leaf: fc.Arbitrary<Question>): fc.Arbitrary<Question> =>
    fc.oneof(
      { weight: 6, arbitrary: leaf },
      { weight: 2, arbitrary: fc.array(leaf, { minLength: 2, maxLength: 4 }).map((and) => ({ and })) },
      { weight: 2, arbitrary: fc.array(leaf, { minLength: 2, maxLength: 4 }).map((or) => ({ or })) },
      { weight: 1, arbitrary: leaf.map((not) => ({ not })) },
    );
  const simple = fc.constantFrom(...attributes).chain((attribute) => about(attribute, []));
  const inside = fc.constantFrom(...lists).chain(({ list, inside }) =>
    joined(fc.constantFrom(...inside).chain((attribute) => about(attribute, list.path))).map((element) => ({
      list,
      element,
    })),
  );
  const whole = fc.constantFrom(...wholes[type]).map((present) => ({ present }));
  const leaf: fc.Arbitrary<Question> = fc.oneof(
    { weight: 6, arbitrary: simple },
    { weight: 3, arbitrary: inside },
    { weight: 1, arbitrary: whole },
  );
  return joined(joined(leaf));
}

const entry = (value: fc.Arbitrary<string>): fc.Arbitrary<JsonObject> =>
  fc.record(
    { value, type: fc.constantFrom("work", "Home", "İ", ""), display: text },
    { requiredKeys: ["value"] },
  );

/** At most one element is primary (RFC 7643 §2.4). */
const list = (value: fc.Arbitrary<string>): fc.Arbitrary<Json[]> =>
  fc
    .tuple(fc.array(entry(value), { maxLength: 3 }), fc.nat(4), fc.boolean())
    .map(([entries, primary, told]) =>
      entries.map((each, index) =>
        index === primary ? { ...each, primary: true } : told ? { ...each, primary: false } : each,
      ),
    );

/** Bodies of POST; `userName` is made unique by the number. */
export const userBody = (number: number): fc.Arbitrary<JsonObject> =>
  fc
    .record(
      {
        userName: text.map((word) => `${word}${number}`),
        externalId: text,
        displayName: text,
        title: text,
        profileUrl: text,
        active: fc.boolean(),
        name: fc.record({ familyName: text, givenName: text }, { requiredKeys: [] }),
        emails: list(text),
        roles: list(text),
        photos: list(text),
        x509Certificates: fc.constantFrom<Json[]>([{ value: "QQ==" }], [{ value: "qq==" }], []),
        [ENTERPRISE]: fc.record(
          { department: text, manager: fc.record({ value: text.filter((word) => word !== "") }) },
          { requiredKeys: [] },
        ),
        [INFO]: fc.record({ info1: text }, { requiredKeys: [] }),
        "urn:example:Ä": fc.record({ raw: text }),
        "urn:example:raw": fc.constantFrom<Json>({ raw: 1 }, "text"),
      },
      { requiredKeys: ["userName"] },
    )
    .map((body) => ({ schemas: [CORE_USER], ...body }) as JsonObject);

export const groupBody = (number: number): fc.Arbitrary<JsonObject> =>
  fc
    .record(
      { displayName: text.map((word) => `${word}${number}`), externalId: text },
      { requiredKeys: ["displayName"] },
    )
    .map((body) => ({ schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], ...body }));
