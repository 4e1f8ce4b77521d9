/** The people and groups of the demo: the same on every run. */

export type Person = {
  number: number;
  given: string;
  family: string;
  userName: string;
  displayName: string;
  department: string;
};

const given = ["Ada", "Bela", "Chidi", "Dana", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas"];
const family = [
  ...["Abel", "Baker", "Costa", "Dahl", "Evans", "Fischer", "Gupta", "Haas", "Ito", "Jansen"],
  ...["Kaya", "Lund", "Mori", "Novak", "Okafor", "Perez", "Quist", "Rossi", "Silva", "Tanaka"],
];

export const departments = [
  ...["Engineering", "Quality", "Production", "Purchasing", "Sales"],
  ...["Finance", "Legal", "People", "Logistics", "Research"],
];

/** `count` people at one domain; every department gets the same share. */
export function people(count: number, domain: string): Person[] {
  return Array.from({ length: count }, (_, index) => {
    const first = given[index % given.length] ?? "";
    const last = family[Math.floor(index / given.length) % family.length] ?? "";
    return {
      number: index + 1,
      given: first,
      family: last,
      userName: `${first}.${last}@${domain}`.toLowerCase(),
      displayName: `${first} ${last}`,
      department: departments[(index + Math.floor(index / given.length)) % departments.length] ?? "",
    };
  });
}
