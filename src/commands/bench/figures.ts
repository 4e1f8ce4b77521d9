/** A measured figure, and how it is written. */
export type Figure = {
  name: string;
  value: number;
  unit: string;
  /** Absent where the figure only informs. */
  goal?: { at: "least" | "most"; value: number };
  detail?: string;
};

/** Rows of the main table, and what a part has besides. */
export type Report = {
  figures: readonly Figure[];
  /** A table of its own. */
  table?: { head: readonly string[]; rows: readonly (readonly string[])[] };
  /** Lines below the table. */
  notes?: readonly string[];
  /** Only in the JSON. */
  details?: Record<string, unknown>;
};

/** How much is measured. */
export type Sizes = {
  users: number;
  fewUsers: number;
  /** Between the two. */
  someUsers: number;
  rounds: number;
  slices: number;
  perSlice: number;
  group: number;
  seats: number;
  scaleUsers: number;
  tenants: number;
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

/** Columns as wide as their widest cell; the first one to the left. */
export function tableLines({ head, rows }: NonNullable<Report["table"]>): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
