/**
 * All of the console's script. Every page works without it: it copies values, or selects them for the keyboard's own
 * copy where there is no permission or no https, and stops a second click; back and forward may bring a page back as
 * it was left.
 */
export const script = `"use strict";
document.documentElement.classList.add("scripted");

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  let answer = "Copied";
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    select(source);
    answer = "Press Ctrl+C";
  }
  button.textContent = answer;
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button !== null) copy(button);
});

let sent = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (sent.has(form)) event.preventDefault();
  sent.add(form);
  if (event.submitter !== null) event.submitter.setAttribute("aria-busy", "true");
});

addEventListener("pageshow", () => {
  sent = new WeakSet();
  for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
});
`;
