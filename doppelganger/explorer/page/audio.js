// Plays one sound at a time, with a line that moves over its picture.

import { ask } from "./dom.js";

const buffers = new Map();
let context = null;
let source = null;
let button = null;

async function buffer(url) {
  if (!buffers.has(url)) {
    const data = await (await ask(url)).arrayBuffer();
    buffers.set(url, await context.decodeAudioData(data));
    if (buffers.size > 48) buffers.delete(buffers.keys().next().value);
  }
  return buffers.get(url);
}

export function stop() {
  if (source) {
    source.onended = null;
    source.stop();
  }
  button?.classList.remove("playing");
  source = button = null;
}

// `over` is the picture of the sound, or null.
export async function play(url, over) {
  context ??= new AudioContext({ latencyHint: "interactive" });
  const sound = await buffer(url);
  if (context.state === "suspended") context.resume();
  stop();
  source = context.createBufferSource();
  source.buffer = sound;
  source.connect(context.destination);
  source.onended = stop;
  const start = context.currentTime;
  source.start();
  performance.mark("sound starts", { detail: url });
  button = over;
  if (!button) return;
  button.classList.add("playing");
  const [line, mine] = [button.querySelector(".head-line"), source];
  (function move() {
    if (source !== mine) return;
    line.style.left = `${Math.min(100, (100 * (context.currentTime - start)) / sound.duration)}%`;
    requestAnimationFrame(move);
  })();
}

export const isPlaying = (over) => over !== null && over === button;
