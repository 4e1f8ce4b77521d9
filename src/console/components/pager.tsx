/** Keyset pages: there is a next one and a first one, and no page numbers to lie about. */
type PagerProps = {
  path: string;
  /** What else the list is asked for. */
  query?: Readonly<Record<string, string | undefined>>;
  /** Name of the cursor in the query, where a page has two lists. */
  parameter?: string;
  cursor: string | undefined;
  nextCursor: string | undefined;
};

export const Pager = ({ path, query = {}, parameter = "cursor", cursor, nextCursor }: PagerProps) =>
  cursor === undefined && nextCursor === undefined ? null : (
    <nav class="pager" aria-label="Pages">
      {cursor !== undefined && (
        <a class="button small" href={address(path, query)}>
          First page
        </a>
      )}
      {nextCursor !== undefined && (
        <a class="button small" rel="next" href={address(path, { ...query, [parameter]: nextCursor })}>
          Next page
        </a>
      )}
    </nav>
  );

function address(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
