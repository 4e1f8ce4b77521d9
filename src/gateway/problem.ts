/**
 * What a use case of the administration can answer instead of success. One exhaustive mapping to RFC 9457
 * problem details stands in `http/admin/problem.ts`; pages show `detail`.
 */
export type Problem =
  | { kind: "invalid"; detail: string }
  | { kind: "unauthenticated"; detail: string }
  | { kind: "forbidden"; detail: string }
  | { kind: "not_found"; detail: string }
  | { kind: "conflict"; detail: string }
  /** The state has moved on since the preview; `plan` is the new one. */
  | { kind: "plan_outdated"; detail: string; plan: object }
  | { kind: "limit_reached"; detail: string; retryAfterSeconds: number }
  | { kind: "mail_unavailable"; detail: string };

export type Outcome<T> = { ok: true; value: T } | { ok: false; problem: Problem };

export const done = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
export const refuse = (problem: Problem): { ok: false; problem: Problem } => ({ ok: false, problem });
