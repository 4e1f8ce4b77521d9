/** The mix: operations drawn by weight, each one request; linking is two, a preview and its plan. */
import { type Answer, send } from "../client/http.ts";
import { addMembers, filtered, patch, removeMembers, type ScimResource } from "../client/messages.ts";
import type { Exchanges } from "./exchange.ts";
import { userBody } from "./messages.ts";
import type { Organization, Person, Pool } from "./organization.ts";
import { readOperations } from "./reading.ts";

export type Operation = (organization: Organization, exchanges: Exchanges) => Promise<void>;
type Weighted = { weight: number; operation: Operation };

const random = Math.random;
let named = 0;
function freshName(): string {
  named += 1;
  return `arrived-${named}@example.com`;
}

/** Works on somebody whom nobody else works on meanwhile; `false` when the person is gone afterwards. */
async function withPerson(pool: Pool<Person>, work: (person: Person) => Promise<boolean>): Promise<void> {
  const person = pool.take(random);
  if (person !== undefined && (await work(person))) pool.give(person);
}

const arrive =
  (provider: "entra" | "okta"): Operation =>
  async (organization, exchanges) => {
    const scim = organization[provider];
    const userName = freshName();
    const answer = await exchanges.exchange(
      `${provider}: create`,
      () => scim.request("POST", "/Users", userBody(userName)),
      201,
    );
    if (answer === undefined) return;
    const { id } = answer.body as ScimResource;
    organization[`${provider}People`].give({ id, userName, active: true, groups: new Set() });
  };

const patchPerson: Operation = (organization, exchanges) =>
  withPerson(organization.entraPeople, async ({ id }) => {
    const body = patch({ op: "Replace", path: "title", value: `Title ${Math.floor(random() * 1_000)}` });
    await exchanges.exchange(
      "entra: patch",
      () => organization.entra.request("PATCH", `/Users/${id}`, body),
      200,
    );
    return true;
  });

const putPerson: Operation = (organization, exchanges) =>
  withPerson(organization.oktaPeople, async (person) => {
    const body = {
      ...userBody(person.userName, `Title ${Math.floor(random() * 1_000)}`),
      active: person.active,
    };
    await exchanges.exchange(
      "okta: put",
      () => organization.okta.request("PUT", `/Users/${person.id}`, body),
      200,
    );
    return true;
  });

const turn =
  (provider: "entra" | "okta"): Operation =>
  (organization, exchanges) =>
    withPerson(organization[`${provider}People`], async (person) => {
      const body =
        provider === "entra"
          ? patch({ op: "Replace", path: "active", value: person.active ? "False" : "True" })
          : patch({ op: "replace", value: { active: !person.active } });
      const answer = await exchanges.exchange(
        `${provider}: disable or enable`,
        () => organization[provider].request("PATCH", `/Users/${person.id}`, body),
        200,
      );
      if (answer !== undefined) person.active = !person.active;
      return true;
    });

const remove: Operation = (organization, exchanges) =>
  withPerson(organization.entraPeople, async ({ id }) => {
    await exchanges.exchange(
      "entra: delete",
      () => organization.entra.request("DELETE", `/Users/${id}`),
      204,
    );
    return false;
  });

const member =
  (provider: "entra" | "okta"): Operation =>
  (organization, exchanges) =>
    withPerson(organization[`${provider}People`], async ({ id, groups }) => {
      const places = provider === "entra" ? organization.entraGroups : [organization.pushedGroup];
      const group = places[Math.floor(random() * places.length)] ?? "";
      const joins = !groups.has(group);
      const answer = await exchanges.exchange(
        `${provider}: ${joins ? "add" : "remove"} a member`,
        () =>
          organization[provider].request(
            "PATCH",
            `/Groups/${group}`,
            joins ? addMembers(id) : removeMembers(id),
          ),
        204,
      );
      if (answer !== undefined) groups[joins ? "add" : "delete"](group);
      return true;
    });

const token: Operation = async ({ entraConfiguration }, exchanges) => {
  const { tokenEndpoint, clientId, clientSecret } = entraConfiguration;
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
  });
  await exchanges.exchange("token", () => send(tokenEndpoint, { method: "POST", body }), 200);
};

const purchase: Operation = async (organization, exchanges) => {
  organization.purchased += 5;
  const purchased = organization.purchased;
  await exchanges.exchange(
    "admin: purchase",
    () => organization.admin.request("PATCH", "/license-types/read_only", { purchased }),
    200,
  );
};

/** A link of the pushed group comes, and goes again, in turn. The plan may be outdated by then. */
const link: Operation = async (organization, exchanges) => {
  const { admin, vaultId, pushedGroup: groupId, passingLink } = organization;
  if (passingLink !== undefined) {
    organization.passingLink = undefined;
    await exchanges.exchange("admin: unlink", () => admin.request("DELETE", `/links/${passingLink}`), 202);
    return;
  }
  const place = { groupId, vaultId, newVaultGroupName: `Passing ${freshName()}` };
  const ask = (path: string, body: unknown): Promise<Answer> => admin.request("POST", path, body);
  const preview = await exchanges.exchange("admin: preview a link", () => ask("/links/preview", place), 200);
  if (preview === undefined) return;
  const { planHash } = preview.body as { planHash: string };
  const made = await exchanges.exchange("admin: link", () => ask("/links", { ...place, planHash }), 201, 409);
  if (made?.status === 201) organization.passingLink = (made.body as { id: string }).id;
};

const match: Operation = (organization, exchanges) =>
  withPerson(organization.entraPeople, async ({ userName }) => {
    const path = filtered("/Users", `userName eq "${userName}"`);
    await exchanges.exchange("entra: match", () => organization.entra.request("GET", path), 200);
    return true;
  });

const get: Operation = (organization, exchanges) =>
  withPerson(organization.entraPeople, async ({ id }) => {
    await exchanges.exchange("entra: get", () => organization.entra.request("GET", `/Users/${id}`), 200);
    return true;
  });

/** What identity providers and administrators do in a working hour, the former far more often. */
const mix: readonly Weighted[] = [
  { weight: 14, operation: match },
  { weight: 8, operation: get },
  { weight: 7, operation: arrive("entra") },
  { weight: 3, operation: arrive("okta") },
  { weight: 10, operation: patchPerson },
  { weight: 6, operation: putPerson },
  { weight: 4, operation: turn("entra") },
  { weight: 3, operation: turn("okta") },
  { weight: 3, operation: remove },
  { weight: 12, operation: member("entra") },
  { weight: 4, operation: member("okta") },
  { weight: 1.5, operation: token },
  { weight: 1, operation: purchase },
  { weight: 0.5, operation: link },
  ...readOperations,
];

const total = mix.reduce((sum, { weight }) => sum + weight, 0);

export function draw(): Operation {
  let left = random() * total;
  for (const { weight, operation } of mix) {
    left -= weight;
    if (left < 0) return operation;
  }
  return match;
}
