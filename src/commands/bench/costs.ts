/** What operations cost in D1. */
import { type Directory, freshName, person } from "./directory.ts";
import type { Figure } from "./figures.ts";

/** Trips and rows of each operation, as D1 says, and what a million provisioned users cost in rows. */
export async function costs(directory: Directory): Promise<Figure[]> {
  const { scim } = directory;
  const spent = async (name: string, method: string, path: string, body?: unknown) => {
    const answer = await scim.request(method, path, body);
    const timing = answer.headers.get("server-timing") ?? "";
    const [, trips, read, written] = /trips=(\d+) read=(\d+) written=(\d+)/.exec(timing) ?? [];
    return { name, answer, trips: Number(trips), read: Number(read), written: Number(written) };
  };
  const created = await spent("POST /Users", "POST", "/Users", person(freshName()));
  const { id } = created.answer.body as { id: string };
  const replaced = { op: "replace", path: "title", value: "Lead" };
  const all = [
    created,
    await spent("GET /Users/{id}", "GET", `/Users/${id}`),
    await spent("filter userName eq", "GET", '/Users?filter=userName eq "seed-1"'),
    await spent("PATCH /Users/{id}", "PATCH", `/Users/${id}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [replaced],
    }),
    await spent("list of 100", "GET", "/Users?count=100"),
  ];
  const figures: Figure[] = all.map(({ name, trips, read, written }) => ({
    name: `D1 trips of ${name}`,
    value: trips,
    unit: "",
    detail: `${read} rows read, ${written} written`,
  }));
  // Published prices: $1.00 a million rows written, $0.001 read, $0.30 a million requests.
  const cost = created.written * 1 + created.read * 0.001 + 0.3;
  return [
    ...figures,
    {
      name: "a million POST /Users: rows and requests",
      value: cost,
      unit: "$",
      detail: "licenses and links not included",
    },
  ];
}
