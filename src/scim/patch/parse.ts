import { quote } from "../error.ts";
import { isObject, type Json } from "../json.ts";
import {
  PATCH_OPERATIONS_MAX,
  PATCH_PATHS_LENGTH_MAX,
  PATCH_TARGETS_MAX,
  PATCH_VALUES_MAX,
} from "../limits.ts";
import { checkMessage, messageMembers } from "../message.ts";
import { parsePath } from "../path.ts";
import type { ResourceType } from "../resource-type.ts";
import { ok, type Result, refuse } from "../result.ts";
import { PATCH_OP } from "../urn.ts";
import { expandExtension, expandResource } from "./expand.ts";
import type { PatchOperation } from "./operation.ts";

const OPS: ReadonlySet<string> = new Set(["add", "remove", "replace"]);
const isOp = (word: string): word is PatchOperation["op"] => OPS.has(word);

const parseWithPath = (
  type: ResourceType,
  op: PatchOperation["op"],
  path: string,
  value: Json | undefined,
): Result<PatchOperation[]> => {
  const target = parsePath(path, type);
  if (!target.ok) return target;
  if (op !== "remove" && value === undefined) {
    return refuse("invalidValue", `The operation '${op}' on ${quote(path)} has no value.`);
  }
  if (target.value.kind === "extension" && op !== "remove") {
    return expandExtension(type, op, target.value.schema, value ?? null);
  }
  return ok([{ op, path, target: target.value, ...(value === undefined ? {} : { value }) }]);
};

const parseOperation = (type: ResourceType, item: Json): Result<PatchOperation[]> => {
  if (!isObject(item)) return refuse("invalidSyntax", "Each operation must be an object.");
  const members = messageMembers(item);
  if (!members.ok) return members;
  const word = members.value.get("op");
  const op = typeof word === "string" ? word.toLowerCase() : "";
  if (!isOp(op)) {
    const given = typeof word === "string" ? ` and not ${quote(word)}` : "";
    return refuse("invalidSyntax", `The 'op' of an operation must be 'add', 'remove' or 'replace'${given}.`);
  }
  const path = members.value.get("path") ?? undefined;
  const value = members.value.get("value");
  if (typeof path === "string") return parseWithPath(type, op, path, value);
  if (path !== undefined) return refuse("invalidPath", "The 'path' of an operation must be a string.");
  // RFC 7644 §3.5.2.2: 'If "path" is unspecified, the operation fails with … "noTarget".'
  if (op === "remove") return refuse("noTarget", "The operation 'remove' needs a 'path'.");
  if (!isObject(value)) {
    return refuse("invalidValue", `The operation '${op}' without a 'path' needs an object as its value.`);
  }
  return expandResource(type, op, value);
};

const valuesIn = ({ target, value }: PatchOperation): number => {
  const isMembers = target.kind === "attribute" && target.target.attribute.name === "members";
  return Array.isArray(value) && !isMembers ? value.length : 0;
};

/** Filters and lists are compared with all the values there are, so what one request brings of them is bounded. */
const checkWork = (operations: readonly PatchOperation[]): Result<true> => {
  const length = operations.reduce((sum, { path }) => sum + path.length, 0);
  if (length > PATCH_PATHS_LENGTH_MAX) {
    return refuse(
      "payloadTooLarge",
      `The paths of a PATCH may have at most ${PATCH_PATHS_LENGTH_MAX} characters in all.`,
    );
  }
  const values = operations.reduce((sum, operation) => sum + valuesIn(operation), 0);
  return values > PATCH_VALUES_MAX
    ? refuse("payloadTooLarge", `A PATCH may list at most ${PATCH_VALUES_MAX} values in all.`)
    : ok(true);
};

/** The body of a PATCH (RFC 7644 §3.5.2) as operations in order, each with a target that exists in the schemas. */
export const parsePatch = (body: Json, type: ResourceType): Result<PatchOperation[]> => {
  if (!isObject(body)) return refuse("invalidSyntax", "The body must be a JSON object.");
  const members = messageMembers(body);
  if (!members.ok) return members;
  const message = checkMessage(members.value.get("schemas"), PATCH_OP);
  if (!message.ok) return message;
  const items = members.value.get("operations");
  // OneLogin's SCIM 1.1 form, `{"members":[{"value":"…","operation":"add"}]}`, ends here instead of being ignored.
  if (!Array.isArray(items) || items.length === 0) {
    return refuse("invalidSyntax", "A PATCH needs 'Operations', a list of one or more operations.");
  }
  if (items.length > PATCH_OPERATIONS_MAX) {
    return refuse("payloadTooLarge", `A PATCH may have at most ${PATCH_OPERATIONS_MAX} operations.`);
  }
  const operations: PatchOperation[] = [];
  for (const item of items) {
    const parsed = parseOperation(type, item);
    if (!parsed.ok) return parsed;
    operations.push(...parsed.value);
    if (operations.length > PATCH_TARGETS_MAX) {
      return refuse("payloadTooLarge", `A PATCH may change at most ${PATCH_TARGETS_MAX} attributes.`);
    }
  }
  const work = checkWork(operations);
  return work.ok ? ok(operations) : work;
};
