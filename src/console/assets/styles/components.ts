/** Cards, tags, notices, values to copy, license bars, timelines. */
export const componentStyles = `
.card { padding: 1.25rem 1.4rem; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); box-shadow: var(--shadow) }
.card > h2 { margin-bottom: .75rem }
.card > p + *, .card > * + p { margin-top: .6rem }
.card > .pool + .inline-form, .card > .pool + .form { margin-top: 1rem; padding-top: 1rem; border-top: 1px solid var(--line) }
.card > .inline-form + *, .card > .form + *, .card > ul + form, .card > details { margin-top: 1rem }
.card > details .form + form { margin-top: 1.25rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
.card > details form p + p { margin-top: .6rem }
.stack > * + * { margin-top: 1.5rem }
.section-head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .5rem 1rem; margin-bottom: .75rem }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.5rem; align-items: start }
@media (min-width: 72rem) { .columns { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr) } }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem }
.figures > * { padding: 1rem 1.2rem; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); box-shadow: var(--shadow) }
.figures a { color: inherit; text-decoration: none }
.figures a:hover { border-color: var(--accent); color: inherit }
.figure-label { color: var(--faint); font-size: .88rem }
.figure-value { font-size: 1.9rem; font-weight: 650; line-height: 1.2; letter-spacing: -.02em; font-variant-numeric: tabular-nums }
.figure-note { color: var(--soft); font-size: .87rem }
.figures .attention { border-color: color-mix(in srgb, var(--warning) 45%, var(--line)) }
.figures .attention .figure-value { color: var(--warning) }
.tag { display: inline-block; padding: .05rem .5rem; border-radius: 99px; font-size: .8rem; font-weight: 600; line-height: 1.5; white-space: nowrap }
.tag.neutral { background: var(--sunken); color: var(--soft); box-shadow: inset 0 0 0 1px var(--line) }
.tag.good { background: var(--good-ground); color: var(--good) }
.tag.warning { background: var(--warning-ground); color: var(--warning) }
.tag.bad { background: var(--bad-ground); color: var(--bad) }
.tag.accent { background: var(--accent-ground); color: var(--accent) }
.notice { margin-bottom: 1.25rem; padding: .75rem 1rem; border: 1px solid; border-radius: 8px; overflow-wrap: anywhere }
.notice p + p { margin-top: .4rem }
.notice a { color: inherit }
.notice.success { border-color: color-mix(in srgb, var(--good) 35%, transparent); background: var(--good-ground); color: var(--good) }
.notice.error { border-color: color-mix(in srgb, var(--bad) 35%, transparent); background: var(--bad-ground); color: var(--bad) }
.notice.warning { border-color: color-mix(in srgb, var(--warning) 35%, transparent); background: var(--warning-ground); color: var(--warning) }
.notice.information { border-color: color-mix(in srgb, var(--accent) 30%, transparent); background: var(--accent-ground); color: var(--text) }
.copy-value + .copy-value { margin-top: 1rem }
.copy-label { margin-bottom: .25rem; font-weight: 560 }
.copy-label .faint { font-size: .88rem; font-weight: 400 }
.copy-box { display: flex; align-items: center; gap: .5rem; padding: .35rem .35rem .35rem .8rem; border: 1px solid var(--line-strong); border-radius: 8px; background: var(--sunken) }
.copy-box code { flex: 1; min-width: 0; padding: .2rem 0; user-select: all }
.scripted-only { display: none }
.scripted .scripted-only { display: inline-flex; min-width: 4.6rem }
.empty { padding: 2.5rem 1.5rem; border: 1px dashed var(--line-strong); border-radius: 10px; text-align: center }
.empty p { max-width: 34rem; margin: .4rem auto 0; color: var(--soft) }
.empty .button { margin-top: 1.1rem }
.pool + .pool { margin-top: 1.1rem; padding-top: 1.1rem; border-top: 1px solid var(--line) }
.pool-head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .25rem 1rem }
.pool svg { display: block; width: 100%; height: 8px; margin: .45rem 0 .4rem; border-radius: 4px }
.bar-ground { fill: var(--line) }
.bar-assigned { fill: var(--bar) }
.bar-waiting { fill: var(--bar-waiting) }
.bar-over { fill: var(--bad) }
.pool-notes { display: flex; flex-wrap: wrap; gap: .25rem .9rem; align-items: center; color: var(--soft); font-size: .88rem }
progress { width: 100%; height: 10px; accent-color: var(--accent) }
.health { display: grid; gap: .9rem; padding: 0; list-style: none }
.health li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem; align-items: baseline }
.health .sub { color: var(--faint); font-size: .87rem }
.health li > :nth-child(even) { text-align: right }
.checklist { display: grid; gap: .8rem; padding: 0; list-style: none }
.checklist li { position: relative; padding-left: 2rem }
.checklist li::before {
  content: ""; position: absolute; left: 0; top: .15rem; width: 1.2rem; height: 1.2rem; border: 2px solid var(--line-strong); border-radius: 50%;
}
.checklist li.done::before { border-color: var(--good); background: var(--good-ground) }
.checklist li.done::after {
  content: ""; position: absolute; left: .43rem; top: .35rem; width: .34rem; height: .6rem;
  border: solid var(--good); border-width: 0 2px 2px 0; transform: rotate(45deg);
}
.checklist .hint { display: block }
.instructions { display: grid; gap: .45rem; padding-left: 1.3rem }
.instructions li::marker { color: var(--faint) }
.checks { display: grid; gap: .75rem; padding: 0; list-style: none }
.checks li { display: grid; grid-template-columns: 5.2rem minmax(0, 1fr); gap: .1rem .75rem; align-items: baseline }
.checks .tag { justify-self: start }
.checks .sub { display: block; color: var(--faint); font-size: .87rem; overflow-wrap: anywhere }
.names .sub { display: block; color: var(--faint); font-size: .87rem }
.timeline { padding: 0; list-style: none }
.timeline a, .timeline div { overflow-wrap: anywhere; min-width: 0 }
.timeline li { display: grid; grid-template-columns: 7.2rem minmax(0, 1fr); gap: .1rem 1rem; padding: .55rem 0 }
.timeline li + li { border-top: 1px solid var(--line) }
.timeline time { color: var(--faint); font-size: .87rem; line-height: 1.75 }
.timeline .sub { display: block; color: var(--faint); font-size: .87rem; overflow-wrap: anywhere }
.columns .timeline li { grid-template-columns: 1fr }
.columns .timeline time { order: 2; font-size: .82rem }
@media (max-width: 40rem) { .timeline li { grid-template-columns: 1fr } }
.names { columns: 15rem; padding-left: 1.1rem; font-size: .93rem }
.names li { overflow-wrap: anywhere; break-inside: avoid }
.progress { display: grid; gap: .4rem; margin-bottom: 1.1rem }
.card > .effect:first-child { margin-top: 0 }
.effect + .effect { margin-top: .9rem; padding-top: .9rem; border-top: 1px solid var(--line) }
.license-line { font-size: 1.15rem; font-weight: 600 }
.license-line .sub { display: block; color: var(--faint); font-size: .87rem; font-weight: 400 }
.after { margin-top: 1.25rem }
.card h3 { margin-bottom: .3rem }
.arrow { color: var(--faint) }
details summary { cursor: pointer; font-weight: 560 }
details[open] summary { margin-bottom: .75rem }
`;
