// Plays one sound at a time, with a line that moves over its picture.

import { ask } from "./dom.js";

const buffers = new Map();
let context = null;
let source = null;
let button = null;

// The server's WAV files: a header of 44 bytes, then 16-bit samples of one channel. The browser's decoder takes longer.
function decode(data) {
  const samples = new Int16Array(data, 44);
  const sound = context.createBuffer(1, samples.length, new DataView(data).getUint32(24, true));
  sound.getChannelData(0).set(Float32Array.from(samples, (sample) => sample / 32768));
  return sound;
}

async function buffer(url) {
  if (!buffers.has(url)) {
    buffers.set(url, decode(await (await ask(url)).arrayBuffer()));
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
  const [line, mine, width] = [button.querySelector(".head-line"), source, button.clientWidth];
  (function move() {
    if (source !== mine) return;
    line.style.transform = `translateX(${width * Math.min(1, (context.currentTime - start) / sound.duration)}px)`; // paints nothing anew
    requestAnimationFrame(move);
  })();
}

export const isPlaying = (over) => over !== null && over === button;
