/** Colors, type and spacing. One accent; every pair of text and ground has a contrast of at least 4.5, every boundary of a field one of 3. */
export const baseStyles = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9;
  --surface: #ffffff;
  --sunken: #f0f2f5;
  --line: #dfe3e8;
  --line-strong: #c3c9d2;
  --field-line: #858f9e;
  --text: #1b2430;
  --soft: #4b5768;
  --faint: #5a667b;
  --accent: #3b49c8;
  --accent-strong: #2c38a6;
  --accent-ground: #eceefb;
  --on-accent: #ffffff;
  --good: #12683c;
  --good-ground: #e3f4ea;
  --warning: #8a4b00;
  --warning-ground: #fdf0d9;
  --bad: #b3261e;
  --bad-ground: #fcebea;
  --bar: #6c78e0;
  --bar-waiting: #c7821a;
  --shadow: 0 1px 2px rgb(20 30 50 / 6%);
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11151b;
    --surface: #191f27;
    --sunken: #131920;
    --line: #2a323d;
    --line-strong: #465161;
  --field-line: #707c8d;
    --text: #e7ebf0;
    --soft: #b4becb;
    --faint: #93a0b1;
    --accent: #a3aefb;
    --accent-strong: #c3cbff;
    --accent-ground: #252b4a;
    --on-accent: #131736;
    --good: #7dd6a3;
    --good-ground: #14301f;
    --warning: #f0c070;
    --warning-ground: #37290f;
    --bad: #ff9d94;
    --bad-ground: #3d1a18;
    --bar: #7683ec;
    --bar-waiting: #c78a2c;
    --shadow: none;
  }
}
*, *::before, *::after { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body {
  margin: 0;
  background: var(--ground);
  color: var(--text);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1, h2, h3, p, ul, ol, dl, dd, figure, fieldset, legend { margin: 0; padding: 0 }
h1 { font-size: 1.6rem; line-height: 1.25; font-weight: 650; letter-spacing: -.015em; text-wrap: balance; overflow-wrap: anywhere }
h2 { font-size: 1.05rem; line-height: 1.35; font-weight: 620; overflow-wrap: anywhere }
h3 { font-size: .95rem; font-weight: 620 }
p { max-width: 70ch }
a { color: var(--accent); text-underline-offset: .2em; text-decoration-thickness: 1px }
a:hover { color: var(--accent-strong) }
code { font-family: var(--mono); font-size: .9em; overflow-wrap: anywhere }
strong { font-weight: 620 }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
main:focus { outline: none }
.faint { color: var(--faint) }
.soft { color: var(--soft) }
.small-text { font-size: .88rem }
.number { font-variant-numeric: tabular-nums }
.visually-hidden {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.skip { position: absolute; left: 1rem; top: -4rem; padding: .5rem 1rem; background: var(--surface); z-index: 2 }
.skip:focus { top: .5rem }
@media (prefers-reduced-motion: no-preference) {
  a, .button, input, select { transition: background-color .12s, border-color .12s, color .12s }
}
`;
