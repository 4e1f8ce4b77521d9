/** What use cases are given. The composition root (`entry/deps.ts`) builds it, once per request or message. */

import type { Database, Meter } from "../store/database.ts";
import type { OutboxPointer } from "../store/outbox.ts";
import type { Directory } from "../upstream/directory/directory.ts";
import type { DirectoryConnection } from "../upstream/directory/open.ts";
import type { Connection, ScimClient as ScimService } from "../upstream/scim-client.ts";
import type { DirectoryCache } from "./identity/directory-cache.ts";

export type Deps = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** UUIDv7: opaque, and in order of creation. */
  newId(): string;
  /** 256 random bits, base64url. */
  newSecret(): string;
  control: Database;
  /** Undefined when no shard of that name is bound. */
  shard(name: string): Database | undefined;
  shardNames: readonly string[];
  signals: Signals;
  mail: Mail;
  tokens: Tokens;
  sealing: Sealing;
  connectors: Connectors;
  cursors: Cursors;
  limits: Limits;
  /** The caller's network address as the platform saw it; one word for all behind queue and alarms. */
  address: string;
  /** Client secrets by client id, as this isolate last read them. */
  directory: DirectoryCache;
  /** What the operator of the installation shows; without one there are no operator's routes. */
  operatorKey: string | undefined;
  /** D1 cost of the request so far. */
  meter: Meter;
  /** Development only: answers tell their D1 cost. */
  showServerTiming: boolean;
  /** Resolves after so many milliseconds. */
  pause(milliseconds: number): Promise<void>;
  /** Keeps work alive after the answer; nothing that matters may depend on it. */
  afterResponse(work: Promise<unknown>): void;
  log(entry: LogEntry): void;
};

export type RateKind =
  | "scim_credential"
  | "scim_tenant"
  | "token_address"
  | "token_refusal"
  | "look_up_address"
  | "sign_up_address"
  | "sign_in_account";

/** That somebody has to wait, and for how long. */
export type Refusal = {
  /** Requests per window. */
  limit: number;
  retryAfterSeconds: number;
  /** When the window ends, in seconds since the epoch. */
  resetAtSeconds: number;
};

/** How often is too often; asked before anything that costs. */
export type Limits = {
  /** Counts one of this kind; a refusal when that is one too many. */
  count(kind: RateKind, key: string): Promise<Refusal | undefined>;
  /** The refusal that is in force already, if one is; counts nothing. */
  held(kind: RateKind, key: string): Refusal | undefined;
  /** Keeps in this isolate what a verified credential is counted under. */
  remember(fingerprint: string, counts: readonly Count[]): void;
  /** What was last remembered; nothing for a credential that was never verified here. */
  recall(fingerprint: string): readonly Count[];
};

/** Requests of a kind with the same key are counted together. */
export type Count = { kind: RateKind; key: string };

/** Wake-ups after a commit. They may all be lost: the sweeper finds what the outbox still holds. */
export type Signals = {
  /** Sends each pointer to whoever takes its kind; never throws, never delays the answer. */
  outboxWritten(shard: string, tenantNo: number, pointers: readonly OutboxPointer[]): void;
  /**
   * Arms the shard's sweeper; must have succeeded before the shard's first tenant exists. Can be repeated.
   * @throws StoreUnavailable when it did not answer.
   */
  armSweeper(shard: string): Promise<void>;
};

export type Mail = {
  /** What `send` will answer unless the platform fails: known before anybody's address is looked up. */
  readonly mode: "sent" | "captured" | "unavailable";
  /**
   * `sent`: handed to the mail binding. `captured`: development only, the caller may show the text.
   * `unavailable`: no working mail, nothing was sent.
   */
  send(message: { to: string; subject: string; text: string }): Promise<"sent" | "captured" | "unavailable">;
};

/** Claims of an access token; numbers are internal and mean nothing to clients. */
export type AccessClaims = {
  tenantNo: number;
  /** A hint: the shard decides. */
  shard: string;
  configurationId: string;
  configurationNo: number;
  credentialNo: number;
  epoch: number;
};

export type Tokens = {
  /** ES256, valid 3,600 seconds from `nowMs`. */
  sign(claims: AccessClaims, nowMs: number): Promise<string>;
  /** Undefined for any token that is not ours, not for this audience, or expired. */
  verify(token: string, nowMs: number): Promise<AccessClaims | undefined>;
  /** Public keys, as served at /.well-known/jwks.json. */
  jwks(): Promise<{ keys: readonly object[] }>;
};

/** Secrets that have to be read again, encrypted under a key that is in no database. */
export type Sealing = {
  /** @param context what the secret belongs to: it opens nowhere else. */
  seal(plain: string, context: string): Promise<string>;
  /** @throws when it was sealed elsewhere, or under a key that is no longer known. */
  open(sealed: string, context: string): Promise<string>;
};

/** The way to services of others: SCIM services of vaults, and directories that vaults read. */
export type Connectors = {
  /** Why an address may not be called; undefined when it may. */
  refuseAddress(address: string): string | undefined;
  /** @throws UpstreamFailure `address` */
  connect(connection: Connection): ScimService;
  /** @throws UpstreamFailure `address` */
  openDirectory(connection: DirectoryConnection): Directory;
};

/** Texts that go out to clients and come back, opaque and unforgeable. */
export type Cursors = {
  /** Only characters that RFC 9865 §2 allows in a cursor. */
  seal(payload: string, context: string): Promise<string>;
  /** Undefined for anything that was not sealed here in the same context. */
  open(cursor: string, context: string): Promise<string | undefined>;
};

export type LogEntry = { level: "info" | "warn" | "error"; message: string } & Record<string, unknown>;
