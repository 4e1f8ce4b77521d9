/** A whole list as a file. */

type DownloadProps = { list: string; label?: string };

/** @param list name of the export with its query, as in `/api/v1/exports/users.csv` */
export const Download = ({ list, label = "Download as CSV" }: DownloadProps) => (
  <a class="button" href={`/api/v1/exports/${list}`}>
    {label}
  </a>
);
