/** What the subscription has chosen where the rules leave a choice. */
import * as z from "zod";
import { IDLE_RELEASE_DAYS_MAX } from "../../domain/limits.ts";
import { getPolicies, setPolicies } from "../../gateway/licenses/policies.ts";
import { type AdminRoute, route } from "./route.ts";

const people = z.number().int().min(0).max(10_000_000);
const percent = z.number().int().min(0).max(100);

const brake = z.strictObject({ percent, floor: people, absolute: people }).meta({
  id: "BrakePolicy",
  description:
    "Within ten minutes, removing more than `percent` of a vault's users and at least `floor`, or more than `absolute`, waits for approval.",
});

const recomputeOnLeave = z.boolean().meta({
  description: "Leaving a licensed group takes the license back to what the account is still entitled to.",
});
const strictAdoption = z.boolean().meta({
  description:
    "First provisioning gives the default type only, even if the account then waits without the license it held.",
});
const idleReleaseDays = z.number().int().min(1).max(IDLE_RELEASE_DAYS_MAX).nullable().meta({
  description: "Days after which a disabled account gives its license back; null is never.",
});
const licenses = z
  .strictObject({ recomputeOnLeave, strictAdoption, idleReleaseDays })
  .meta({ id: "LicensePolicies" });

const policies = z.strictObject({ brake, licenses }).meta({ id: "Policies" });

export const policyRoutes: AdminRoute[] = [
  route({
    method: "get",
    path: "/policies",
    operationId: "getPolicies",
    summary: "Show the subscription's policies",
    tag: "Subscription",
    access: "read",
    status: 200,
    response: policies,
    handle: ({ admin }) => getPolicies(admin),
  }),
  route({
    method: "patch",
    path: "/policies",
    operationId: "setPolicies",
    summary: "Change some of the subscription's policies",
    tag: "Subscription",
    access: "administer",
    body: z.strictObject({
      brake: z
        .strictObject({ percent: percent.optional(), floor: people.optional(), absolute: people.optional() })
        .optional(),
      licenses: z
        .strictObject({
          recomputeOnLeave: recomputeOnLeave.optional(),
          strictAdoption: strictAdoption.optional(),
          idleReleaseDays: idleReleaseDays.optional(),
        })
        .optional(),
    }),
    status: 200,
    response: policies,
    handle: ({ admin, body }) => setPolicies(admin, body),
  }),
];
