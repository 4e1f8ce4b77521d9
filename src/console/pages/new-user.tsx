/** Making an account by hand, for people whom no identity provider sends. */
import * as z from "zod";
import { ACCOUNT_NAME_LENGTH_MAX } from "../../domain/limits.ts";
import { createAccount } from "../../gateway/licenses/accounts.ts";
import { listLicenseTypes } from "../../gateway/licenses/licenses.ts";
import { SelectField, TextField } from "../components/field.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHead } from "../components/page-head.tsx";
import type { ConsoleContext } from "../environment.ts";
import { emailField, nameField } from "../fields.ts";
import { emptyForm, type FormState, readForm } from "../form.ts";
import { page } from "../layout.tsx";
import { licenseOptions } from "../license-options.ts";
import { type FormStatus, problemPage, statusOf } from "../problem.tsx";

const section = "/users";

export const newUserPage = (c: ConsoleContext) => showNew(c, emptyForm, 200);

const blank = (text: unknown) => (typeof text === "string" && text.trim() === "" ? undefined : text);

const userForm = z.object({
  userName: nameField("a user name", ACCOUNT_NAME_LENGTH_MAX),
  displayName: z.preprocess(blank, nameField("a name", ACCOUNT_NAME_LENGTH_MAX).optional()),
  email: z.preprocess(blank, emailField.optional()),
  licenseType: z.preprocess(blank, z.string().max(100).optional()),
});

export async function createUserAction(c: ConsoleContext) {
  const read = await readForm(c, userForm);
  if (!read.ok) return showNew(c, read.form, 400);
  const outcome = await createAccount(c.get("admin"), read.value);
  if (outcome.ok) return c.redirect(`${section}/${outcome.value.id}?notice=user-created`, 303);
  const { kind, detail } = outcome.problem;
  return showNew(c, { ...read.form, problem: detail }, statusOf[kind]);
}

async function showNew(c: ConsoleContext, { typed, errors, problem }: FormState, status: FormStatus) {
  const types = await listLicenseTypes(c.get("admin"));
  if (!types.ok) return problemPage(c, types.problem);
  return page(
    c,
    { title: "Create user", section, status },
    <>
      <PageHead
        title="Create a user by hand"
        parent={{ path: section, name: "Users" }}
        lead="For people whom no identity provider sends. If one sends the same user name later, it takes the account over."
      />
      {problem !== undefined && <Notice kind="error">{problem}</Notice>}
      <form class="form" method="post" action={section}>
        <TextField
          name="userName"
          label="User name"
          typed={typed["userName"]}
          error={errors["userName"]}
          required
        />
        <TextField
          name="displayName"
          label="Display name (optional)"
          typed={typed["displayName"]}
          error={errors["displayName"]}
        />
        <TextField
          name="email"
          label="E-mail address (optional)"
          type="email"
          typed={typed["email"]}
          error={errors["email"]}
        />
        <SelectField
          name="licenseType"
          label="License type"
          typed={typed["licenseType"]}
          error={errors["licenseType"]}
          options={[{ value: "", label: "No license" }, ...licenseOptions(types.value)]}
        />
        <div class="actions">
          <button type="submit" class="button primary">
            Create the user
          </button>
          <a class="button" href={section}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}
