/** Client secrets of a configuration: when made, when used, never what they are. */
import type { Configuration } from "../../gateway/identity/configurations.ts";
import { Moment } from "../components/moment.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";

const liveMax = 2;

export const Secrets = ({ configuration, now }: { configuration: Configuration; now: number }) => {
  const { id, secrets } = configuration;
  const path = `/configurations/${id}/secrets`;
  return (
    <section aria-labelledby="secrets">
      <div class="section-head">
        <h2 id="secrets">Client secrets</h2>
        {secrets.length < liveMax && (
          <form method="post" action={path}>
            <button type="submit" class="button small">
              Create a second secret
            </button>
          </form>
        )}
      </div>
      {secrets.length === 0 ? (
        <p class="soft">There is no live secret: the identity provider cannot sign in. Create one.</p>
      ) : (
        <Table
          caption="Client secrets"
          columns={["Created", "State", "Last used", { name: "Actions", kind: "actions" }]}
        >
          {secrets.map((secret) => (
            <tr>
              <th scope="row">
                <Moment at={secret.createdAt} now={now} />
              </th>
              <td>
                <Tag kind={secret.state === "active" ? "good" : "neutral"}>{secret.state}</Tag>
                {secret.expiresAt !== null && (
                  <span class="sub">
                    ends <Moment at={secret.expiresAt} now={now} />
                  </span>
                )}
              </td>
              <td>
                {secret.lastUsedAt === null ? (
                  <span class="faint">never</span>
                ) : (
                  <Moment at={secret.lastUsedAt} now={now} />
                )}
              </td>
              <td class="row-actions">
                <form method="post" action={`${path}/${secret.id}/revoke`}>
                  <button type="submit" class="button small danger">
                    Revoke
                  </button>
                </form>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <p class="hint">
        To replace a secret without a gap: create the second, carry it over to the identity provider, revoke
        the first. What is revoked, and its tokens, are refused from the next request on.
      </p>
    </section>
  );
};
