/**
 * Bulk requests (RFC 7644 §3.7): parsing, and the order in which operations can run. Ids of created resources
 * are known before anything is written, so a `bulkId:` reference is a plain value by the time it is stored:
 * backward, forward and circular references (§3.7.1) differ only in what has to commit together.
 */
import { quote } from "./error.ts";
import { isObject, type Json } from "./json.ts";
import { BULK_OPERATIONS_MAX } from "./limits.ts";
import { checkMessage, messageMembers } from "./message.ts";
import { ok, type Result, refuse } from "./result.ts";
import { BULK_REQUEST } from "./urn.ts";

export type BulkMethod = "POST" | "PUT" | "PATCH" | "DELETE";

export type BulkOperation = {
  method: BulkMethod;
  endpoint: "/Users" | "/Groups";
  /** Of the addressed resource; undefined for POST. May be a `bulkId:` reference. */
  id?: string;
  bulkId?: string;
  /** ETag the resource must have, as If-Match. */
  version?: string;
  data?: Json;
};

/** An operation that cannot be run still has its place in the answer. */
export type ParsedOperation = { method: string; bulkId?: string; parsed: Result<BulkOperation> };

export type BulkRequest = { failOnErrors: number; operations: ParsedOperation[] };

/** A reference is a whole value, or a quoted value inside the filter of a PATCH path. */
const wholeReference = /^bulkId:(.+)$/;
const quotedReference = /(?<=")bulkId:([^"\\]+)(?=")/g;

export function parseBulk(body: Json): Result<BulkRequest> {
  if (!isObject(body)) return refuse("invalidSyntax", "The body must be a JSON object.");
  const members = messageMembers(body);
  if (!members.ok) return members;
  const message = checkMessage(members.value.get("schemas"), BULK_REQUEST);
  if (!message.ok) return message;
  const failOnErrors = members.value.get("failonerrors") ?? Number.MAX_SAFE_INTEGER;
  if (typeof failOnErrors !== "number" || !Number.isInteger(failOnErrors) || failOnErrors < 1) {
    return refuse("invalidValue", "'failOnErrors' must be an integer of at least 1.");
  }
  const operations = members.value.get("operations");
  if (!Array.isArray(operations)) return refuse("invalidSyntax", "'Operations' must be a list.");
  if (operations.length > BULK_OPERATIONS_MAX) {
    return refuse(
      "payloadTooLarge",
      `The number of operations exceeds maxOperations (${BULK_OPERATIONS_MAX}). Send several requests.`,
    );
  }
  return ok({ failOnErrors, operations: withUniqueBulkIds(operations.map(parseOperation)) });
}

function parseOperation(operation: Json): ParsedOperation {
  if (!isObject(operation)) {
    return { method: "", parsed: refuse("invalidSyntax", "A bulk operation must be an object.") };
  }
  const members = messageMembers(operation);
  if (!members.ok) return { method: "", parsed: members };
  const method = String(members.value.get("method") ?? "").toUpperCase();
  const bulkId = members.value.get("bulkid");
  const named = typeof bulkId === "string" && bulkId !== "" ? { bulkId } : {};
  return { method, ...named, parsed: parseKnown(members.value, method, named.bulkId) };
}

function parseKnown(
  members: ReadonlyMap<string, Json>,
  method: string,
  bulkId: string | undefined,
): Result<BulkOperation> {
  const known = (["POST", "PUT", "PATCH", "DELETE"] as const).find((candidate) => candidate === method);
  if (known === undefined)
    return refuse("invalidSyntax", `${quote(method)} is not a method of bulk operations.`);
  const path = members.get("path");
  const [, endpoint, id] =
    /^\/?(Users|Groups)(?:\/([^/]+))?\/?$/.exec(typeof path === "string" ? path : "") ?? [];
  if (endpoint === undefined || (known === "POST") !== (id === undefined)) {
    return refuse("invalidPath", `The path ${quote(String(path))} does not fit the method ${known}.`);
  }
  if (known === "POST" && bulkId === undefined) {
    return refuse("invalidSyntax", "A POST in a bulk request must have a 'bulkId' (RFC 7644 §3.7).");
  }
  const data = members.get("data");
  if (data === undefined && known !== "DELETE") {
    return refuse("invalidSyntax", `The operation ${known} must have 'data'.`);
  }
  const version = members.get("version");
  return ok({
    method: known,
    endpoint: endpoint === "Users" ? "/Users" : "/Groups",
    ...(id === undefined ? {} : { id }),
    ...(bulkId === undefined ? {} : { bulkId }),
    ...(typeof version === "string" ? { version } : {}),
    ...(data === undefined ? {} : { data }),
  });
}

/** Two operations may not create under one name: every reference to it would be ambiguous. */
function withUniqueBulkIds(operations: ParsedOperation[]): ParsedOperation[] {
  const seen = new Set<string>();
  return operations.map((operation) => {
    const { bulkId, method } = operation;
    if (method !== "POST" || bulkId === undefined) return operation;
    if (!seen.has(bulkId)) {
      seen.add(bulkId);
      return operation;
    }
    return {
      ...operation,
      parsed: refuse("invalidValue", `The bulkId ${quote(bulkId)} is used more than once.`),
    };
  });
}

/** bulkIds that an operation refers to, in its path or anywhere in its data. */
export function referencesOf(operation: BulkOperation): ReadonlySet<string> {
  const found = new Set<string>();
  mapReferences(operation, (bulkId) => {
    found.add(bulkId);
    return undefined;
  });
  return found;
}

/** The operation with every reference replaced by the id its resource has (or will have). */
export const resolveReferences = (
  operation: BulkOperation,
  ids: ReadonlyMap<string, string>,
): BulkOperation => mapReferences(operation, (bulkId) => ids.get(bulkId));

/** The operation with each reference replaced by what `idOf` says; what it does not know stays as it is. */
function mapReferences(
  operation: BulkOperation,
  idOf: (bulkId: string) => string | undefined,
): BulkOperation {
  const replace = (text: string, pattern: RegExp): string =>
    text.replace(pattern, (reference: string, bulkId: string) => idOf(bulkId) ?? reference);
  const mapped = (value: Json, pattern: RegExp): Json => {
    if (typeof value === "string") return replace(value, pattern);
    if (Array.isArray(value)) return value.map((item) => mapped(item, pattern));
    if (value === null || typeof value !== "object") return value;
    const inPath = (name: string) => operation.method === "PATCH" && name.toLowerCase() === "path";
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        mapped(inner, inPath(name) ? quotedReference : wholeReference),
      ]),
    );
  };
  const { id, data } = operation;
  return {
    ...operation,
    ...(id === undefined ? {} : { id: replace(id, wholeReference) }),
    ...(data === undefined ? {} : { data: mapped(data, wholeReference) }),
  };
}

