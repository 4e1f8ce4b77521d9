/** Whether the identity provider has called. Waiting for the first time is no error: it may take 40 minutes (R70). */
import type { Configuration } from "../../gateway/identity/configurations.ts";
import { Moment } from "./moment.tsx";
import { Tag } from "./tag.tsx";

type ContactProps = { configuration: Pick<Configuration, "lastContactAt">; now: number };

export const Contact = ({ configuration: { lastContactAt }, now }: ContactProps) =>
  lastContactAt === null ? (
    <Tag kind="neutral">awaiting first contact</Tag>
  ) : (
    <>
      <Tag kind="good">in contact</Tag>{" "}
      <span class="sub">
        last contact <Moment at={lastContactAt} now={now} />
      </span>
    </>
  );
