/** Tables scroll sideways inside their frame when the screen is too narrow for them. */
export const tableStyles = `
.table-frame { position: relative; overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); box-shadow: var(--shadow) }
table { width: 100%; border-collapse: collapse; font-size: .95rem }
caption { padding: .8rem 1rem 0; font-weight: 620; text-align: left }
th, td { padding: .6rem 1rem; text-align: left; vertical-align: middle }
thead th {
  border-bottom: 1px solid var(--line); background: var(--sunken); color: var(--faint);
  font-size: .82rem; font-weight: 600; white-space: nowrap;
}
tbody tr + tr > * { border-top: 1px solid var(--line) }
tbody th { font-weight: 560 }
tbody tr:hover { background: color-mix(in srgb, var(--accent-ground) 35%, transparent) }
th.number, td.number { text-align: right }
td .sub, th .sub { display: block; color: var(--faint); font-size: .87rem; font-weight: 400; overflow-wrap: anywhere }
td .tag + .tag { margin-left: .3rem }
td .why { margin-left: .3rem; color: var(--soft); font-size: .87rem }
td.row-actions { text-align: right; white-space: nowrap }
td.row-actions form { display: inline-block }
td.row-actions > * + * { margin-left: .35rem }
.row-actions .button.danger:not(:hover) { border-color: var(--line-strong) }
.table-frame + .hint { margin-top: .7rem }
.no-wrap { white-space: nowrap }
@media (max-width: 40rem) { tbody th, tbody td:not(.number, .row-actions) { min-width: 9.5rem } }
.pager { display: flex; gap: .5rem; margin-top: 1rem }
.facts { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: .5rem 1.5rem }
.facts dt { color: var(--faint) }
.facts dd { min-width: 0; overflow-wrap: anywhere }
@media (max-width: 40rem) { .facts { grid-template-columns: 1fr; gap: .1rem } .facts dd + dt { margin-top: .6rem } }
`;
