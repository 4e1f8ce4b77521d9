import { ETAG_HEADER_LENGTH_MAX } from "./limits.ts";

/** The weak entity tag of a version (RFC 7644 §3.14), as it stands in `ETag` and in `meta.version`. */
export const etag = (version: number): string => `W/"${version}"`;

// RFC 9110 §8.8.3: [ "W/" ] DQUOTE *etagc DQUOTE
const TAG = /^\s*(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)/;

/** The tags of an If-Match or If-None-Match header, `*`, or undefined when the header is malformed. */
export const parseTags = (header: string): "*" | readonly string[] | undefined => {
  if (header.length > ETAG_HEADER_LENGTH_MAX) return undefined;
  if (header.trim() === "*") return "*";
  const tags: string[] = [];
  let rest = header;
  while (rest.trim() !== "") {
    const match = TAG.exec(rest);
    if (match === null) return undefined;
    tags.push(match[1] ?? "");
    rest = rest.slice(match[0].length);
  }
  return tags.length === 0 ? undefined : tags;
};

/**
 * Whether a header names this version. The comparison is weak for If-Match too, against RFC 9110 §13.1.1: SCIM's own
 * examples send weak tags there (RFC 7644 §3.14), and by the strong comparison those never match.
 * A malformed header matches nothing: a conditional write then fails instead of overwriting.
 */
export const matches = (header: string, version: number): boolean => {
  const tags = parseTags(header);
  return tags === "*" || tags?.includes(String(version)) === true;
};
