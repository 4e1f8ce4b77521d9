/** The organization at a glance: who is looking, how many accounts and groups, who waits for which license. */
import { readHome } from "../../store/overview/home.ts";
import type { Admin, AdminIdentity } from "../admin.ts";
import { type LicenseTypeSummary, licenseTypeSummary } from "../licenses/licenses.ts";
import { done, type Outcome } from "../problem.ts";

export type Home = {
  id: string;
  name: string;
  subscriptionId: string;
  me: Pick<AdminIdentity, "kind" | "id" | "name" | "role">;
  home: {
    /** Every account that the list of users shows, deprovisioned ones included. */
    users: number;
    groups: number;
    /** `total` is both kinds of waiting (A29); undecided accounts wait for the allocator, not for a license. */
    waiting: { total: number; unlicensed: number; upgrade: number; undecided: number };
    licenses: LicenseTypeSummary[];
  };
};

export async function getHome({ scope, identity }: Admin): Promise<Outcome<Home>> {
  const { name, subscriptionId, users, groups, undecided, licenseTypes } = await readHome(scope);
  const licenses = licenseTypes.map(licenseTypeSummary);
  const unlicensed = licenses.reduce((sum, { waiting }) => sum + waiting.unlicensed, 0);
  const upgrade = licenses.reduce((sum, { waiting }) => sum + waiting.upgrade, 0);
  const { kind, id, role } = identity;
  return done({
    id: identity.tenantId,
    name,
    subscriptionId,
    me: { kind, id, name: identity.name, role },
    home: {
      users,
      groups,
      waiting: { total: unlicensed + upgrade, unlicensed, upgrade, undecided },
      licenses,
    },
  });
}
