/** State of a vault user, and whose doing it is. */
import type { VaultUserEntry } from "../../gateway/vaults/vault-users.ts";
import { Tag } from "./tag.tsx";

export const VaultState = ({ state, disabledBy }: Pick<VaultUserEntry, "state" | "disabledBy">) => {
  if (state === "enabled") return <Tag kind="good">enabled</Tag>;
  if (state === "deleted") return <Tag kind="bad">deleted</Tag>;
  return <Tag kind="neutral">{disabledBy === "admin" ? "disabled by admin" : "disabled by sync"}</Tag>;
};
