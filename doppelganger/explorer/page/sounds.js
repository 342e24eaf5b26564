// The first tab: a sound, its doppelgängers, its parameters.

import * as about from "./about.js";
import { Cards } from "./cards.js";
import { $, copy, json, latest, make, say } from "./dom.js";
import { Panel } from "./panel.js";

const WAIT_MS = 220; // after the last move of a slider, until the doppelgängers follow

export class Sounds {
  constructor(state) {
    this.state = state;
    this.chosen = state.others.get("about") ?? "a";
    this.views = new Map();
    this.cards = new Cards($("cards"), state, (view) => this.choose(view));
    this.panel = new Panel($("panel"), (name, value, stays) => this.set(name, value, stays), (name) => this.unset(name));
    this.renderOriginal = latest(() => this.render("", true));
    this.renderAll = latest((play) => this.render(undefined, play));
  }

  async start() {
    this.synths = await json("/api/synths");
    const kinds = [["Synths", "synth"], ["Scenes", "scene"], ["Patterns", "pattern"]];
    $("synth").append(
      ...kinds.map(([label, kind]) => make("optgroup", { label }, ...this.synths.filter((s) => s.kind === kind).map(({ name }) => make("option", {}, name)))),
    );
    $("n").append(...Array.from({ length: 9 }, (_, n) => make("option", {}, String(n))));
    this.listen();
    await this.change();
  }

  listen() {
    for (const key of ["synth", "preset", "index", "seed", "seconds", "rate", "n"]) {
      $(key).addEventListener("change", () => {
        if (!$(key).checkValidity()) return say($(key).validationMessage, true);
        this.state[key] = $(key).value;
        if (key === "synth") Object.assign(this.state, { preset: "", seconds: this.is("scene") ? "4" : this.state.seconds });
        if (key === "synth" || key === "preset") this.state.values.clear();
        return this.change(key !== "n" && key !== "seed");
      });
    }
    $("source").addEventListener("submit", (event) => event.preventDefault());
    const step = (by) => this.goTo(Math.max(0, Number(this.state.index) + by));
    $("previous").addEventListener("click", () => step(-1));
    $("next").addEventListener("click", () => step(1));
    $("random").addEventListener("click", () => this.goTo(Math.floor(Math.random() * 1e6)));
    $("delta").addEventListener("input", () => {
      this.state.delta = $("delta").value;
      $("delta-value").textContent = Number(this.state.delta).toFixed(3);
      this.later(this.state.n !== "0");
    });
    $("filter").addEventListener("input", () => this.panel.find($("filter").value));
    $("reset").addEventListener("click", () => this.unset(null));
    $("copy-python").addEventListener("click", () => copy($("python").textContent, "the Python"));
    $("copy-command").addEventListener("click", () => copy($("command").textContent, "the command"));
    document.addEventListener("keydown", (event) => this.key(event, step));
  }

