/** The SCIM service that a vault has of its own: where it is, and how it does. */
import type { Vault } from "../../gateway/vaults/vaults.ts";
import { Moment } from "./moment.tsx";
import { Tag } from "./tag.tsx";

const authentication = { bearer: "a bearer token", client_credentials: "OAuth 2.0 client credentials" };

export const Connection = ({ vault: { connection }, now }: { vault: Vault; now: number }) => {
  if (connection === null) return null;
  const { baseUrl, error, lastSuccessAt, lastFailureAt, throttledUntil } = connection;
  return (
    <section class="card" aria-labelledby="connection">
      <h2 id="connection">
        SCIM service{" "}
        {error !== null ? (
          <Tag kind="bad">failing</Tag>
        ) : lastSuccessAt === null ? (
          <Tag kind="neutral">not used yet</Tag>
        ) : (
          <Tag kind="good">in line</Tag>
        )}
      </h2>
      <dl class="facts">
        <dt>Address</dt>
        <dd>
          <code>{baseUrl}</code>, with {authentication[connection.authentication.type]}
        </dd>
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
        {throttledUntil !== null && Date.parse(throttledUntil) > now && (
          <>
            <dt>Asked to wait until</dt>
            <dd>
              <time datetime={throttledUntil}>{throttledUntil.slice(0, 19).replace("T", " ")} UTC</time>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
};
