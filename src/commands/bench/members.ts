/** What ten thousand times the members change. */
import { type Directory, makeGroup, seededId } from "./directory.ts";
import { type Figure, ms, type Sizes } from "./figures.ts";
import { latencies } from "./measure.ts";

const add = (userId: string) => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: [{ op: "add", path: "members", value: [{ value: userId }] }],
});

/** One more member of a large group beside one more of a small one. */
export async function oneMember(base: string, directory: Directory, sizes: Sizes): Promise<Figure[]> {
  const { scim } = directory;
  const members = Math.min(sizes.group, directory.people - 2 * sizes.rounds);
  const [large, small] = [
    await makeGroup(base, directory, "Large", members),
    await makeGroup(base, directory, "Small", 10),
  ];
  const user = (index: number): string => seededId(members + 1 + index);
  const times = await latencies(
    {
      large: (index) => scim.call("PATCH", `/Groups/${large}`, add(user(index))),
      small: (index) => scim.call("PATCH", `/Groups/${small}`, add(user(index))),
    },
    sizes.rounds,
  );
  return [
    {
      name: `add a member: p50 in a group of ${members} ÷ of 10`,
      value: times.large.p50 / times.small.p50,
      unit: "×",
      goal: { at: "most", value: 1.2 },
      detail: `${ms(times.large.p50)} ÷ ${ms(times.small.p50)}`,
    },
  ];
}
