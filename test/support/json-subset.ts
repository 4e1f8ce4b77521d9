/**
 * What a transcript expects of a body, as data. Objects match when they hold what is expected, arrays element by
 * element; `{"$…": …}` says more:
 *
 * | `$absent` | the member is not there |
 * | `$any` | it is there, and not null |
 * | `$exact` | it is equal, with nothing beside it |
 * | `$contains` | an array holds an element for each of these, in any order |
 * | `$without` | an array holds no element that matches one of these |
 * | `$length` | an array has so many elements |
 * | `$integer` | a whole number of at least this much |
 * | `$matches` | a string that the expression finds |
 * | `$not` | it does not match this |
 */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const operators = new Set([
  "$absent",
  "$any",
  "$exact",
  "$contains",
  "$without",
  "$length",
  "$integer",
  "$matches",
  "$not",
]);

type JsonObject = { [name: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isExpression = (value: Json): value is JsonObject =>
  isObject(value) && Object.keys(value).length > 0 && Object.keys(value).every((name) => operators.has(name));

const show = (value: Json | undefined): string => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
};

/** Every difference, each with the place where it is; empty when `actual` is as expected. */
export function mismatches(expected: Json, actual: Json | undefined, place = ""): string[] {
  const at = place === "" ? "body" : place;
  if (isExpression(expected)) {
    return Object.entries(expected).flatMap(([name, operand]) => applied(name, operand, actual, at));
  }
  if (actual === undefined) return [`${at} is missing, expected ${show(expected)}`];
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${at} is ${show(actual)}, expected an array`];
    if (actual.length !== expected.length) {
      return [`${at} has ${actual.length} elements instead of ${expected.length}: ${show(actual)}`];
    }
    return expected.flatMap((item, index) => mismatches(item, actual[index], `${place}[${index}]`));
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return [`${at} is ${show(actual)}, expected an object`];
    return Object.entries(expected).flatMap(([name, item]) =>
      mismatches(item, Object.hasOwn(actual, name) ? actual[name] : undefined, `${place}.${name}`),
    );
  }
  return actual === expected ? [] : [`${at} is ${show(actual)}, expected ${show(expected)}`];
}

function applied(operator: string, operand: Json, actual: Json | undefined, at: string): string[] {
  const otherwise = (holds: boolean, wanted: string): string[] =>
    holds ? [] : [`${at} is ${show(actual)}, expected ${wanted}`];
  const elements = Array.isArray(actual) ? actual : [];
  switch (operator) {
    case "$absent":
      return otherwise(actual === undefined, "it to be absent");
    case "$any":
      return otherwise(actual !== undefined && actual !== null, "any value");
    case "$exact":
      return otherwise(actual !== undefined && sameJson(operand, actual), `exactly ${show(operand)}`);
    case "$contains":
      return listOf(operand).flatMap((item) =>
        otherwise(
          elements.some((element) => mismatches(item, element).length === 0),
          `an element like ${show(item)}`,
        ),
      );
    case "$without":
      return listOf(operand).flatMap((item) =>
        otherwise(
          !elements.some((element) => mismatches(item, element).length === 0),
          `no element like ${show(item)}`,
        ),
      );
    case "$length":
      return otherwise(Array.isArray(actual) && actual.length === operand, `${show(operand)} elements`);
    case "$integer":
      return otherwise(
        Number.isInteger(actual) && Number(actual) >= Number(operand),
        `an integer from ${show(operand)}`,
      );
    case "$matches":
      return otherwise(
        typeof actual === "string" && new RegExp(String(operand)).test(actual),
        `a match of ${show(operand)}`,
      );
    default:
      return otherwise(mismatches(operand, actual).length > 0, `anything but ${show(operand)}`);
  }
}

const listOf = (operand: Json): Json[] => (Array.isArray(operand) ? operand : [operand]);

/** Equal as JSON values: the order of members does not matter, that of elements does. */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => sameJson(item, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    const names = Object.keys(one);
    return (
      names.length === Object.keys(other).length &&
      names.every((name) => Object.hasOwn(other, name) && sameJson(one[name], other[name]))
    );
  }
  return one === other;
}
