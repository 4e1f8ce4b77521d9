/**
 * The one notion of "case-insensitive" in the gateway, used for stored copies, filters and uniqueness alike.
 * RFC 7644 §5 asks for prepared strings (PRECIS); NFKC and lower case give the same equality for the
 * identifiers clients send and need no tables.
 */
export const fold = (text: string): string => text.normalize("NFKC").toLowerCase();
