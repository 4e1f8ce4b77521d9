/**
 * Groups of any SCIM 2.0 service. A group comes whole, with its members as ids (RFC 7643 §4.2): who they are is asked
 * for one by one, and groups inside groups are walked, each once.
 */
import type { RemotePerson } from "../../domain/import.ts";
import { CONNECTOR_PARALLEL_REQUESTS, IMPORT_NESTED_GROUPS_MAX } from "../../domain/limits.ts";
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import { UpstreamFailure } from "../failure.ts";
import type { ScimClient } from "../scim-client.ts";
import { type Directory, type GroupPage, named, noSuchGroup, objectAt, textOf } from "./directory.ts";

/** Groups that are still to be read, and all that were found: cycles are legal data. */
type Walk = { todo: string[]; found: string[] };

export class ScimDirectory implements Directory {
  readonly #client: ScimClient;

  constructor(client: ScimClient) {
    this.#client = client;
  }

  authenticate(): Promise<void> {
    return this.#client.authenticate();
  }

  async readPage(groupId: string, nested: boolean, cursor: string | undefined): Promise<GroupPage> {
    const walk: Walk = cursor === undefined ? { todo: [groupId], found: [groupId] } : JSON.parse(cursor);
    const [current = groupId, ...todo] = walk.todo;
    const members = await this.#membersOf(current);
    const people = members.filter(({ isGroup }) => !isGroup).map(({ id }) => ({ id, active: true }));
    const inner = nested ? members.filter(({ isGroup }) => isGroup).map(({ id }) => id) : [];
    const fresh = [...new Set(inner)].filter((id) => !walk.found.includes(id));
    const next: Walk = { todo: [...todo, ...fresh], found: [...walk.found, ...fresh] };
    if (next.found.length > IMPORT_NESTED_GROUPS_MAX) {
      const detail = `More than ${IMPORT_NESTED_GROUPS_MAX} groups are nested in ${groupId}.`;
      throw new UpstreamFailure("refused", detail);
    }
    return { people, ...(next.todo.length === 0 ? {} : { next: JSON.stringify(next) }) };
  }

  async describe(ids: readonly string[]): Promise<RemotePerson[]> {
    const people: RemotePerson[] = [];
    for (let at = 0; at < ids.length; at += CONNECTOR_PARALLEL_REQUESTS) {
      const asked = ids.slice(at, at + CONNECTOR_PARALLEL_REQUESTS);
      const answers = await Promise.all(
        asked.map((id) => this.#client.get(`/Users/${encodeURIComponent(id)}`)),
      );
      for (const [index, user] of answers.entries()) {
        if (user !== "missing") people.push(personOf(asked[index] ?? "", user));
      }
    }
    return people;
  }

  /** `attributes` asks for the members even where a service leaves them out unless asked (RFC 7644 §3.9). */
  async #membersOf(groupId: string): Promise<{ id: string; isGroup: boolean }[]> {
    const path = `/Groups/${encodeURIComponent(groupId)}`;
    const group = await this.#client.get(`${path}?attributes=displayName,members`);
    if (group === "missing") throw noSuchGroup(groupId);
    const members = group["members"] ?? [];
    if (idOf(group["id"]) !== groupId || !Array.isArray(members)) {
      throw new UpstreamFailure("invalid_answer", `GET ${path}: the answer is not this group.`);
    }
    return members.map((member) => {
      const id = isObject(member) ? idOf(member["value"]) : undefined;
      if (!isObject(member) || id === undefined) {
        throw new UpstreamFailure("invalid_answer", `GET ${path}: a member has no id.`);
      }
      const isGroup = member["type"] === "Group" || /\/Groups\/[^/]+$/.test(textOf(member["$ref"]) ?? "");
      return { id, isGroup };
    });
  }
}

/** RFC 7643 §3.1 has a string; some services send a number. */
const idOf = (id: Json | undefined): string | undefined => (typeof id === "number" ? String(id) : textOf(id));

function personOf(id: string, user: JsonObject): RemotePerson {
  const { userName, displayName } = user;
  const { givenName, familyName } = objectAt(user, "name");
  return {
    id,
    ...named({ userName, displayName, givenName, familyName, email: emailOf(user["emails"]) }),
    // RFC 7643 §4.1.1 leaves `active` optional; some services send it as text.
    active: !/^false$/i.test(String(user["active"])),
  };
}

/** The primary address, or the first. */
function emailOf(emails: Json | undefined): Json | undefined {
  const listed = Array.isArray(emails) ? emails.filter(isObject) : [];
  return (listed.find((email) => email["primary"] === true) ?? listed[0])?.["value"];
}
