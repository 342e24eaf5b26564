// The state of the page is the query of its address: the same link is the same sound.

const DEFAULTS = { tab: "sounds", synth: "voice", preset: "", seed: "0", index: "0", delta: "0.1", n: "3", seconds: "1.0", rate: "16000" };
const OF_PAGE = ["tab"]; // not of the sound

export class State {
  constructor(search) {
    const query = new URLSearchParams(search);
    Object.assign(this, DEFAULTS);
    this.values = new Map();
    this.others = new Map(); // of other tabs
    for (const [key, value] of query) {
      if (key === "set") {
        const cut = value.lastIndexOf("=");
        if (cut > 0) this.values.set(value.slice(0, cut), Number(value.slice(cut + 1)));
      } else if (key in DEFAULTS) this[key] = value;
      else this.others.set(key, value);
    }
  }

  // Query of the sound; `view` "" is the original.
  query(view) {
    const query = new URLSearchParams();
    for (const key of Object.keys(DEFAULTS)) if (!OF_PAGE.includes(key) && this[key] !== "") query.set(key, this[key]);
    for (const [name, value] of [...this.values].sort(([a], [b]) => (a < b ? -1 : 1))) query.append("set", `${name}=${value}`);
    if (view !== undefined) query.set("view", view);
    return query.toString();
  }

  get views() {
    return ["", ..."abcdefgh".slice(0, Number(this.n))];
  }

  remember() {
    const tab = this.tab === DEFAULTS.tab ? "" : `tab=${encodeURIComponent(this.tab)}&`;
    const others = [...this.others].map(([key, value]) => `&${key}=${encodeURIComponent(value)}`).join("");
    history.replaceState(null, "", `?${tab}${this.query()}${others}`);
  }
}

export const titleOf = (view) => (view ? `Doppelgänger ${view}` : "Original");
export const colourOf = (view) => `var(--c${view ? view.charCodeAt(0) - 96 : 0})`;
