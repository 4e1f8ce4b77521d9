/** The last step before something happens: what it does was said above it. */
import type { PropsWithChildren } from "hono/jsx";

type ConfirmProps = {
  action: string;
  label: string;
  danger?: boolean;
  cancel: { path: string; label?: string };
};

/** Children are hidden fields. */
export const Confirm = ({
  action,
  label,
  danger = false,
  cancel,
  children,
}: PropsWithChildren<ConfirmProps>) => (
  <form class="actions" method="post" action={action}>
    {children}
    <button type="submit" class={danger ? "button danger" : "button primary"}>
      {label}
    </button>
    <a class="button" href={cancel.path}>
      {cancel.label ?? "Cancel"}
    </a>
  </form>
);
