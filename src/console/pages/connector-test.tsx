/** What came of trying the connection to a vault's SCIM service, stage by stage. */
import type { ConnectorTest } from "../../gateway/connectors/connectors.ts";
import { Notice } from "../components/notice.tsx";
import { Tag, type TagKind } from "../components/tag.tsx";
import { adviceFor } from "../connector-words.ts";

type Stage = ConnectorTest["stages"][number];

const stages: Record<Stage["stage"], string> = {
  address: "The address may be called",
  credential: "The credential is ready for use",
  users: "Users can be listed",
  groups: "Groups can be listed",
};

const outcomes: Record<Stage["outcome"], { text: string; kind: TagKind }> = {
  passed: { text: "passed", kind: "good" },
  failed: { text: "failed", kind: "bad" },
  skipped: { text: "not tried", kind: "neutral" },
};

export const ConnectorTestResult = ({ test }: { test: ConnectorTest }) => (
  <>
    <Notice kind={test.passed ? "success" : "error"}>
      {test.passed
        ? "The connection works. Nothing was changed at the service."
        : "The connection does not work. Nothing was changed at the service."}
    </Notice>
    <section class="card" aria-labelledby="stages">
      <h2 id="stages">What was tried</h2>
      <ol class="checks">
        {test.stages.map(({ stage, outcome, detail }) => (
          <li>
            <Tag kind={outcomes[outcome].kind}>{outcomes[outcome].text}</Tag>
            <div>
              {stages[stage]}
              {detail !== null && (
                <>
                  <span class="sub">{detail}</span>
                  <span class="sub">{adviceFor(detail)}</span>
                </>
              )}
            </div>
          </li>
        ))}
      </ol>
    </section>
  </>
);
