/** The same operations on other SCIM servers that npm offers, in turns with ours. */
import { type Answer, expectStatus, inParallel } from "../client/http.ts";
import { type Directory, freshName, person } from "./directory.ts";
import type { Figure, Report, Sizes } from "./figures.ts";
import { type Load, loads, timesAsFast } from "./measure.ts";
import { installPeers, type PeerServer, startPeer } from "./peer-servers.ts";

/** What has to be known to read the figures. */
const remarks = {
  vestibule:
    "Vestibule: workerd with D1 emulated over HTTP inside it; every write is durable with event, outbox and license work",
  scimmy:
    "scimmy 1.3.5 + scimmy-routers 1.3.2, Express 4: no storage of its own (here node:sqlite in a file, WAL, index on userName), no tenants, no tokens, no events, no ETag, no licenses; other filters read every user",
  "better-auth":
    "@better-auth/scim 1.7.5, node:sqlite in a file, WAL: no token endpoint, filters by eq only, no Bulk, no cursors, no ETag, groups to 1,000 members, no request events, no licenses; not on D1",
};

type Server = keyof typeof remarks;
type Request = (method: string, path: string, body?: unknown) => Promise<Answer>;

const width = 8;
const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** @param directory ours; the others are filled with as many people */
export async function peers(directory: Directory, { slices }: Sizes): Promise<Report> {
  const missing = await installPeers();
  if (missing !== undefined)
    return { figures: [], notes: [`peers: left out, not to be had here. ${missing}`] };
  const started: PeerServer[] = [];
  try {
    const others: [Server, Request][] = [];
    for (const name of ["scimmy", "better-auth"] as const) {
      const server = await startPeer(name);
      started.push(server);
      others.push([name, server.request]);
    }
    const servers: [Server, Request][] = [["vestibule", directory.scim.request], ...others];
    const ids = new Map<Server, string[]>();
    for (const [name, request] of servers) {
      const people = name === "vestibule" ? Math.min(directory.people, 200) : directory.people;
      ids.set(name, await fill(request, people));
    }
    return await compare(servers, ids, Math.min(slices, 8));
  } finally {
    for (const server of started) await server.stop();
  }
}

async function create(request: Request, name = freshName()): Promise<string> {
  const answer = expectStatus("POST /Users", await request("POST", "/Users", person(name)), 201);
  return (answer.body as { id: string }).id;
}

async function fill(request: Request, people: number): Promise<string[]> {
  const ids: string[] = [];
  await inParallel(Array.from({ length: people }), width, async () => {
    ids.push(await create(request));
  });
  return ids;
}

async function compare(
  servers: readonly (readonly [Server, Request])[],
  ids: ReadonlyMap<Server, readonly string[]>,
  slices: number,
): Promise<Report> {
  const id = (server: Server, index: number): string => {
    const known = ids.get(server) ?? [];
    return known[(index * 7_919) % known.length] ?? "";
  };
  const named = freshName();
  for (const [, request] of servers) await create(request, named);
  const one = async (request: Request, method: string, path: string, body?: unknown) =>
    expectStatus(`${method} ${path}`, await request(method, path, body), 200, 204);
  const operations: Record<string, (server: Server, request: Request, index: number) => Promise<unknown>> = {
    "POST /Users": (_, request) => create(request),
    "GET /Users/{id}": (server, request, index) => one(request, "GET", `/Users/${id(server, index)}`),
    "filter userName eq": (_, request) =>
      one(request, "GET", `/Users?filter=${encodeURIComponent(`userName eq "${named}"`)}`),
    "PATCH /Users/{id}": (server, request, index) =>
      one(request, "PATCH", `/Users/${id(server, index)}`, {
        schemas: [patchSchema],
        Operations: [{ op: "replace", path: "title", value: freshName() }],
      }),
  };
  const measured: Record<string, Record<Server, Load>> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const turns = Object.fromEntries(
      servers.map(([server, request]) => [server, (index: number) => operation(server, request, index)]),
    );
    measured[name] = (await loads(turns, { slices, perSlice: 60, width })) as Record<Server, Load>;
  }
  return report(measured);
}

function report(measured: Readonly<Record<string, Record<Server, Load>>>): Report {
  const servers = Object.keys(remarks) as Server[];
  const figures = Object.entries(measured).flatMap(([operation, by]) =>
    servers
      .filter((server) => server !== "vestibule")
      .map(
        (server): Figure => ({
          name: `${operation}: throughput ÷ ${server}`,
          value: timesAsFast(by.vestibule, by[server]),
          unit: "×",
        }),
      ),
  );
  const rows = Object.entries(measured).map(([operation, by]) => [
    operation,
    ...servers.flatMap((server) => [by[server].perSecond.toFixed(0), by[server].p50.toFixed(1)]),
  ]);
  return {
    figures,
    table: { head: ["operation", ...servers.flatMap((server) => [`${server}: /s`, "p50 ms"])], rows },
    notes: Object.values(remarks),
    details: { peers: measured },
  };
}
