/** A first cycle of 2,000 people on 1,500 licenses, each on a connection as an identity provider's. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Gateway, startGateway } from "./support/gateway.ts";
import { newTenant, userBody } from "./support/tenant.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.dispose());

const connections = 100;
const people = 2_000;

it("2,000 first provisionings on 1,500 licenses: exactly 1,500 and 500, all 201, at most 20 batches", async () => {
  const { entraScim, admin } = await newTenant(gateway.base, { read_only: 1_500 });
  const statuses = new Set<number>();
  const connection = async (_: unknown, lane: number): Promise<void> => {
    for (let number = 0; number < people / connections; number += 1) {
      statuses.add((await entraScim.request("POST", "/Users", userBody(`person-${lane}-${number}`))).status);
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  expect(statuses).toEqual(new Set([201]));
  await admin.settled();
  const { home } = await admin.tenant();
  expect(home.waiting).toMatchObject({ total: 500, unlicensed: 500, undecided: 0 });
  const readOnly = home.licenses.find(({ code }) => code === "read_only");
  expect(readOnly).toMatchObject({ purchased: 1_500, assigned: 1_500, free: 0 });
  // Everything a round decides is told at one time; a round is one batch that reads and one that writes.
  const decided = (await admin.events()).filter(({ action }) => /^license\.(granted|waiting)$/.test(action));
  const rounds = new Set(decided.map(({ at }) => at));
  expect(decided).toHaveLength(people);
  expect(2 * rounds.size).toBeLessThanOrEqual(20);
});
