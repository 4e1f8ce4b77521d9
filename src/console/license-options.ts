/** License types to choose from in a form. */
import type { LicenseTypeSummary } from "../gateway/licenses/licenses.ts";
import type { Option } from "./components/field.tsx";
import { figure } from "./words.ts";

/** Lowest first: the usual default. Says what is free, so that nobody is surprised by a queue. */
export const licenseOptions = (types: readonly LicenseTypeSummary[]): Option[] =>
  [...types]
    .sort((one, other) => one.rank - other.rank)
    .map(({ code, name, free }) => ({ value: code, label: `${name} (${figure(free)} free)` }));
