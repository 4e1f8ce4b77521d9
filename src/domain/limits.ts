/** Every number that bounds work of the domain, each with its reason. */

/** Pairs of groups that one walk over nested groups may reach: far past real hierarchies, still milliseconds. */
export const NESTED_GROUPS_MAX = 10_000;
