/** Gives a move up: the tenant stays where it is, and what was copied already is removed. */
import { GuardRaised } from "../../store/failure.ts";
import { dismiss, giveUp, stay } from "../../store/identity/tenant-move.ts";
import { persist } from "../../store/retry.ts";
import type { Deps } from "../deps.ts";
import { done, type Outcome, refuse } from "../problem.ts";
import { findWhereabouts, type MoveStep, purge, type Whereabouts } from "./tenant-move.ts";

/**
 * One step; to be repeated until `phase` is `done`. CONTROL decides first: from then on no flip can route away
 * from the source. The new epoch, above that of the move, ends whatever still works for it.
 */
export async function abortMove(deps: Deps, tenantId: string): Promise<Outcome<MoveStep>> {
  const found = await findWhereabouts(deps, tenantId);
  if (found === undefined) return refuse({ kind: "not_found", detail: "There is no tenant with this id." });
  const { moving, places, destination } = found;
  if (destination === undefined && moving.status === "moving") return decided(moving.shard);
  const underWay = destination !== undefined || moving.status === "moving";
  const epoch = Math.max(moving.epoch, ...[...places.values()].map((place) => place.epoch)) + 1;
  const staying = underWay ? { ...moving, status: "active" as const, epoch } : moving;
  try {
    if (underWay) await persist(deps, () => giveUp(deps.control, moving, epoch));
  } catch (error) {
    if (error instanceof GuardRaised && error.word === "moved_on") return decided(destination ?? "");
    throw error;
  }
  await settle(deps, { ...found, moving: staying });
  if (underWay) {
    deps.log({ level: "info", message: "move given up", tenantNo: moving.tenantNo, stays: moving.shard });
  }
  return done(await purge(deps, { ...found, moving: staying }));
}

const decided = (shard: string) =>
  refuse({
    kind: "conflict",
    detail: `The tenant has arrived on ${shard} already: finish that move, then move it back if you want to.`,
  });

async function settle(deps: Deps, { moving, home, places }: Whereabouts): Promise<void> {
  await persist(deps, () => stay(home, moving));
  deps.directory.tenantMoved(moving.tenantNo, { shard: home.name, epoch: moving.epoch });
  for (const name of places.keys()) {
    const shard = name === home.name ? undefined : deps.shard(name);
    if (shard !== undefined) await persist(deps, () => dismiss(shard, moving));
  }
}
