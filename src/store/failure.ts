/** What the store throws. Use cases catch the ones they can answer; the rest become 503 or 500 at the edge. */

/** A guard statement refused the batch; nothing was written. */
export class GuardRaised extends Error {
  readonly word: string;
  constructor(word: string) {
    super(`guard raised: ${word}`);
    this.name = "GuardRaised";
    this.word = word;
  }
}

/** A unique index refused the batch; nothing was written. `columns` are `table.column`. */
export class UniqueViolated extends Error {
  readonly columns: readonly string[];
  constructor(columns: readonly string[]) {
    super(`unique constraint: ${columns.join(", ")}`);
    this.name = "UniqueViolated";
    this.columns = columns;
  }
}

/** D1 did not answer, or is overloaded; the outcome of a write is unknown. */
export class StoreUnavailable extends Error {
  /** Worth another attempt at once: a connection that broke, not a database that has too much to do. */
  readonly passing: boolean;
  constructor(message: string, { passing = false } = {}) {
    super(message);
    this.name = "StoreUnavailable";
    this.passing = passing;
  }
}
