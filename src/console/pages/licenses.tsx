/** License pools: what is purchased, what is given out, and who waits. */
import { may } from "../../domain/role.ts";
import { type LicenseTypeSummary, listLicenseTypes } from "../../gateway/licenses/licenses.ts";
import { LicensePool } from "../components/license-pool.tsx";
import { Notice } from "../components/notice.tsx";
import type { ConsoleContext } from "../environment.ts";
import { emptyForm, type FormState } from "../form.ts";
import { page } from "../layout.tsx";
import { type FormStatus, problemPage } from "../problem.tsx";

export const licensesPage = (c: ConsoleContext) => showLicenses(c, "", emptyForm, 200);

/** `code`: the type whose form was sent, so that the error stands beside it. */
export async function showLicenses(c: ConsoleContext, code: string, form: FormState, status: FormStatus) {
  const admin = c.get("admin");
  const types = await listLicenseTypes(admin);
  if (!types.ok) return problemPage(c, types.problem);
  const mayPurchase = may(admin.identity.role, "purchase");
  return page(
    c,
    { title: "Licenses", section: "/licenses", status },
    <>
      <div class="page-head">
        <div>
          <h1>Licenses</h1>
          <p>
            A user whose license is not available waits, first in first out. More seats, or seats that others
            give back, serve the queue by themselves.
          </p>
        </div>
      </div>
      <div class="stack">
        {types.value.map((pool) => (
          <section class="card" aria-label={pool.name}>
            <LicensePool pool={pool} />
            {mayPurchase && <PurchasedForm pool={pool} form={pool.code === code ? form : emptyForm} />}
            <p class="small-text">
              <a href={`/licenses/${pool.code}`}>Who waits, oversubscription, history</a>
            </p>
          </section>
        ))}
      </div>
      {!mayPurchase && (
        <p class="soft small-text">
          Your role shows the licenses. To change how many are purchased takes a billing admin.
        </p>
      )}
    </>,
  );
}

const PurchasedForm = ({ pool, form }: { pool: LicenseTypeSummary; form: FormState }) => {
  const field = `purchased-${pool.code}`;
  const error = form.errors["purchased"] ?? form.problem;
  return (
    <>
      <form class="inline-form" method="post" action={`/licenses/${pool.code}`}>
        <div class="field">
          <label for={field}>Purchased</label>
          <input
            id={field}
            name="purchased"
            type="number"
            min="0"
            required
            value={form.typed["purchased"] ?? String(pool.purchased)}
            aria-invalid={error === undefined ? undefined : "true"}
            aria-describedby={error === undefined ? undefined : `${field}-error`}
          />
        </div>
        <button type="submit" class="button">
          Save
        </button>
        <button type="submit" class="button" formmethod="get" formaction={`/licenses/${pool.code}/preview`}>
          Show what will happen
        </button>
      </form>
      {error !== undefined && (
        <p class="field-error" id={`${field}-error`}>
          {error}
        </p>
      )}
      {pool.overAllocated && (
        <Notice kind="warning">
          More licenses are assigned than purchased. Nobody loses one, and nobody gets one until enough are
          purchased or released.
        </Notice>
      )}
    </>
  );
};
