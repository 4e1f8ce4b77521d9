/** What to do about the failures of a vault's own SCIM service. */

/** By what the failure says, the most telling first. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /does not accept the credential|token endpoint/,
    "Get a new credential from the service and replace the one kept here.",
  ],
  [
    /redirects are not followed/,
    "The address has moved. Change it here: a credential is never sent to an address that nobody entered.",
  ],
  [
    /asked to wait/,
    "The service has had too many requests. The gateway waits as long as it was asked to, then goes on.",
  ],
  [
    /no answer within|connection failed|answered 5\d\d|answered 408/,
    "The service is down or cannot be reached. The gateway tries again by itself, less and less often.",
  ],
  [
    /: 404/,
    "Something is missing at the service. If it is the first request, check the base address; else push everything again.",
  ],
  [
    /: (400|409|413|422|501)/,
    "The service refuses what it was sent. Look into its log; fewer members per request or another mapping there may help.",
  ],
  [/answer is too large|SCIM/, "What answers at the base address does not speak SCIM. Check the address."],
];

export const adviceFor = (error: string): string =>
  advice.find(([pattern]) => pattern.test(error))?.[1] ??
  "Try the connection to see at which stage it fails.";
