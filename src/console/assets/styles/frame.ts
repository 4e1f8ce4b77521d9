/** Navigation beside the content, above it on narrow screens; visitors get a centered column. */
export const frameStyles = `
.brand {
  display: inline-flex; align-items: center; gap: .55rem;
  color: var(--text); font-size: 1.05rem; font-weight: 680; letter-spacing: -.01em; text-decoration: none;
}
.brand:hover { color: var(--text) }
.brand-wall { fill: var(--accent) }
.brand-door { fill: var(--surface) }
.signed-in { min-height: 100vh }
.sidebar {
  display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem;
  padding: .75rem 1rem; background: var(--surface); border-bottom: 1px solid var(--line);
}
.sidebar nav { display: flex; order: 3; flex-basis: 100%; gap: .25rem; overflow-x: auto }
.sidebar nav ul { display: flex; gap: .25rem; list-style: none }
.sidebar nav a {
  display: block; padding: .35rem .65rem; border-radius: 6px; color: var(--soft); text-decoration: none; white-space: nowrap;
}
.sidebar nav a:hover { background: var(--sunken); color: var(--text) }
.sidebar nav a[aria-current] { background: var(--accent-ground); color: var(--accent); font-weight: 600 }
.nav-heading { display: none }
.account { display: flex; flex: 1; align-items: center; justify-content: flex-end; gap: .75rem; min-width: 0; text-align: right }
.account p { display: flex; flex-direction: column; min-width: 0; font-size: .85rem; line-height: 1.35 }
.account-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 560 }
.signed-in main { width: 100%; max-width: 76rem; padding: 1.5rem 1rem 4rem }
@media (min-width: 60rem) {
  .signed-in {
    display: grid; grid-template-columns: 15rem minmax(0, 1fr);
    background: linear-gradient(to right, var(--surface) calc(15rem - 1px), var(--line) calc(15rem - 1px) 15rem, transparent 15rem);
  }
  .sidebar {
    position: sticky; top: 0; height: 100vh; flex-direction: column; flex-wrap: nowrap; align-items: stretch; gap: 1.5rem;
    padding: 1.5rem 1rem 1rem; border-bottom: 0; border-right: 1px solid var(--line); overflow-y: auto;
  }
  .sidebar .brand { padding: 0 .65rem }
  .sidebar nav { order: 0; flex-basis: auto; flex-direction: column; overflow: visible }
  .sidebar nav ul { flex-direction: column; gap: 1px; margin-bottom: .9rem }
  .nav-heading {
    display: block; padding: 0 .65rem .25rem; color: var(--faint); font-size: .74rem; font-weight: 600;
    letter-spacing: .05em; text-transform: uppercase;
  }
  .account { flex: none; flex-direction: column; align-items: stretch; gap: .6rem; text-align: left; margin: auto 0 0; padding: .9rem .65rem 0; border-top: 1px solid var(--line) }
  .signed-in main { padding: 2.25rem 2.5rem 5rem }
}
.visitor { max-width: 58rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
.visitor > header { padding: .5rem 0 2.5rem }
@media (min-width: 60rem) { .visitor { padding-top: 2.5rem } .visitor > header { padding-bottom: 4.5rem } }
.narrow { max-width: 30rem; margin: 0 auto }
.narrow h1 { margin-bottom: .75rem }
.narrow p + p, .narrow p + form, .narrow form + p, .narrow .notice + p, .narrow .copy-value + p { margin-top: 1rem }
.welcome { display: grid; gap: 2.5rem; align-items: start }
@media (min-width: 52rem) { .welcome { grid-template-columns: minmax(0, 1fr) 22rem; gap: 4rem } }
.welcome h1 { font-size: 2.1rem; margin-bottom: 1rem }
.welcome .lead { color: var(--soft); font-size: 1.08rem }
.welcome .card { box-shadow: 0 8px 30px rgb(20 30 60 / 8%) }
.steps { display: grid; gap: .9rem; margin-top: 2rem; padding: 0; list-style: none; counter-reset: step }
.steps li { position: relative; padding-left: 2.4rem; color: var(--soft); counter-increment: step }
.steps li::before {
  content: counter(step); position: absolute; left: 0; top: 0; width: 1.6rem; height: 1.6rem; border-radius: 50%;
  background: var(--accent-ground); color: var(--accent); font-size: .85rem; font-weight: 650; line-height: 1.6rem; text-align: center;
}
.steps strong { color: var(--text) }
.plain { max-width: 34rem; padding-top: 1rem }
.plain > * + * { margin-top: .9rem }
.plain-status { color: var(--faint); font: 600 .95rem var(--mono) }
.page-head { display: flex; flex-wrap: wrap; align-items: flex-start; justify-content: space-between; gap: .75rem 1.5rem; margin-bottom: 1.5rem }
.page-head > div:first-child { min-width: 0 }
.page-head p { margin-top: .3rem; color: var(--soft) }
.page-head h1 .tag { margin-left: .35rem; font-size: .8rem; letter-spacing: 0; vertical-align: .3rem }
.breadcrumb { margin-bottom: .35rem; font-size: .88rem }
.breadcrumb a, tbody th a { text-decoration: none }
.breadcrumb a:hover, tbody th a:hover { text-decoration: underline }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
`;
