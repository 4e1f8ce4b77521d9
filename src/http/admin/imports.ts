/** Synchronization of vaults by pulling: settings, imports, and a test of the way to the provider. */
import * as z from "zod";
import { endSynchronization, getSynchronization, setSynchronization } from "../../gateway/imports/imports.ts";
import { listImportRuns, orderImport, testSynchronization } from "../../gateway/imports/runs.ts";
import { importRun, importTest, settings, synchronization } from "./import-schemas.ts";
import { type AdminRoute, route } from "./route.ts";
import { id, pageOf, pageQuery } from "./schemas.ts";

const path = "/vaults/:vaultId/synchronization";
const params = z.object({ vaultId: id });
const common = { tag: "Synchronization", params } as const;

export const importRoutes: AdminRoute[] = [
  route({
    ...common,
    method: "get",
    path,
    operationId: "getSynchronization",
    summary: "Show how a vault synchronizes by itself",
    access: "read",
    status: 200,
    response: synchronization,
    problems: [404],
    handle: ({ admin, params: { vaultId } }) => getSynchronization(admin, vaultId),
  }),
  route({
    ...common,
    method: "put",
    path,
    operationId: "setSynchronization",
    summary: "Let a vault read groups from a provider; prefer provisioning for providers in the cloud",
    access: "provision",
    body: settings,
    status: 200,
    response: synchronization,
    problems: [404, 409],
    handle: ({ admin, params: { vaultId }, body: { firstImport: firstImportMinutes, ...body } }) =>
      setSynchronization(admin, { vaultId, ...body, firstImportMinutes }),
  }),
  route({
    ...common,
    method: "delete",
    path,
    operationId: "endSynchronization",
    summary: "Turn synchronization of a vault off; accounts, licenses and user groups stay",
    access: "provision",
    query: z.object({ members: z.enum(["keep", "remove"]).default("keep") }),
    status: 204,
    problems: [404, 409],
    handle: ({ admin, params: { vaultId }, query: { members } }) =>
      endSynchronization(admin, { vaultId, members }),
  }),
  route({
    ...common,
    method: "get",
    path: `${path}/runs`,
    operationId: "listImports",
    summary: "List imports of a vault, newest first",
    access: "read",
    query: pageQuery,
    status: 200,
    response: pageOf(importRun),
    problems: [404],
    handle: ({ admin, params: { vaultId }, query }) => listImportRuns(admin, { vaultId, ...query }),
  }),
  route({
    ...common,
    method: "post",
    path: `${path}/runs`,
    operationId: "orderImport",
    summary: "Import now; the answer is the import at work, which may have been started before",
    access: "provision",
    status: 202,
    response: importRun,
    problems: [404, 409],
    handle: ({ admin, params: { vaultId } }) => orderImport(admin, { vaultId }),
  }),
  route({
    ...common,
    method: "post",
    path: `${path}/test`,
    operationId: "testSynchronization",
    summary: "Try the way to the provider and read the first page of every group; changes nothing",
    access: "provision",
    status: 200,
    response: importTest,
    problems: [404],
    handle: ({ admin, params: { vaultId } }) => testSynchronization(admin, { vaultId }),
  }),
];