/**
 * Groups of operations (by index) in an order in which each comes after what it refers to; a group of several
 * is a circle and commits together. Among operations that do not depend on each other the client's order holds.
 * Tarjan's algorithm: strongly connected components come out in dependency order.
 */
export function dependencyOrder(operations: readonly (BulkOperation | undefined)[]): number[][] {
  const creators = new Map<string, number>();
  operations.forEach((operation, index) => {
    if (operation?.method === "POST" && operation.bulkId !== undefined) creators.set(operation.bulkId, index);
  });
  const dependencies = operations.map((operation) =>
    operation === undefined
      ? []
      : [...referencesOf(operation)]
          .flatMap((bulkId) => creators.get(bulkId) ?? [])
          .toSorted((a, b) => a - b),
  );
  return stronglyConnected(dependencies);
}

/** Iterative, so that a chain of four hundred operations cannot exhaust the stack. */
function stronglyConnected(edges: readonly (readonly number[])[]): number[][] {
  const order: number[] = edges.map(() => -1);
  const low: number[] = edges.map(() => -1);
  const stack: number[] = [];
  const onStack = new Set<number>();
  const components: number[][] = [];
  let counter = 0;
  for (const start of edges.keys()) {
    if (order[start] !== -1) continue;
    const work: { node: number; next: number }[] = [{ node: start, next: 0 }];
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const { node } = frame;
      if (frame.next === 0) {
        order[node] = low[node] = counter++;
        stack.push(node);
        onStack.add(node);
      }
      const child = edges[node]?.[frame.next++];
      if (child !== undefined) {
        if (order[child] === -1) work.push({ node: child, next: 0 });
        else if (onStack.has(child)) low[node] = Math.min(low[node] ?? 0, order[child] ?? 0);
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.node;
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
      if (low[node] === order[node]) components.push(takeComponent(stack, onStack, node));
    }
  }
  return components;
}

function takeComponent(stack: number[], onStack: Set<number>, root: number): number[] {
  const members = stack.splice(stack.indexOf(root));
  for (const member of members) onStack.delete(member);
  return members.toSorted((a, b) => a - b);
}
