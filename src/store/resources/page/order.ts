/** The order of a list, and where in it a page ended. */
import { type SQL, sql } from "drizzle-orm";
import { CURSOR_KEY_LENGTH_MAX } from "../../../domain/limits.ts";
import type { Row } from "../../database.ts";

/** The last resource of a page: its numbers, and the value it was sorted by unless that is too long to carry. */
export type Position = { readonly no: number; readonly id: string; readonly key?: string | number | null };

export type Order = {
  /** NULL for resources without a value; undefined when ids alone decide. */
  readonly key: SQL | undefined;
  readonly id: SQL;
  readonly descending: boolean;
  /** A key that is unique and never NULL needs no id beside it, so that an index on it gives the order. */
  readonly isUnique: boolean;
  /** The key of a row by its number, for positions that could not carry it. */
  keyOf?(no: number): SQL;
};

/** Missing values last when ascending, first when descending (RFC 7644 §3.4.2.3); ids decide between equals. */
export function orderBy({ key, id, descending, isUnique }: Order): SQL {
  const direction = sql.raw(descending ? " DESC" : "");
  if (key === undefined) return sql`${id}${direction}`;
  if (isUnique) return sql`${key}${direction}`;
  return sql`${key} IS NULL${direction}, ${key}${direction}, ${id}${direction}`;
}

/** The condition that a row comes after the position. */
export function behind({ key, id, descending, isUnique, keyOf }: Order, position: Position): SQL {
  const past = sql.raw(descending ? "<" : ">");
  if (key === undefined) return sql`${id} ${past} ${position.id}`;
  if (position.key === null) {
    const alike = sql`${key} IS NULL AND ${id} ${past} ${position.id}`;
    return descending ? sql`(${alike} OR ${key} IS NOT NULL)` : sql`(${alike})`;
  }
  const value = position.key === undefined && keyOf !== undefined ? keyOf(position.no) : sql`${position.key}`;
  if (isUnique) return sql`${key} ${past} ${value}`;
  const rest = sql`${key} ${past} ${value} OR ${key} = ${value} AND ${id} ${past} ${position.id}`;
  return descending ? sql`(${rest})` : sql`(${rest} OR ${key} IS NULL)`;
}

/** Cuts a sort value to what a cursor carries: order ends there, and ids decide. */
export const carried = (key: SQL): SQL =>
  sql`CASE typeof(${key}) WHEN 'text' THEN substr(${key}, 1, ${sql.raw(String(CURSOR_KEY_LENGTH_MAX))}) ELSE ${key} END`;

/** @param row with its number as `no`, `scim_id`, and the key as `sort_key` */
export function positionOf(row: Row, { key }: Order): Position {
  const place = { no: Number(row["no"]), id: String(row["scim_id"]) };
  const value = row["sort_key"] ?? null;
  if (key === undefined) return place;
  const isLong = typeof value === "string" && [...value].length > CURSOR_KEY_LENGTH_MAX;
  return isLong ? place : { ...place, key: value };
}
