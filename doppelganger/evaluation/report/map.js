"use strict";
// Draws every map from the JSON beside it. Names come from anywhere, so they are only ever set as text.
const COLOURS = 10;
const SHAPES = [
  (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  (x, y, r) => `M${x} ${y - 1.2 * r}l${1.15 * r} ${2.1 * r}h${-2.3 * r}z`,
  (x, y, r) => `M${x - 0.9 * r} ${y - 0.9 * r}h${1.8 * r}v${1.8 * r}h${-1.8 * r}z`,
  (x, y, r) => `M${x} ${y - 1.3 * r}l${1.3 * r} ${1.3 * r}l${-1.3 * r} ${1.3 * r}l${-1.3 * r} ${-1.3 * r}z`,
  (x, y, r) => `M${x} ${y + 1.2 * r}l${1.15 * r} ${-2.1 * r}h${-2.3 * r}z`,
];
const player = new Audio();

function mark(number, x, y, size) {
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[Math.floor(number / COLOURS) % SHAPES.length](x, y, size));
  path.setAttribute("class", `c${number % COLOURS}`);
  return path;
}

function draw(section) {
  const map = JSON.parse(section.querySelector("script").textContent);
  const [svg, tip, legend, playing] = ["svg", ".tip", ".legend", ".playing"].map((name) => section.querySelector(name));
  // A margin all around, as high as the cloud is, and up is up.
  const height = Math.max(400, 60 + 940 * Math.max(...map.points.map(([, y]) => y)));
  svg.setAttribute("viewBox", `0 0 1000 ${height}`);
  const size = Math.max(9, 4500 / (svg.clientWidth || 1000)); // half the width of a mark, of 1000, large enough on a phone
  const at = map.points.map(([x, y]) => [30 + 940 * x, height - 30 - 940 * y]);
  const marks = at.map(([x, y], i) => {
    const path = mark(map.of_class[i], x, y, map.sounds[i] ? size : 0.7 * size);
    path.classList.toggle("silent", !map.sounds[i]);
    return path;
  });
  svg.append(...marks.filter((_, i) => !map.sounds[i]), ...marks.filter((_, i) => map.sounds[i]));
  let played = -1;
  let shown = -1; // the class picked in the legend

  function nearest(event, reach, soundOnly) {
    const box = svg.getBoundingClientRect();
    const scale = 1000 / box.width;
    let [found, least] = [-1, reach * scale];
    at.forEach(([x, y], i) => {
      const far = Math.hypot((event.clientX - box.left) * scale - x, (event.clientY - box.top) * scale - y);
      const out = (soundOnly && !map.sounds[i]) || (shown >= 0 && map.of_class[i] !== shown);
      if (far < least && !out) [found, least] = [i, far];
    });
    return found;
  }

  function point(i) {
    tip.hidden = i < 0;
    svg.style.cursor = i >= 0 && map.sounds[i] ? "pointer" : "default";
    if (i < 0) return;
    tip.replaceChildren(Object.assign(document.createElement("b"), { textContent: map.labels[i] }), map.names[i]);
    const [x, y] = at[i];
    tip.style.left = `${x / 10}%`;
    tip.style.top = `${(100 * y) / height}%`;
    tip.classList.toggle("left", x > 500);
  }

  function play(i) {
    document.querySelectorAll(".map .played").forEach((path) => path.classList.remove("played"));
    const again = i === played && !player.paused;
    played = i;
    player.pause();
    marks[i].classList.add("played");
    svg.append(marks[i]); // above the others
    playing.textContent = `${map.labels[i]}: ${map.names[i]}`;
    if (again) return;
    player.src = map.sounds[i];
    player.play().catch((error) => {
      // The next click ends this sound: that is no failure.
      if (error.name !== "AbortError") playing.textContent = `This browser cannot play it: ${error.message}`;
    });
  }

  svg.addEventListener("pointermove", (event) => point(nearest(event, 14, false)));
  svg.addEventListener("pointerleave", () => point(-1));
  svg.addEventListener("click", (event) => {
    const i = nearest(event, 14, true);
    if (i >= 0) play(i);
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const playable = [...at.keys()].filter((i) => map.sounds[i] && (shown < 0 || map.of_class[i] === shown));
    if (!step || !playable.length) return;
    event.preventDefault();
    const now = playable.indexOf(played);
    const next = now < 0 ? (step > 0 ? 0 : -1) : (now + step) % playable.length;
    const i = playable.at(next);
    play(i);
    point(i);
  });
  svg.addEventListener("blur", () => point(-1));

  // A class picked in the legend stands out against the others, until it is picked again.
  function light(number) {
    marks.forEach((path, i) => path.classList.toggle("dim", number >= 0 && map.of_class[i] !== number));
  }
  map.classes.forEach((name, number) => {
    const button = document.createElement("button");
    const sign = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    sign.setAttribute("viewBox", "-12 -12 24 24");
    sign.append(mark(number, 0, 0, 9));
    button.append(sign, name);
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("pointerenter", () => light(number));
    button.addEventListener("pointerleave", () => light(shown));
    button.addEventListener("click", () => {
      shown = shown === number ? -1 : number;
      legend.querySelectorAll("button").forEach((other, i) => other.setAttribute("aria-pressed", String(i === shown)));
      light(shown);
    });
    const item = document.createElement("li");
    item.append(button);
    legend.append(item);
  });
  legend.classList.toggle("many", map.classes.length > 20);
  section.dataset.ready = String(marks.length);
}

document.querySelectorAll(".map").forEach(draw);
