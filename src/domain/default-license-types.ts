/** The license types a subscription begins with (R3, A2); nothing is purchased yet. */
export const DEFAULT_LICENSE_TYPES = [
  { licenseTypeNo: 1, code: "read_only", name: "Read-only user", rank: 1 },
  { licenseTypeNo: 2, code: "concurrent", name: "Concurrent user", rank: 2 },
  { licenseTypeNo: 3, code: "named", name: "Named user", rank: 3 },
] as const;
