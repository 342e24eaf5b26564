// The third tab: a search for the parameters of a sound, watched while it runs.

import { isPlaying, play, stop } from "./audio.js";
import { short } from "./curves.js";
import { levels, wave } from "./draw.js";
import { $, json, make, say } from "./dom.js";
import { accept, table, upload } from "./upload.js";

const POLL_MS = 400;
const [WIDTH, HEIGHT] = [600, 180];

const duration = (s) => (s < 60 ? `${Math.round(s)} s` : `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`);

export class Matching {
  constructor(state) {
    this.state = state;
  }

  async start() {
    const names = (await json("/api/synths")).filter(({ kind }) => kind !== "pattern").map(({ name }) => name);
    $("match-synth").append(...names.map((name) => make("option", {}, name)));
    const chosen = this.state.others.get("match");
    $("match-synth").value = names.includes(chosen) ? chosen : "voice";
    $("match-synth").addEventListener("change", () => {
      this.state.others.set("match", $("match-synth").value);
      this.state.remember();
    });
    accept($("match-drop"), [$("match-file")], (files) => this.take(files));
    $("match-again").addEventListener("click", () => this.run());
    $("match-stop").addEventListener("click", () => this.stop());
    this.pictures = { target: this.card("target", "Target"), best: this.card("best", "Nearest so far") };
  }

  card(which, title) {
    const picture = make(
      "button", { type: "button", class: "picture", "aria-label": `Play ${title}` },
      make("canvas", { class: "levels", "aria-hidden": "true" }), make("span", { class: "play" }),
      make("canvas", { class: "wave", "aria-hidden": "true" }), make("span", { class: "head-line" }),
    );
    picture.addEventListener("click", () => (isPlaying(picture) ? stop() : this.play(which)));
    const heading = make("h3", {}, title);
    $("match-cards").append(make("li", { class: "card" }, make("header", {}, heading), picture));
    return picture;
  }

  stop() {
    say("Stopping after this step …");
    upload(`/api/stop?search=${this.search}`, new Blob([])).catch((error) => say(error.message, true));
  }

  play(which) {
    const sound = which === "target" ? "target=1" : `known=${this.known}`;
    return play(`/api/search.wav?search=${this.search}&${sound}`, this.pictures[which]).catch((error) => say(error.message, true));
  }

  take(files) {
    if (!files.length) return;
    this.file = files[0].file;
    $("match-name").textContent = this.file.name;
    $("match-again").disabled = false;
    this.run();
  }

  async run() {
    clearTimeout(this.timer);
    say(`Reading ${this.file.name} …`);
    const query = new URLSearchParams({ synth: $("match-synth").value, seconds: $("match-seconds").value, steps: $("match-steps").value, rate: $("match-rate").value });
    try {
      const { search, start_s, seconds, cut_s, sample_rate, gain_db, target } = await upload(`/api/match?${query}`, this.file);
      Object.assign(this, { search, known: 0 });
      say("");
      $("match-running").hidden = false;
      $("match-result").replaceChildren();
      const part = start_s > 0.01 || cut_s > 0 ? `${start_s.toFixed(2)} s to ${(start_s + seconds).toFixed(2)} s of it are` : "all of it is";
      $("match-about").textContent = `${this.file.name}: ${part} matched at ${sample_rate / 1000} kHz; its level is changed by ${gain_db} dB, to a peak of 1.`;
      this.draw("target", target);
      await this.poll(search);
    } catch (error) {
      say(error.message, true);
    }
  }

  async poll(search) {
    let seen;
    try {
      seen = await json(`/api/search?search=${search}&known=${this.known}`);
    } catch (error) {
      if (search !== this.search) return;
      $("match-watch").hidden = true;
      return say(error.message, true);
    }
    if (search !== this.search) return;
    this.known = seen.n_best;
    if (seen.best) this.draw("best", seen.best);
    this.curve(seen.curve, seen.steps);
    const left = seen.seconds_left === null ? "" : `, ${duration(seen.seconds_left)} left`;
    const begun = seen.curve.length ? `Step ${seen.step} of ${seen.steps}, ${duration(seen.elapsed_s)} so far${left}, distance ${seen.curve.at(-1).toFixed(2)}` : `Rendering random sounds to begin with, ${duration(seen.elapsed_s)} so far`;
    $("match-progress").value = seen.step / Math.max(1, seen.steps);
    $("match-step").textContent = seen.done ? "" : begun;
    $("match-watch").hidden = seen.done;
    if (seen.done) say(seen.error, Boolean(seen.error));
    if (seen.done && !seen.error) this.result(seen);
    if (!seen.done) this.timer = setTimeout(() => this.poll(search), POLL_MS);
  }

  draw(which, { picture, outline }) {
    const button = this.pictures[which];
    levels(button.querySelector(".levels"), picture);
    wave(button.querySelector(".wave"), outline, getComputedStyle(button).getPropertyValue(which === "target" ? "--c0" : "--c1"));
  }

  // The distance of the nearest sound over the steps, from 0 to the first one.
  curve(values, steps) {
    const most = Math.max(...values, 1e-9);
    const points = values.map((value, i) => `${((WIDTH * i) / Math.max(1, steps)).toFixed(1)},${(HEIGHT - (HEIGHT * value) / most).toFixed(1)}`);
    $("match-line").setAttribute("points", points.join(" "));
    $("match-most").textContent = values.length ? most.toFixed(2) : "";
    $("match-steps-end").textContent = `${steps} steps`;
  }

  result({ parameters, query, curve, n_renders, elapsed_s }) {
    const unit = (p) => (["none", "choice", "ratio"].includes(p.unit) ? "" : ` ${p.unit}`);
    const rows = parameters.map((p) => [p.name, `${short(p.value)}${unit(p)}`, p.meaning]);
    $("match-result").replaceChildren(
      make("p", {}, `Distance ${curve.at(-1).toFixed(2)} after ${n_renders} sounds in ${elapsed_s} s; that of the nearest random sound was ${curve[0].toFixed(2)}.`),
      make(
        "p", {}, make("a", { href: `/api/preset.yaml?${query}`, download: true }, "Download the preset"), " · ",
        make("a", { href: `/api/search.wav?search=${this.search}&known=${this.known}`, download: true }, "Download the sound"), " · ",
        make("a", { href: `?${query}` }, "Turn its parameters"), " (its noise differs)",
      ),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Parameters of the nearest sound" }, table(["Parameter", "Value", "Meaning"], rows, "Parameters of the nearest sound")),
    );
  }
}
