/** What calls to a SCIM service of somebody else end in when they do not succeed. */

export type FailureKind =
  /** It asked for a pause (429, or 503 with Retry-After). */
  | "throttled"
  /** No answer, or one of the 5xx: whether the request took effect is unknown. */
  | "unavailable"
  /** It does not accept the credential. */
  | "credential"
  /** It answered that it will not do this. */
  | "refused"
  /** It answered with something that no SCIM service may answer with. */
  | "invalid_answer"
  /** The address may not be called. */
  | "address";

export class UpstreamFailure extends Error {
  readonly kind: FailureKind;
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined;
  /** Set when throttled. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: FailureKind,
    message: string,
    more: { status?: number; retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.name = "UpstreamFailure";
    this.kind = kind;
    this.status = more.status;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** Whether the failure says something about the service as a whole, and not only about this one request. */
export const concernsService = (failure: UpstreamFailure): boolean =>
  failure.kind !== "refused" && failure.kind !== "invalid_answer";
