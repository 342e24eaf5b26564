// The second tab: a map of sounds by their embeddings; a click plays, and lists the nearest.

import { play } from "./audio.js";
import { $, json, make, say } from "./dom.js";

const FIRST = ["voice", "drum", "modal", "plucked"];
const MOST_LEFT_OUT = 10; // files that are named

export class Embedding {
  constructor(state) {
    this.state = state;
    this.at = -1;
  }

  async start() {
    const synths = (await json("/api/synths")).filter(({ kind }) => kind !== "pattern").map(({ name }) => name);
    const chosen = this.state.others.get("map")?.split(",") ?? FIRST;
    $("map-synths").append(
      ...synths.map((name) => make("label", { class: "check" }, make("input", { type: "checkbox", value: name, checked: chosen.includes(name) }), name)),
    );
    $("map-n").value = this.state.others.get("sounds") ?? $("map-n").value;
    if (!$("map-n").value) $("map-n").value = "25";
    $("map-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.draw();
    });
    $("map").addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by || !this.points) return;
      event.preventDefault();
      this.choose((this.at + by + this.points.length) % this.points.length);
    });
    await this.draw();
  }

  async draw() {
    const names = [...$("map-synths").querySelectorAll("input:checked")].map(({ value }) => value);
    this.state.others.set("map", names.join(","));
    this.state.others.set("sounds", $("map-n").value);
    this.state.remember();
    say("Embedding the sounds …");
    try {
      const { points, variance, skipped, n_more, encoder } = await json(`/api/map?synths=${names.join(",")}&sounds=${$("map-n").value}`);
      this.points = points;
      this.labels = [...new Set(points.map(({ label }) => label))];
      this.at = -1;
      this.marks = points.map((point, i) => this.mark(point, i));
      $("map").replaceChildren(...this.marks);
      $("map-legend").replaceChildren(...this.labels.map((label, i) => this.entry(label, i)));
      $("map-nearest").replaceChildren();
      const named = skipped.slice(0, MOST_LEFT_OUT).map(({ name, reason }) => `${name} (${reason})`);
      const rest = skipped.length > MOST_LEFT_OUT ? ` and ${skipped.length - MOST_LEFT_OUT} more` : "";
      const left = skipped.length ? ` Unusable files: ${named.join(", ")}${rest}.` : "";
      const more = n_more ? ` The folder has ${n_more} more files; its first ${points.filter(({ file }) => file !== undefined).length + skipped.length} are on the map.` : "";
      const [x, y] = variance.map((share) => Math.round(100 * share));
      $("map-x").textContent = `first principal component, ${x} % of the variance →`;
      $("map-y").textContent = `↑ second principal component, ${y} % of the variance`;
      $("map-about").textContent =
        `Each point is one of ${points.length} sounds, placed by its embedding (encoder: ${encoder}). Sounds that are far apart differ; near ones may still differ in the ${100 - x - y} % of the variance that the map leaves out. The list of the nearest compares whole embeddings. ` +
        `Both axes have the same scale and no unit.${more}${left}`;
      say("");
    } catch (error) {
      say(error.message, true);
    }
  }

  colour(label) {
    return `var(--c${this.labels.indexOf(label) % 9})`;
  }

  entry(label) {
    const item = make("li", {}, label);
    item.style.setProperty("--c", this.colour(label));
    return item;
  }

  mark({ x, y, label, name }, i) {
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    mark.setAttribute("cx", 30 + 940 * x);
    mark.setAttribute("cy", 670 - 640 * y);
    mark.setAttribute("r", 11);
    mark.style.fill = this.colour(label);
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = name;
    mark.append(title);
    mark.addEventListener("click", () => this.choose(i));
    return mark;
  }

  url({ query, file }) {
    return query === undefined ? `/api/file.wav?file=${file}` : `/api/sound.wav?${query}`;
  }

  choose(i) {
    this.at = i;
    const point = this.points[i];
    for (const [j, mark] of this.marks.entries()) {
      mark.classList.toggle("at", j === i);
      mark.classList.toggle("near", point.nearest.some(([other]) => other === j));
    }
    const row = (j, note) => {
      const button = make("button", { type: "button", class: "quiet", onclick: () => this.choose(j) }, this.points[j].name);
      const open = this.points[j].query === undefined ? null : make("a", { href: `?${this.points[j].query}` }, "open");
      return make("li", {}, button, make("span", { class: "soft" }, note), open);
    };
    $("map-nearest").replaceChildren(row(i, "played"), ...point.nearest.map(([j, similarity]) => row(j, `similarity ${similarity.toFixed(2).replace("-", "−")}`)));
    say(`${point.name}; nearest: ${point.nearest.map(([j]) => this.points[j].name).join(", ")}`);
    return play(this.url(point), null).catch((error) => say(error.message, true));
  }
}
