/** Directories that a vault's groups are read from: one small interface, whoever the provider is (R63). */
import type { RemotePerson } from "../../domain/import.ts";
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import { UpstreamFailure } from "../failure.ts";

export type GroupPage = {
  people: RemotePerson[];
  /** Where to go on; absent on the last page. A group is known only when its last page was read. */
  next?: string;
};

export type Directory = {
  /**
   * One page of the people in a group.
   * @param cursor `next` of the page before
   * @throws UpstreamFailure; `refused` when there is no such group, `invalid_answer` for anything that is not a
   *   page of members: half a list must never look like a whole one
   */
  readPage(groupId: string, nested: boolean, cursor: string | undefined): Promise<GroupPage>;
  /** People whom pages named by id only, in full. Who is unknown there is left out. */
  describe(ids: readonly string[]): Promise<RemotePerson[]>;
  /** Obtains a token, where that is a step of its own. */
  authenticate(): Promise<void>;
};

export const textOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value : undefined;

/** What of these is text, under the names of `RemotePerson`. */
export function named(
  fields: Partial<
    Record<"userName" | "displayName" | "givenName" | "familyName" | "email", Json | undefined>
  >,
): Partial<Omit<RemotePerson, "id" | "active">> {
  const texts = Object.entries(fields).map(([name, value]) => [name, textOf(value)] as const);
  return Object.fromEntries(texts.filter(([, text]) => text !== undefined));
}

export const objectAt = (object: JsonObject, name: string): JsonObject => {
  const value = object[name];
  return isObject(value) ? value : {};
};

export const noSuchGroup = (groupId: string): UpstreamFailure =>
  new UpstreamFailure(
    "refused",
    `The provider has no group ${groupId}. Correct its id, or take it out of the synchronization.`,
    { status: 404 },
  );

/**
 * The address of a next page, which must lie where the first one does: the credential goes with the request.
 * @throws UpstreamFailure `invalid_answer`
 */
export function pageWithin(base: string, address: string): string {
  const home = new URL(base);
  const next = URL.canParse(address, base) ? new URL(address, base) : undefined;
  if (next?.origin === home.origin && next.pathname.startsWith(home.pathname)) return next.toString();
  throw new UpstreamFailure("invalid_answer", "The provider names a next page that lies elsewhere.");
}
