/** A value to carry elsewhere. Without scripts one click selects it whole; with them there is a button. */

type CopyValueProps = { id: string; label: string; value: string; hint?: string };

export const CopyValue = ({ id, label, value, hint }: CopyValueProps) => (
  <div class="copy-value">
    <p class="copy-label" id={`${id}-label`}>
      {label}
      {hint !== undefined && <span class="faint"> {hint}</span>}
    </p>
    <div class="copy-box">
      <code id={id}>{value}</code>
      <button
        type="button"
        class="button small scripted-only"
        data-copy={id}
        aria-describedby={`${id}-label`}
      >
        Copy
      </button>
    </div>
  </div>
);
