/** Accounts that no identity provider sends: made by hand. And shutting any account out, whoever owns it. */
import { ACCOUNT_NAME_LENGTH_MAX, EMAIL_LENGTH_MAX } from "../../domain/limits.ts";
import type { JsonObject } from "../../scim/json.ts";
import { UniqueViolated } from "../../store/failure.ts";
import { insertAccount, setAdminDisabled } from "../../store/licenses/accounts.ts";
import type { Admin } from "../admin.ts";
import { act } from "../administrative-act.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";

export type AccountRequest = {
  userName: string;
  displayName?: string | undefined;
  email?: string | undefined;
  /** Code of the license type it is entitled to; none when absent. */
  licenseType?: string | undefined;
};

export type CreatedAccount = { id: string; userName: string };

/** Creates an account that no configuration owns; its license is decided by the allocator like any other. */
export async function createAccount(admin: Admin, request: AccountRequest): Promise<Outcome<CreatedAccount>> {
  const userName = request.userName.trim();
  const displayName = request.displayName?.trim() ?? "";
  const email = request.email?.trim() ?? "";
  const problem = invalidAccount(userName, displayName, email);
  if (problem !== undefined) return refuse(problem);
  const attributes: JsonObject = {
    userName,
    ...(displayName === "" ? {} : { displayName }),
    ...(email === "" ? {} : { emails: [{ value: email, type: "work", primary: true }] }),
  };
  const id = admin.deps.newId();
  const licenseType = request.licenseType ?? null;
  try {
    const outcome = await act(admin, insertAccount(admin.scope, { id, userName, licenseType, attributes }), {
      unknown_type: { kind: "invalid", detail: `licenseType: there is no license type "${licenseType}"` },
    });
    return outcome.ok ? done({ id, userName }) : outcome;
  } catch (error) {
    if (!(error instanceof UniqueViolated)) throw error;
    return refuse({
      kind: "conflict",
      detail: `An account named "${userName}" exists in this subscription already.`,
    });
  }
}

function invalidAccount(userName: string, displayName: string, email: string): Problem | undefined {
  const invalid = (detail: string): Problem => ({ kind: "invalid", detail });
  if (userName === "") return invalid("userName: must not be empty");
  if (userName.length > ACCOUNT_NAME_LENGTH_MAX || displayName.length > ACCOUNT_NAME_LENGTH_MAX) {
    return invalid(`userName, displayName: at most ${ACCOUNT_NAME_LENGTH_MAX} characters`);
  }
  if (!`${userName}${displayName}${email}`.isWellFormed()) return invalid("names: not well-formed Unicode");
  if (email !== "" && (email.length > EMAIL_LENGTH_MAX || !/^[^\s@]+@[^\s@]+$/.test(email))) {
    return invalid("email: not an e-mail address");
  }
  return undefined;
}

/** Disables or enables an account by the administrator's own flag; the license is kept (A8). */
export async function setAccountDisabled(
  admin: Admin,
  userId: string,
  disabled: boolean,
): Promise<Outcome<{ id: string; adminDisabled: boolean }>> {
  const outcome = await act(admin, setAdminDisabled(admin.scope, userId, disabled), {
    not_found: { kind: "not_found", detail: "There is no account with this id." },
  });
  return outcome.ok ? done({ id: userId, adminDisabled: disabled }) : outcome;
}
