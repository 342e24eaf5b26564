// What is known of one sound: moved parameters, similarity, caption, tags, facts, code.

import { $, breakable, json, make } from "./dom.js";
import { short, words } from "./curves.js";
import { colourOf, titleOf } from "./state.js";

const MOST_MOVED = 10;
const signed = (value) => value.toFixed(2).replace("-", "−");
const percent = (number) => `${(50 + 50 * number).toFixed(2)}%`; // of a scale from -1 to 1

export function choices(views, chosen, choose) {
  const buttons = views.map((view) => make("button", { type: "button", "aria-pressed": String(view === chosen), onclick: () => choose(view) }, view || "Original"));
  for (const [i, view] of views.entries()) if (view) buttons[i].setAttribute("aria-label", titleOf(view));
  $("choose").replaceChildren(...buttons);
}

export function moved(parameters, original, other, inUse) {
  $("moved-block").hidden = !other;
  if (!other) return;
  const rows = parameters
    .map((p, i) => ({ p, i, move: other.theta[i] - original.theta[i] }))
    .filter(({ p, i, move }) => inUse[i] && p.low < p.high && Math.abs(move) > 1e-6)
    .sort((a, b) => Math.abs(b.move) - Math.abs(a.move));
  const largest = Math.max(0.05, ...rows.map(({ move }) => Math.abs(move)));
  const table = make("table", { class: "moves" }, make("caption", { class: "hidden-title" }, "Parameter, value of the original and of the doppelgänger, move in theta"));
  table.style.setProperty("--c", colourOf(other.view));
  for (const { p, i, move } of rows.slice(0, MOST_MOVED)) {
    const bar = make("b");
    bar.style.left = `${50 + Math.min(0, (50 * move) / largest)}%`;
    bar.style.width = `${(50 * Math.abs(move)) / largest}%`;
    const values = `${words(p, original.physical[i])} → ${words(p, other.physical[i])}`;
    table.append(make("tr", {}, make("th", { scope: "row", title: p.doc }, ...breakable(p.name)), make("td", {}, values), make("td", { class: "shift" }, make("div", {}, bar)), make("td", {}, `${move > 0 ? "+" : ""}${signed(move)}`)));
  }
  const more = rows.length - MOST_MOVED;
  const note = rows.length ? (more > 0 ? `${more} more moved less. ` : "") + "Moves are in theta, where 1 is a parameter's whole range." : "No parameter moved: delta is 0.";
  $("moved").replaceChildren(rows.length ? table : "", make("p", { class: "soft small" }, note));
}

export async function similarity(state, signal) {
  const { doppelgangers, random, encoder, n_pairs } = await json(`/api/similarity?${state.query()}`, { signal });
  const row = (name, bars, value, colour) => {
    const line = make("span", { class: "line" }, ...bars);
    line.style.setProperty("--c", colour);
    return make("li", {}, make("span", {}, name), line, make("span", { class: "value" }, value));
  };
  const bar = (from, to, name = "") => {
    const made = make("b", { class: name });
    made.style.left = percent(Math.min(from, to));
    if (!name) made.style.width = `${(50 * Math.abs(to - from)).toFixed(2)}%`;
    return made;
  };
  const rows = Object.entries(doppelgangers).map(([view, value]) => row(titleOf(view), [bar(0, value)], signed(value), colourOf(view)));
  const [low, middle, high] = random;
  rows.push(row("Random pairs", [bar(low, high), bar(middle, middle, "mid")], signed(middle), "var(--c7)"));
  $("similarity").replaceChildren(
    make("ul", { class: "scale" }, ...rows),
    make("p", { class: "soft small" }, `Cosine under the encoder ${encoder}, from −1 to 1; 0 is an average sound of this synth. Random pairs: median and 5 to 95 % of ${n_pairs} pairs of random sounds.`),
  );
}

export async function description(state, view, signal) {
  const { caption, tags, facts, events } = await json(`/api/describe?${state.query(view)}`, { signal });
  $("caption").textContent = caption || "Nothing is audible.";
  $("events-block").hidden = !events.length;
  $("events").replaceChildren(...events.map((e) => make("li", {}, `${e.source} ${e.onset_s.toFixed(2)} to ${e.offset_s.toFixed(2)} s`)));
  $("tags-block").hidden = !Object.keys(tags).length;
  $("tags").replaceChildren(
    ...Object.entries(tags).map(([aspect, names]) => make("ul", { class: "chips" }, make("li", { class: "aspect" }, aspect), ...names.map((name) => make("li", {}, name)))),
  );
  $("facts-block").hidden = !facts.length;
  const rows = facts.map(({ name, value, unit, meaning }) => {
    const text = typeof value === "number" ? `${short(value)}${["none", "choice", "ratio"].includes(unit) ? "" : ` ${unit}`}` : value;
    return make("tr", {}, make("th", { scope: "row" }, name.replaceAll("_", " ")), make("td", {}, text), make("td", { class: "soft" }, meaning));
  });
  $("facts").replaceChildren(make("table", { class: "facts" }, ...rows));
}

export async function code(state, view, signal) {
  const { python, command } = await json(`/api/code?${state.query(view)}`, { signal });
  $("python").textContent = python;
  $("command").textContent = command;
  $("command-block").hidden = !command;
}
