/** The attributes of an account as the identity provider wrote them. */
import type { Child } from "hono/jsx";
import type { UserDetail } from "../../gateway/overview/users.ts";

/** Internal names of SCIM that say nothing to people. */
const hidden = new Set(["schemas", "meta", "id"]);

export const Attributes = ({ attributes }: { attributes: UserDetail["attributes"] }) => {
  const shown = Object.entries(attributes).filter(([name]) => !hidden.has(name));
  return (
    <section class="card" aria-labelledby="attributes">
      <h2 id="attributes">Attributes</h2>
      {shown.length === 0 ? (
        <p class="soft">None.</p>
      ) : (
        <dl class="facts">
          {shown.map(([name, value]) => (
            <>
              <dt>{shortName(name)}</dt>
              <dd>{present(value)}</dd>
            </>
          ))}
        </dl>
      )}
    </section>
  );
};

/** Extensions are shown by the last part of their URN that tells them apart. */
const shortName = (name: string): string =>
  name.startsWith("urn:") ? name.replace(/^urn:ietf:params:scim:schemas:(extension:)?/i, "") : name;

function present(value: unknown): Child {
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return <Lines lines={value.map(describe)} />;
  return <Lines lines={Object.entries(value).map(([name, part]) => `${name}: ${describe(part)}`)} />;
}

const Lines = ({ lines }: { lines: readonly string[] }) => (
  <>
    {lines.map((line) => (
      <div>{line}</div>
    ))}
  </>
);

/** `ada@example.com (work, primary)`; anything unusual as JSON. */
function describe(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  if (!("value" in value) || typeof value.value !== "string") return JSON.stringify(value);
  const type = "type" in value && typeof value.type === "string" ? [value.type] : [];
  const primary = "primary" in value && value.primary === true ? ["primary"] : [];
  const remarks = [...type, ...primary];
  return remarks.length === 0 ? value.value : `${value.value} (${remarks.join(", ")})`;
}
