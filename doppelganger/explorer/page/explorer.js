// The page: tabs, the link, and what each tab shows.

import { Classify } from "./classify.js";
import { $, copy, say } from "./dom.js";
import { Embedding } from "./embedding.js";
import { Matching } from "./matching.js";
import { Sounds } from "./sounds.js";
import { State } from "./state.js";

const state = new State(location.search);
const tabs = { sounds: new Sounds(state), embedding: new Embedding(state), matching: new Matching(state), classify: new Classify() };
const started = new Map();

async function open(name, focus = false) {
  state.tab = name;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const mine = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(mine));
    tab.tabIndex = mine ? 0 : -1;
    if (mine && focus) tab.focus();
    $(tab.getAttribute("aria-controls")).hidden = !mine;
  }
  if (!started.has(name)) started.set(name, tabs[name].start());
  else state.remember();
  await started.get(name);
}

for (const [i, tab] of [...document.querySelectorAll("[role=tab]")].entries()) {
  tab.addEventListener("click", () => open(tab.id.slice(4)));
  tab.addEventListener("keydown", (event) => {
    const all = [...document.querySelectorAll("[role=tab]")];
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) open(all[(i + by + all.length) % all.length].id.slice(4), true);
  });
}
$("copy-link").addEventListener("click", () => copy(location.href, "the link: it holds everything that is set"));
open(state.tab in tabs ? state.tab : "sounds").catch((error) => say(error.message, true));
