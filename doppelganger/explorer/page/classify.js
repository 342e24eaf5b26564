// The fourth tab: labelled clips, and the accuracy of a classifier on clips that it was not trained on.

import { $, make, say } from "./dom.js";
import { accept, table, upload } from "./upload.js";

const MOST_LEFT_OUT = 10; // files that are named

// As train-classifier: the folder below the one that was dropped, or that one itself.
const folderOf = (path) => (path.length > 2 ? path[1] : path.length > 1 ? path[0] : "");

export class Classify {
  constructor() {
    this.clips = []; // {clip, label}
    this.left = []; // names and reasons
  }

  start() {
    accept($("classify-drop"), [$("classify-folder"), $("classify-files")], (files) => this.add(files));
    $("classify-clear").addEventListener("click", () => {
      Object.assign(this, { clips: [], left: [] });
      this.show();
    });
    $("classify-run").addEventListener("click", () => this.run());
    this.show();
  }

  async add(files) {
    const typed = $("classify-label").value.trim();
    $("classify-run").disabled = true;
    for (const [i, { file, path }] of files.entries()) {
      const label = typed || folderOf(path);
      say(`Embedding ${i + 1} of ${files.length} …`);
      try {
        if (!label) throw new Error("it lies in no folder: type a label before you drop it");
        const { clip } = await upload("/api/clip", file);
        this.clips.push({ clip, label });
      } catch (error) {
        this.left.push(`${path.join("/")} (${error.message})`);
      }
      if (i % 10 === 9) this.show();
    }
    say("");
    this.show();
  }

  show() {
    $("classify-result").replaceChildren(); // it is not of these clips
    const counts = new Map();
    for (const { label } of this.clips) counts.set(label, (counts.get(label) ?? 0) + 1);
    const remove = (label) => make("button", { type: "button", class: "quiet", "aria-label": `Remove ${label}`, onclick: () => this.remove(label) }, "Remove");
    const rows = [...counts].sort().map(([label, n]) => [label, String(n), remove(label)]);
    $("classify-clips").replaceChildren(rows.length ? table(["Label", "Clips", "Change"], rows, "Clips by label") : make("p", { class: "soft" }, "No clips yet: two labels or more are needed, with two clips or more of each."));
    const rest = this.left.length > MOST_LEFT_OUT ? ` and ${this.left.length - MOST_LEFT_OUT} more` : "";
    $("classify-left").textContent = this.left.length ? `Left out: ${this.left.slice(0, MOST_LEFT_OUT).join(", ")}${rest}.` : "";
    $("classify-run").disabled = counts.size < 2;
    $("classify-clear").hidden = !this.clips.length && !this.left.length;
  }

  remove(label) {
    this.clips = this.clips.filter((clip) => clip.label !== label);
    this.show();
    $("classify-label").focus();
  }

  async run() {
    say("Training and testing …");
    $("classify-run").disabled = true;
    try {
      const rows = JSON.stringify(this.clips.map(({ clip, label }) => [clip, label]));
      this.result(await upload("/api/accuracy", new Blob([rows])));
      say("");
    } catch (error) {
      say(error.message, true);
    } finally {
      $("classify-run").disabled = false;
    }
  }

  result({ accuracy, low, high, method, n_clips, lines, classes, n_twice, encoder }) {
    const percent = (share) => `${(100 * share).toFixed(1)} %`;
    const length = (share) => `${100 * share}%`;
    const bar = make("div", { class: "interval", "aria-hidden": "true" }, make("b"), make("i"));
    bar.firstChild.style.left = length(low);
    bar.firstChild.style.width = length(high - low);
    bar.lastChild.style.left = length(accuracy);
    const rows = Object.entries(classes).map(([label, [n, right]]) => [label, String(n), String(right), percent(right / n)]);
    const twice = n_twice ? [`${n_twice} clips were dropped twice and count once.`] : [];
    $("classify-result").replaceChildren(
      make("p", { class: "figure" }, percent(accuracy), make("span", { class: "soft" }, ` of ${n_clips} clips, each of which the classifier was not trained on (${method})`)),
      bar,
      make("p", {}, `95 % interval: ${percent(low)} to ${percent(high)}.`),
      ...[...lines.slice(1), ...twice].map((line) => make("p", {}, line)),
      table(["Label", "Clips tested", "Right", "Share"], rows, "Clips tested and right, by label"),
      make("p", { class: "soft small" }, `One linear layer on the frozen encoder ${encoder}; nothing was chosen on these clips.`),
    );
    $("classify-result").focus();
  }
}
