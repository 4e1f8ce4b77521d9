/** What an account holds, and that it waits: the column "License type" and the head of a user's page. */
import type { User } from "../../gateway/overview/users.ts";
import { licenseName } from "../words.ts";
import { Tag } from "./tag.tsx";

export const License = ({ license }: { license: User["license"] }) => (
  <>
    {license.held !== null ? licenseName(license.held) : <Without undecided={license.undecided} />}{" "}
    {license.waiting && <Tag kind="warning">waiting</Tag>}
    {license.waiting && license.wanted !== null && <span class="sub">for {licenseName(license.wanted)}</span>}
  </>
);

const Without = ({ undecided }: { undecided: boolean }) =>
  undecided ? <Tag kind="neutral">being decided</Tag> : <span class="faint">No license</span>;

/** Why an account cannot be used, in tags; nothing when it can. */
export const AccountState = ({
  user,
}: {
  user: Pick<User, "active" | "adminDisabled" | "deprovisioned">;
}) => (
  <>
    {user.deprovisioned && <Tag kind="bad">deprovisioned</Tag>}
    {!user.active && !user.deprovisioned && <Tag kind="neutral">disabled by provider</Tag>}
    {user.adminDisabled && <Tag kind="neutral">disabled by admin</Tag>}
    {user.active && !user.adminDisabled && !user.deprovisioned && <Tag kind="good">enabled</Tag>}
  </>
);
