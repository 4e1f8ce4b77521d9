/** One license type at a glance: a bar, and in words what the bar shows. */

import type { LicenseTypeSummary } from "../../gateway/licenses/licenses.ts";
import type { Reclaimable } from "../../gateway/licenses/pools.ts";
import { counted, figure } from "../words.ts";
import { Tag } from "./tag.tsx";

type LicensePoolProps = { pool: LicenseTypeSummary & { reclaimable?: Reclaimable } };

export const LicensePool = ({ pool }: LicensePoolProps) => {
  const { name, purchased, assignable, assigned, free, waiting, overAllocated, reclaimable } = pool;
  return (
    <div class="pool">
      <div class="pool-head">
        <h3>{name}</h3>
        <span class="number">
          <strong>{figure(assigned)}</strong> of {figure(assignable)} assigned
        </span>
      </div>
      <Bar assigned={assigned} assignable={assignable} waiting={waiting.unlicensed + waiting.upgrade} />
      <p class="pool-notes">
        <span>{figure(purchased)} purchased</span>
        <span>{figure(free)} free</span>
        {reclaimable !== undefined && reclaimable.count > 0 && (
          <span title="Held by accounts that are inactive or disabled">
            {reclaimable.atLeast && "at least "}
            {figure(reclaimable.count)} reclaimable
          </span>
        )}
        {overAllocated && <Tag kind="bad">{`over-allocated by ${figure(assigned - assignable)}`}</Tag>}
        {waiting.unlicensed > 0 && <Tag kind="warning">{`${figure(waiting.unlicensed)} waiting`}</Tag>}
        {waiting.upgrade > 0 && <Tag kind="warning">{`${figure(waiting.upgrade)} waiting for upgrade`}</Tag>}
      </p>
    </div>
  );
};

type BarProps = { assigned: number; assignable: number; waiting: number };

/** Seats that are given out, seats that are free, and beyond them those who wait. */
const Bar = ({ assigned, assignable, waiting }: BarProps) => {
  const seats = Math.max(assigned, assignable);
  const whole = Math.max(seats + waiting, 1);
  const share = (value: number) => `${((100 * value) / whole).toFixed(2)}%`;
  const covered = Math.min(assigned, assignable);
  return (
    <svg
      role="img"
      aria-label={`${counted(assigned, "license")} of ${figure(assignable)} assigned, ${figure(waiting)} waiting`}
    >
      <rect class="bar-ground" width="100%" height="8" />
      <rect class="bar-assigned" width={share(covered)} height="8" />
      {assigned > assignable && (
        <rect class="bar-over" x={share(covered)} width={share(assigned - covered)} height="8" />
      )}
      {waiting > 0 && <rect class="bar-waiting" x={share(seats)} width={share(waiting)} height="8" />}
    </svg>
  );
};
