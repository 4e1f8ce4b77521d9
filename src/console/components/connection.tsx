/** The SCIM service that a vault has of its own: where it is, how it does, and what to do when it does not. */
import type { Vault } from "../../gateway/vaults/vaults.ts";
import { adviceFor } from "../connector-words.ts";
import { Moment } from "./moment.tsx";
import { Tag } from "./tag.tsx";

type Service = NonNullable<Vault["connection"]>;

/** `detailed`: on the page of the service itself. */
type ConnectionProps = { vault: Vault; now: number; detailed?: boolean };

export const Connection = ({ vault: { id, connection }, now, detailed = false }: ConnectionProps) =>
  connection === null ? null : (
    <section class="card" aria-labelledby="connection">
      <div class="section-head">
        <h2 id="connection">
          SCIM service <Health connection={connection} />
        </h2>
        {!detailed && <a href={`/vaults/${id}/connector`}>Try, retry, replace the credential</a>}
      </div>
      <dl class="facts">
        <dt>Address</dt>
        <dd>
          <code>{connection.baseUrl}</code>
        </dd>
        <Authentication authentication={connection.authentication} />
        {detailed && (
          <>
            <dt>Members per request</dt>
            <dd>{connection.membersPerRequest}</dd>
          </>
        )}
        <History connection={connection} now={now} />
      </dl>
    </section>
  );

const Health = ({ connection: { error, lastSuccessAt } }: { connection: Service }) => {
  if (error !== null) return <Tag kind="bad">failing</Tag>;
  return lastSuccessAt === null ? <Tag kind="neutral">not used yet</Tag> : <Tag kind="good">in line</Tag>;
};

const Authentication = ({ authentication }: Pick<Service, "authentication">) => (
  <>
    <dt>Authentication</dt>
    <dd>
      {authentication.type === "bearer" ? (
        "Bearer token"
      ) : (
        <>
          OAuth 2.0 client credentials: client <code>{authentication.clientId}</code> at{" "}
          <code>{authentication.tokenEndpoint}</code>
        </>
      )}
    </dd>
  </>
);

const History = ({ connection, now }: { connection: Service; now: number }) => {
  const { error, lastSuccessAt, lastFailureAt, throttledUntil } = connection;
  return (
    <>
      <dt>Last success</dt>
      <dd>{lastSuccessAt === null ? "never" : <Moment at={lastSuccessAt} now={now} />}</dd>
      {lastFailureAt !== null && (
        <>
          <dt>Last failure</dt>
          <dd>
            <Moment at={lastFailureAt} now={now} />
            {error !== null && `: ${error}`}
          </dd>
        </>
      )}
      {error !== null && (
        <>
          <dt>What to do</dt>
          <dd>{adviceFor(error)}</dd>
        </>
      )}
      {throttledUntil !== null && Date.parse(throttledUntil) > now && (
        <>
          <dt>Asked to wait until</dt>
          <dd>
            <time datetime={throttledUntil}>{throttledUntil.slice(0, 19).replace("T", " ")} UTC</time>
          </dd>
        </>
      )}
    </>
  );
};
