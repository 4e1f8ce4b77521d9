import { describe, expect, it } from "vitest";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import { printFilter } from "../../../src/scim/filter/print.ts";
import { FILTER_DEPTH_MAX, FILTER_LENGTH_MAX, FILTER_NODES_MAX } from "../../../src/scim/limits.ts";
import { failed, succeeded } from "../outcome.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

describe("parseFilter", () => {
  // The examples of RFC 7644 Figure 2 come first.
  it.each([
    ['userName eq "bjensen"', 'userName eq "bjensen"'],
    ['name.familyName co "O\'Malley"', 'name.familyName co "O\'Malley"'],
    ['userName sw "J"', 'userName sw "J"'],
    [`${USER}:userName sw "J"`, `${USER}:userName sw "J"`],
    ["title pr", "title pr"],
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', 'meta.lastModified gt "2011-05-13T04:42:34Z"'],
    ['title pr and userType eq "Employee"', 'title pr and userType eq "Employee"'],
    ['title pr or userType eq "Intern"', 'title pr or userType eq "Intern"'],
    [
      'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
      'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
    ],
    ['userType ne "Employee" and not (emails co "x")', 'userType ne "Employee" and not (emails co "x")'],
    [
      'userType eq "E" and emails[type eq "work" and value co "@x"]',
      'userType eq "E" and emails[type eq "work" and value co "@x"]',
    ],
    ['emails[type eq "work"] or ims[type eq "xmpp"]', 'emails[type eq "work"] or ims[type eq "xmpp"]'],
    // Precedence: not before and before or.
    ["a pr or b pr and c pr", "a pr or (b pr and c pr)"],
    ["a pr and b pr or c pr", "(a pr and b pr) or c pr"],
    ["not (a pr) and b pr", "not (a pr) and b pr"],
    ["not(a pr)or(b pr)", undefined],
    ["not(a pr) or (b pr)", "not (a pr) or b pr"],
    ["((a pr))", "a pr"],
    ["(a pr and b pr) and c pr", "(a pr and b pr) and c pr"],
    // Operators and names in any case; names may look like operators.
    ['UserName EQ "x" AND NOT (title PR)', 'UserName eq "x" and not (title pr)'],
    ["not pr", "not pr"],
    ["and eq true or or pr", "and eq true or or pr"],
    // Values.
    ["a eq true", "a eq true"],
    ["a eq false", "a eq false"],
    ["a eq null", "a eq null"],
    ["a eq -1.5e3", "a eq -1.5e3"],
    ['a eq "\\u0041\\n\\"\\\\"', 'a eq "A\\n\\"\\\\"'],
    ['a eq "(x] and [y)"', 'a eq "(x] and [y)"'],
    ['a eq ""', 'a eq ""'],
    // Unquoted words (design §5.2).
    ["externalId eq jyoung", 'externalId eq "jyoung"'],
    ["(userName sw J)", 'userName sw "J"'],
    ["emails[type eq work]", 'emails[type eq "work"]'],
    ["active eq True", 'active eq "True"'],
    ["a eq 007", 'a eq "007"'],
    ["a eq jane@example.com and b pr", 'a eq "jane@example.com" and b pr'],
    // Entra's value path with a sub-attribute behind it.
    ['emails[type eq "work"].value eq "x"', 'emails[type eq "work" and value eq "x"]'],
    ["emails[primary eq true].value pr", "emails[primary eq true and value pr]"],
    // RFC 7644 §3.5.2.2 prints one without the space.
    ['members[value eq"28"]', 'members[value eq "28"]'],
    ["  a   pr  ", "a pr"],
  ])("reads %s", (text, expected) => {
    const parsed = parseFilter(text);
    if (expected === undefined) expect(failed(parsed)).toBe("invalidFilter");
    else expect(printFilter(succeeded(parsed))).toBe(expected);
  });

  it.each([
    "",
    " ",
    "userName",
    "userName eq",
    '"x" eq userName',
    'userName regex "x"',
    'userName "x"',
    'userName eq "x',
    'userName eq "x" and',
    'and userName eq "x"',
    'userName eq "x" userName eq "y"',
    'userName eq "x" && a pr',
    '(userName eq "x"',
    'userName eq "x")',
    "()",
    "not a pr",
    "not ()",
    "emails[]",
    'emails[type eq "work"',
    'emails type eq "work"]',
    'emails [type eq "work"]',
    'emails[type eq "work"]value eq "x"',
    'emails[type eq "work"].value',
    'emails[type eq "work"].value.x eq "y"',
    'emails[type eq "work"] eq "x"',
    "userName eq 'x'",
    'userName eq "\\x"',
    'userName eq "a\nb"',
    'userName eq "\\ud800"',
    "a pr b",
    "a eq (b)",
    "a.b.c pr",
    "1a pr",
    "a pr,b pr",
    'a eq "x"b pr',
  ])("refuses %j", (text) => {
    expect(failed(parseFilter(text))).toBe("invalidFilter");
  });

  it("is bounded in length, depth and size", () => {
    const chain = (size: number) => Array.from({ length: size }, () => "a pr").join(" or ");
    expect(parseFilter(chain(FILTER_NODES_MAX)).ok).toBe(true);
    expect(failed(parseFilter(chain(FILTER_NODES_MAX + 1)))).toBe("invalidFilter");
    const nested = (depth: number) => `${"(".repeat(depth)}a pr${")".repeat(depth)}`;
    expect(parseFilter(nested(FILTER_DEPTH_MAX - 1)).ok).toBe(true);
    expect(failed(parseFilter(nested(FILTER_DEPTH_MAX)))).toBe("invalidFilter");
    expect(failed(parseFilter(`a eq "${"x".repeat(FILTER_LENGTH_MAX)}"`))).toBe("invalidFilter");
    expect(failed(parseFilter("not (".repeat(1_000)))).toBe("invalidFilter");
  });
});
