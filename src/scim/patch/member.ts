import { quote } from "../error.ts";
import { evaluateElement } from "../filter/evaluate.ts";
import type { ResolvedFilter } from "../filter/resolve.ts";
import type { JsonObject } from "../json.ts";
import { type MemberReference, parseMembers } from "../member.ts";
import { ok, type Result, refuse } from "../result.ts";
import { clears } from "./document.ts";
import type { PatchOperation } from "./operation.ts";

/** The net effect of ordered member operations, for which nobody need read the members that are there. */
export type MemberDelta = { kind: "delta"; replaceAll: boolean; add: MemberReference[]; remove: string[] };

export type GroupPatchPlan = {
  attributeOperations: PatchOperation[];
  members: { kind: "none" } | MemberDelta | { kind: "sequence"; operations: PatchOperation[] };
};

const isAboutMembers = ({ target }: PatchOperation): boolean =>
  (target.kind === "attribute" || target.kind === "element") &&
  target.target.schema === undefined &&
  target.target.attribute.name === "members";

/** The ids that `value eq "a" or value eq "b"` names; undefined when the filter asks for more than ids. */
const idsNamedBy = (filter: ResolvedFilter): string[] | undefined => {
  if (filter.kind === "or") {
    const lists = filter.operands.map(idsNamedBy);
    return lists.every((list) => list !== undefined) ? lists.flat() : undefined;
  }
  if (filter.kind !== "compare" || filter.operator !== "eq" || filter.value.type !== "string")
    return undefined;
  return filter.target.subAttribute?.name === "value" ? [filter.value.text] : undefined;
};

type Effect =
  | { kind: "clear" }
  | { kind: "add" | "replace"; members: MemberReference[] }
  | { kind: "remove"; ids: string[] }
  | { kind: "select"; filter: ResolvedFilter; operation: PatchOperation };

const listEffect = ({ op, value }: PatchOperation): Result<Effect> => {
  const isNothing = value === undefined || value === null || value === "";
  // Removing a list that is empty removes nothing; only a missing list means all (RFC 7644 §3.5.2.2).
  if (op === "remove" && isNothing) return ok({ kind: "clear" });
  const members = parseMembers(value ?? null);
  if (!members.ok) return members;
  return op === "remove"
    ? ok({ kind: "remove", ids: members.value.map((member) => member.value) })
    : ok({ kind: op, members: members.value });
};

const effectOf = (operation: PatchOperation): Result<Effect> => {
  const { target, op, path } = operation;
  const isElement = target.kind === "element";
  const hasSubAttribute =
    (isElement && target.subAttribute !== undefined) ||
    (target.kind === "attribute" && target.target.subAttribute !== undefined);
  // RFC 7643 §4.2: members come and go, but their sub-attributes are immutable.
  if (hasSubAttribute)
    return refuse("mutability", `${quote(path)} is immutable: add or remove whole members.`);
  if (!isElement) return listEffect(operation);
  const ids = op === "remove" ? idsNamedBy(target.filter) : undefined;
  return ok(
    ids === undefined ? { kind: "select", filter: target.filter, operation } : { kind: "remove", ids },
  );
};

type Net = { replaceAll: boolean; add: Map<string, MemberReference>; remove: Set<string> };

const clearAll = (net: Net): void => {
  net.replaceAll = true;
  net.add.clear();
  net.remove.clear();
};

const addTo = (net: Net, members: readonly MemberReference[]): void => {
  for (const member of members) {
    net.add.set(member.value, member);
    net.remove.delete(member.value);
  }
};

const removeFrom = (net: Net, ids: readonly string[]): void => {
  for (const id of ids) {
    net.add.delete(id);
    if (!net.replaceAll) net.remove.add(id);
  }
};

const applyEffect = (net: Net, effect: Exclude<Effect, { kind: "select" }>): void => {
  switch (effect.kind) {
    case "clear":
      clearAll(net);
      break;
    case "replace":
      clearAll(net);
      addTo(net, effect.members);
      break;
    case "add":
      addTo(net, effect.members);
      break;
    case "remove":
      removeFrom(net, effect.ids);
      break;
  }
};

const parseEffects = (operations: readonly PatchOperation[]): Result<Effect[]> => {
  const effects: Effect[] = [];
  for (const operation of operations) {
    const effect = effectOf(operation);
    if (!effect.ok) return effect;
    effects.push(effect.value);
  }
  return ok(effects);
};

const planMembers = (operations: PatchOperation[]): Result<GroupPatchPlan["members"]> => {
  if (operations.length === 0) return ok({ kind: "none" });
  const effects = parseEffects(operations);
  if (!effects.ok) return effects;
  const net: Net = { replaceAll: false, add: new Map(), remove: new Set() };
  for (const effect of effects.value) {
    if (effect.kind === "select") return ok({ kind: "sequence", operations });
    applyEffect(net, effect);
  }
  return ok({
    kind: "delta",
    replaceAll: net.replaceAll,
    add: [...net.add.values()],
    remove: [...net.remove],
  });
};

/** Parts a group's PATCH so that a change of members costs what changes, not what is there. */
export const planGroupPatch = (operations: readonly PatchOperation[]): Result<GroupPatchPlan> => {
  const members = planMembers(operations.filter(isAboutMembers));
  if (!members.ok) return members;
  const attributeOperations = operations.filter((operation) => !isAboutMembers(operation));
  return ok({ attributeOperations, members: members.value });
};

type Current = MemberReference & { display?: string };

const asElement = ({ value, type, display }: Current): JsonObject => ({
  value,
  ...(type === undefined ? {} : { type }),
  ...(display === undefined ? {} : { display }),
});

/** The members a filter selects go; what a replace gives takes their place (RFC 7644 §3.5.2.3). */
const applySelection = (
  state: Map<string, Current>,
  filter: ResolvedFilter,
  { op, path, value }: PatchOperation,
): Result<true> => {
  const selected = [...state.values()].filter((member) => evaluateElement(filter, asElement(member)));
  if (selected.length === 0 && op !== "remove") {
    return refuse("noTarget", `No member matches the path ${quote(path)}.`);
  }
  const given = op === "remove" || clears(value) ? ok([]) : parseMembers(value ?? null);
  if (!given.ok) return given;
  if (op !== "add") for (const member of selected) state.delete(member.value);
  for (const member of given.value) state.set(member.value, member);
  return ok(true);
};

/** The difference that member operations make to the members there are, where a plan needs to know those. */
export const resolveMemberSequence = (
  operations: readonly PatchOperation[],
  current: readonly Current[],
): Result<{ add: MemberReference[]; remove: string[] }> => {
  const effects = parseEffects(operations);
  if (!effects.ok) return effects;
  const state = new Map<string, Current>(current.map((member) => [member.value, member]));
  for (const effect of effects.value) {
    if (effect.kind === "select") {
      const applied = applySelection(state, effect.filter, effect.operation);
      if (!applied.ok) return applied;
      continue;
    }
    if (effect.kind === "clear" || effect.kind === "replace") state.clear();
    if (effect.kind === "remove") for (const id of effect.ids) state.delete(id);
    if (effect.kind === "add" || effect.kind === "replace") {
      for (const member of effect.members) state.set(member.value, state.get(member.value) ?? member);
    }
  }
  const before = new Set(current.map((member) => member.value));
  const add = [...state.values()].filter((member) => !before.has(member.value));
  const remove = [...before].filter((id) => !state.has(id));
  return ok({
    add: add.map(({ value, type }) => (type === undefined ? { value } : { value, type })),
    remove,
  });
};
