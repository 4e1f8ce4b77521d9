/** Failures of the store that the edge turns into answers; re-exported so that it need not know the store. */
export { GuardRaised, StoreUnavailable } from "../store/failure.ts";
