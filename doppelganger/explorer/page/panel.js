// The parameters by module, each with a slider over theta that shows its physical unit.

import { make } from "./dom.js";
import { option, short, toPhysical, toTheta, unitOf, words } from "./curves.js";
import { colourOf } from "./state.js";

const MOST_OPEN = 26; // parameters that are visible at first

export class Panel {
  // `onSet` gets a name, a value, and whether the value stays: while a slider is dragged it does not.
  constructor(element, onSet, onReset) {
    const none = make("p", { class: "soft", hidden: true }, "No parameter has this text in its name or meaning.");
    Object.assign(this, { element, onSet, onReset, none, knobs: [], modules: [] });
  }

  build(parameters) {
    const groups = new Map();
    for (const [column, p] of parameters.entries()) {
      if (!groups.has(p.module)) groups.set(p.module, []);
      groups.get(p.module).push(this.knob(p, column));
    }
    this.parameters = parameters;
    this.knobs = [...groups.values()].flat();
    let shown = 0;
    this.modules = [...groups].map(([name, knobs], i) => {
      shown += knobs.length;
      const count = make("span", { class: "set-count" });
      const summary = make("summary", {}, name.replaceAll(".", " · ") || "parameters", make("span", {}, `${knobs.length}`), count);
      const details = make("details", { class: "module", open: i === 0 || shown <= MOST_OPEN }, summary, ...knobs.map((knob) => knob.row));
      return { details, count, knobs, opened: details.open };
    });
    this.element.replaceChildren(...this.modules.map((module) => module.details), this.none);
  }

  knob(p, column) {
    const name = p.module ? p.name.slice(p.module.length + 1) : p.name;
    const id = `knob-${column}`;
    const label = make("label", { for: id, title: p.doc }, name.replaceAll("_", " "));
    const undo = make("button", { type: "button", class: "undo", "aria-label": `Reset ${p.name}`, title: "Reset", onclick: () => this.onReset(p.name) }, "↺");
    const knob = { p, column, undo, fixed: p.low === p.high };
    if (p.options.length) {
      knob.select = make("select", { id, disabled: knob.fixed }, ...p.options.map((text, i) => make("option", { value: i }, text)));
      knob.select.addEventListener("change", () => {
        const value = Math.floor(p.low) + Number(knob.select.value) + 0.5;
        this.onSet(p.name, Math.min(p.high, Math.max(p.low, value)), true);
      });
      knob.row = make("div", { class: "knob" }, label, knob.select, undo);
      return knob;
    }
    knob.slider = make("input", { id, type: "range", min: 0, max: 1, step: 0.002, disabled: knob.fixed });
    knob.number = make("input", { type: "number", step: "any", min: p.low, max: p.high, "aria-label": `${p.name}, value${unitOf(p) ? ` in ${p.unit}` : ""}`, disabled: knob.fixed });
    knob.dots = make("span", { "aria-hidden": "true" });
    for (const event of ["input", "change"]) {
      knob.slider.addEventListener(event, () => {
        const rounded = Number(toPhysical(p, Number(knob.slider.value)).toPrecision(6));
        const value = Math.min(p.high, Math.max(p.low, rounded));
        this.set(knob, value);
        this.onSet(p.name, value, event === "change");
      });
    }
    knob.number.addEventListener("change", () => {
      if (knob.number.value === "" || !Number.isFinite(Number(knob.number.value))) return this.onReset(p.name);
      const value = Math.min(p.high, Math.max(p.low, Number(knob.number.value)));
      this.set(knob, value);
      this.onSet(p.name, value, true);
    });
    const unit = make("span", { class: "unit" }, unitOf(p));
    knob.row = make("div", { class: "knob" }, label, make("div", { class: "track" }, knob.slider, knob.dots), knob.number, unit, undo);
    return knob;
  }

  set(knob, value) {
    if (knob.select) {
      knob.select.value = option(knob.p, value).number;
      return;
    }
    if (document.activeElement !== knob.slider || Math.abs(Number(knob.slider.value) - toTheta(knob.p, value)) > 0.002) {
      knob.slider.value = toTheta(knob.p, value);
    }
    knob.slider.setAttribute("aria-valuetext", words(knob.p, value));
    if (document.activeElement !== knob.number) knob.number.value = short(value);
  }

  // Values of the views, the original's first; which are in use, and which were set by hand.
  show(views, inUse, values) {
    const original = views.find((data) => data.view === "");
    for (const knob of this.knobs) {
      knob.unused = !inUse[knob.column] && !values.has(knob.p.name);
      knob.row.classList.toggle("set", values.has(knob.p.name));
      if (original) this.set(knob, values.get(knob.p.name) ?? original.physical[knob.column]);
    }
    for (const { knobs, count } of this.modules) {
      const n = knobs.filter((knob) => values.has(knob.p.name)).length;
      count.textContent = n ? `${n} set` : "";
    }
    this.find(this.sought ?? "");
  }

  dots(views) {
    for (const knob of this.knobs) {
      knob.dots?.replaceChildren(
        ...(knob.unused || knob.fixed ? [] : views.filter(({ view }) => view)).map(({ view, theta }) => {
          const dot = make("i");
          dot.style.setProperty("--c", colourOf(view));
          // The thumb of a slider does not reach its edges.
          dot.style.left = `calc(.5rem + (100% - 1rem) * ${theta[knob.column]})`;
          return dot;
        }),
      );
    }
  }

  // Shows the parameters whose name or meaning holds a text; returns how many are not in use.
  find(text) {
    const [before, changed] = [(this.sought ?? "").trim(), text !== (this.sought ?? "")];
    this.sought = text;
    const wanted = text.trim().toLowerCase();
    for (const module of this.modules) {
      const { details, knobs } = module;
      if (wanted && !before) module.opened = details.open;
      for (const knob of knobs) {
        knob.row.hidden = knob.unused || (wanted !== "" && !`${knob.p.name} ${knob.p.doc}`.toLowerCase().includes(wanted));
      }
      details.hidden = knobs.every((knob) => knob.row.hidden);
      if (changed) details.open = wanted ? !details.hidden : module.opened;
    }
    this.none.hidden = !this.modules.length || this.modules.some(({ details }) => !details.hidden);
    return this.knobs.filter((knob) => knob.unused).length;
  }
}
