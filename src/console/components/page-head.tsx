/** Title of a page, where it stands, what it is for, and what can be done here. */
import type { Child, PropsWithChildren } from "hono/jsx";

type PageHeadProps = {
  title: Child;
  parent?: { path: string; name: string };
  lead?: Child;
};

/** Children are the actions. */
export const PageHead = ({ title, parent, lead, children }: PropsWithChildren<PageHeadProps>) => (
  <div class="page-head">
    <div>
      {parent !== undefined && (
        <p class="breadcrumb">
          <a href={parent.path}>{parent.name}</a>
        </p>
      )}
      <h1>{title}</h1>
      {lead !== undefined && <p>{lead}</p>}
    </div>
    <div class="actions">{children}</div>
  </div>
);
