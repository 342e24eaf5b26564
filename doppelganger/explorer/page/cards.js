// One card a sound: picture, waveform, events, downloads.

import { isPlaying, play, stop } from "./audio.js";
import { levels, wave } from "./draw.js";
import { make, say } from "./dom.js";
import { colourOf, titleOf } from "./state.js";

const hertz = (hz) => (hz >= 1000 ? `${Number((hz / 1000).toPrecision(3))} kHz` : `${hz} Hz`);

export class Cards {
  constructor(list, state, choose) {
    Object.assign(this, { list, state, choose, cards: new Map() });
  }

  // Draws the cards of views; cards of other views stay if they are of the state.
  show(views) {
    for (const view of [...this.cards.keys()]) {
      if (!this.state.views.includes(view)) {
        this.cards.get(view).item.remove();
        this.cards.delete(view);
      }
    }
    for (const data of views) {
      const still = !data.outline;
      let card = this.cards.get(data.view);
      if (!card || card.still !== still) {
        const made = this.card(data.view, still);
        if (card) card.item.replaceWith(made.item);
        else this.list.append(made.item);
        this.cards.set(data.view, (card = made));
      }
      this.fill(card, data);
    }
  }

  card(view, still) {
    const title = titleOf(view);
    const picture = make(
      still ? "div" : "button",
      still ? { class: "picture still", role: "img", "aria-label": `Picture: ${title}` } : { class: "picture", type: "button", "aria-label": `Play ${title}` },
      make("canvas", { class: "levels", "aria-hidden": "true" }),
    );
    const note = make("span");
    const lanes = make("ul", { class: "lanes", hidden: true });
    const links = make("span", { class: "links" });
    const show = make("button", { type: "button", class: "quiet", "aria-label": `About ${title}`, onclick: () => this.choose(view) }, "About");
    const item = make("li", { class: "card" }, make("header", {}, make("h3", {}, title), note), picture, lanes, make("div", { class: "actions" }, links, show));
    item.style.setProperty("--c", colourOf(view));
    if (!still) {
      picture.append(
        make("span", { class: "play" }), make("span", { class: "range high" }), make("span", { class: "range low" }),
        make("canvas", { class: "wave", "aria-hidden": "true" }), make("span", { class: "head-line" }),
      );
      picture.addEventListener("click", () => (isPlaying(picture) ? stop() : this.play(view)));
    }
    return { item, picture, note, lanes, links, still };
  }

  fill(card, data) {
    const { picture, item, note } = card;
    levels(picture.querySelector(".levels"), data.picture);
    const title = titleOf(data.view);
    const query = this.state.query(data.view);
    const files = card.still ? [["PNG", "picture.png"]] : [["WAV", "sound.wav"]];
    card.links.replaceChildren(
      ...[...files, ["preset", "preset.yaml"]].flatMap(([name, file], i) => [
        i ? " · " : "",
        make("a", { href: `/api/${file}?${query}`, download: true, "aria-label": `Download ${name} of ${title}` }, name),
      ]),
    );
    if (card.still) return;
    wave(picture.querySelector(".wave"), data.outline, getComputedStyle(item).getPropertyValue(colourOf(data.view).slice(4, -1)));
    picture.querySelector(".high").textContent = hertz(data.picture.high_hz);
    picture.querySelector(".low").textContent = hertz(data.picture.low_hz);
    note.textContent = data.peak < 0.001 ? "silent" : `peak ${(20 * Math.log10(data.peak)).toFixed(1)} dB`;
    this.events(card.lanes, data.events);
  }

  events(lanes, events) {
    lanes.hidden = !events.length;
    const seconds = Number(this.state.seconds);
    lanes.replaceChildren(
      ...events.map(({ onset_s, offset_s, source }) => {
        const [bar, name] = [make("span", { class: "bar" }), make("span", { class: "name" }, source)];
        const [left, right] = [onset_s, offset_s].map((time) => Math.min(100, (100 * time) / seconds));
        bar.style.left = `${left}%`;
        bar.style.width = `${Math.max(1, right - left)}%`;
        // Near the right edge a name stands before its bar's end.
        if (left > 70) name.style.right = `${100 - Math.max(right, 30)}%`;
        else name.style.left = `${left}%`;
        const time = `${source}, ${onset_s.toFixed(2)} s to ${offset_s.toFixed(2)} s`;
        return make("li", { title: time, "aria-label": time }, bar, name);
      }),
    );
  }

  mark(chosen) {
    for (const [view, { item }] of this.cards) item.classList.toggle("chosen", view === chosen);
  }

  play(view) {
    const card = this.cards.get(view);
    if (!card || card.still) return Promise.resolve();
    return play(`/api/sound.wav?${this.state.query(view)}`, card.picture).catch((error) => say(error.message, true));
  }
}
