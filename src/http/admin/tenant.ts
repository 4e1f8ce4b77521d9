/** The organization at a glance. */
import * as z from "zod";
import { getHome } from "../../gateway/overview/home.ts";
import { licenseType } from "./license-types.ts";
import { route } from "./route.ts";
import { id, role } from "./schemas.ts";

const count = z.int().min(0);

export const tenantRoutes = [
  route({
    method: "get",
    path: "/tenant",
    operationId: "getTenant",
    summary: "The organization, the caller, and the figures of the home page",
    tag: "Organization",
    access: "read",
    status: 200,
    response: z
      .strictObject({
        id,
        name: z.string(),
        subscriptionId: id,
        me: z.strictObject({ kind: z.enum(["session", "key"]), id, name: z.string(), role }),
        home: z.strictObject({
          users: count.meta({
            description: "As many as the list of users has, deprovisioned ones included.",
          }),
          groups: count,
          waiting: z.strictObject({
            total: count.meta({ description: "Accounts that wait for a license: both kinds." }),
            unlicensed: count,
            upgrade: count,
            undecided: count.meta({ description: "Accounts whose license is still to be decided." }),
          }),
          licenses: z.array(licenseType),
        }),
      })
      .meta({ id: "Tenant" }),
    handle: ({ admin }) => getHome(admin),
  }),
];
