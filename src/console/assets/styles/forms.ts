/** Buttons and fields. */
export const formStyles = `
.button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 2.3rem; padding: .3rem .95rem;
  border: 1px solid var(--line-strong); border-radius: 7px; background: var(--surface); color: var(--text);
  font: inherit; font-weight: 560; text-decoration: none; white-space: nowrap; cursor: pointer;
}
.button:hover { background: var(--sunken); color: var(--text) }
.button.primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent) }
.button.primary:hover { border-color: var(--accent-strong); background: var(--accent-strong) }
.button.danger { border-color: var(--bad); color: var(--bad) }
.button.danger:hover { background: var(--bad-ground) }
.button.small { min-height: 1.9rem; padding: .1rem .65rem; font-size: .88rem }
.button.wide { width: 100% }
.button[aria-busy] { opacity: .6; cursor: progress }
.form { display: grid; gap: 1.1rem; max-width: 34rem }
.form > .actions { margin-top: .25rem }
.field { display: grid; gap: .3rem; min-width: 0; border: 0 }
.field label, .field legend { font-weight: 560 }
.hint { color: var(--faint); font-size: .88rem }
.field-error { color: var(--bad); font-size: .9rem; font-weight: 560 }
input:not([type="radio"], [type="checkbox"]), select {
  width: 100%; min-height: 2.4rem; padding: .35rem .7rem; border: 1px solid var(--field-line); border-radius: 7px;
  background: var(--surface); color: var(--text); font: inherit;
}
input[type="radio"], input[type="checkbox"] { width: 1.05rem; height: 1.05rem; margin: .25rem 0 0; accent-color: var(--accent) }
input:focus-visible, select:focus-visible { outline: 2px solid var(--accent); outline-offset: 0; border-color: var(--accent); border-radius: 7px }
input[aria-invalid], select[aria-invalid] { border-color: var(--bad) }
input::placeholder { color: var(--faint); opacity: 1 }
.choices { display: grid; gap: .5rem }
.choices legend { margin-bottom: .35rem }
.choices .choice + .hint { margin-top: .1rem }
.choice {
  display: grid; grid-template-columns: auto 1fr; gap: .7rem; padding: .75rem .9rem; border: 1px solid var(--line);
  border-radius: 8px; background: var(--surface); cursor: pointer;
}
.field .choice { font-weight: 400 }
.choice .hint { display: block; margin-top: .1rem }
.choice:hover { border-color: var(--line-strong) }
.choice:has(input:checked) { border-color: var(--accent); background: var(--accent-ground) }
.choice:has(input:disabled) { opacity: .65; cursor: not-allowed }
.credential, .credential > div { display: grid; gap: 1.1rem }
.credential:has([value="bearer"]:checked) .for-client, .credential:has([value="client_credentials"]:checked) .for-bearer { display: none }
.inline-form { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem }
.inline-form input, .inline-form select { width: auto }
.inline-form input[type="number"] { width: 7rem }
.inline-form .button { min-height: 2.4rem }
.search { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: 1rem }
.search input[type="search"] { flex: 1 1 16rem; width: auto; max-width: 26rem }
.filters { display: flex; flex-wrap: wrap; gap: .25rem; margin-bottom: 1rem; padding: 0; list-style: none }
.filters a {
  display: inline-block; padding: .25rem .75rem; border: 1px solid transparent; border-radius: 99px;
  color: var(--soft); font-size: .92rem; text-decoration: none;
}
.filters a:hover { background: var(--sunken); color: var(--text) }
.filters a[aria-current] { border-color: var(--line-strong); background: var(--surface); color: var(--text); font-weight: 600 }
`;