  key(event, step) {
    const typing = event.target.matches("input:not([type=range]):not([type=checkbox]), select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || $("panel-sounds").hidden) return;
    const key = event.key.toLowerCase();
    const view = this.state.views[Number(key) - 1];
    if (/^[1-9]$/.test(key) && view !== undefined) this.cards.play(view);
    else if (key === "n") step(1);
    else if (key === "p") step(-1);
  }

  is(kind) {
    return this.synths.find(({ name }) => name === this.state.synth)?.kind === kind;
  }

  goTo(index) {
    this.state.index = String(index);
    this.state.values.clear();
    return this.change(true);
  }

  // After a change of anything but a slider.
  async change(play = false) {
    const { state } = this;
    const synth = this.synths.find(({ name }) => name === state.synth);
    for (const key of ["synth", "index", "seed", "delta", "n", "seconds", "rate"]) $(key).value = state[key];
    $("delta-value").textContent = Number(state.delta).toFixed(3);
    $("preset-label").hidden = !synth?.presets.length;
    $("preset").replaceChildren(make("option", { value: "" }, "none"), ...(synth?.presets ?? []).map((name) => make("option", {}, name)));
    $("preset").value = state.preset;
    $("summary").textContent = synth?.summary ?? "";
    for (const element of document.querySelectorAll(".of-sounds")) element.hidden = this.is("pattern");
    await this.renderAll(play);
  }

  // While a slider is dragged, only the sound that plays is rendered: the doppelgängers follow when it stays.
  set(name, value, stays) {
    for (const timer of [this.timer, this.compareTimer]) clearTimeout(timer);
    if (this.state.values.get(name) !== value) {
      performance.mark("slider moves", { detail: `set=${name}=${value}` });
      this.state.values.set(name, value);
      this.renderOriginal();
    }
    if (stays) this.later(false);
  }

  unset(name) {
    if (name === null) this.state.values.clear();
    else this.state.values.delete(name);
    this.renderAll(true);
  }

  later(play) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.renderAll(play), WAIT_MS);
  }

  async render(view, play) {
    const { state } = this;
    const space = `${state.synth} ${state.preset}`;
    const sound = view === "" && play ? this.maybePlay("") : null;
    if (this.space !== space) {
      this.parameters = await json(`/api/synth?${state.query()}`);
      this.panel.build(this.parameters);
      this.space = space;
      this.views.clear();
    }
    const { views, in_use } = await json(`/api/sounds?${state.query(view)}`);
    if (space !== `${state.synth} ${state.preset}`) return;
    this.inUse = in_use;
    for (const data of views) this.views.set(data.view, data);
    this.cards.show(views);
    state.remember();
    this.panel.show(views, in_use, state.values);
    $("reset").hidden = !state.values.size;
    const n = in_use.filter((used) => !used).length;
    $("unused").textContent = n ? `${n} parameters that this sound does not depend on are hidden.` : "";
    await sound;
    if (view === "") return;
    for (const gone of [...this.views.keys()].filter((key) => !state.views.includes(key))) this.views.delete(gone);
    this.panel.dots(views);
    say("");
    this.choose(this.chosen);
    if (play) this.maybePlay(this.playNext ?? "");
    this.compare();
  }

  maybePlay(view) {
    return $("autoplay").checked && navigator.userActivation?.hasBeenActive !== false ? this.cards.play(view) : null;
  }

  // Shows what is known of one of the sounds.
  choose(view) {
    const { state } = this;
    this.chosen = state.views.includes(view) ? view : "";
    state.others.set("about", this.chosen);
    state.remember();
    about.choices(state.views, this.chosen, (other) => this.choose(other));
    this.cards.mark(this.chosen);
    const [original, other] = [this.views.get(""), this.chosen ? this.views.get(this.chosen) : null];
    about.moved(this.parameters, original, other, this.inUse);
    this.describing?.abort();
    this.describing = new AbortController();
    const { signal } = this.describing;
    const pattern = this.is("pattern");
    if (pattern) for (const id of ["tags-block", "facts-block", "events-block"]) $(id).hidden = true;
    if (pattern) $("caption").textContent = "Pictures have no labels.";
    const tasks = [about.code(state, this.chosen, signal), ...(pattern ? [] : [about.description(state, this.chosen, signal)])];
    return Promise.all(tasks).catch((error) => error.name !== "AbortError" && say(error.message, true));
  }

  compare() {
    this.comparing?.abort();
    $("similarity-block").hidden = this.is("pattern") || this.state.n === "0";
    if ($("similarity-block").hidden) return;
    const { signal } = (this.comparing = new AbortController());
    clearTimeout(this.compareTimer); // an encoder takes the time of many sounds: it runs when no slider moves
    const ask = () => about.similarity(this.state, signal).catch((error) => error.name !== "AbortError" && say(error.message, true));
    this.compareTimer = setTimeout(ask, WAIT_MS);
  }
}
