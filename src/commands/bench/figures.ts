/** A measured figure, and how it is written. */
export type Figure = {
  name: string;
  value: number;
  unit: string;
  /** Absent where the figure only informs. */
  goal?: { at: "least" | "most"; value: number };
  detail?: string;
};

/** How much is measured. */
export type Sizes = {
  users: number;
  fewUsers: number;
  rounds: number;
  slices: number;
  perSlice: number;
  group: number;
  seats: number;
};

export const ms = (value: number): string => `${value.toFixed(2)} ms`;

export function line({ name, value, unit, goal, detail }: Figure): string {
  const text =
    `${Number.isInteger(value) ? value : value.toFixed(2)}${unit === "×" ? "" : " "}${unit}`.trim();
  const met =
    goal === undefined
      ? ""
      : (goal.at === "least" ? value >= goal.value : value <= goal.value)
        ? "met"
        : "MISSED";
  const wanted = goal === undefined ? "" : `${goal.at === "least" ? "≥" : "≤"} ${goal.value}`;
  return `${name.padEnd(52)} ${text.padStart(10)} ${wanted.padStart(8)} ${met.padEnd(6)} ${detail ?? ""}`.trimEnd();
}
