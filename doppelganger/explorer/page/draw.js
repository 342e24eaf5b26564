// Pictures on canvases: levels through a colour map, the outline of a waveform.

const STOPS = ["000004", "180f3d", "440f76", "721f81", "9e2f7f", "cd4071", "f1605d", "fd9668", "feca8d", "fcfdbf"]; // magma
const COLOURS = Array.from({ length: 256 }, (_, level) => {
  const place = (level / 255) * (STOPS.length - 1);
  const i = Math.min(STOPS.length - 2, Math.floor(place));
  return [0, 2, 4].map((at) => {
    const [a, b] = [STOPS[i], STOPS[i + 1]].map((stop) => parseInt(stop.slice(at, at + 2), 16));
    return Math.round(a + (b - a) * (place - i));
  });
});

const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

// Rows of the picture run from the bottom up.
export function levels(canvas, picture) {
  const { width, height } = picture;
  const data = bytes(picture.data);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * ((height - 1 - y) * width + x);
      [image.data[at], image.data[at + 1], image.data[at + 2]] = COLOURS[data[y * width + x]];
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

export function wave(canvas, outline, colour) {
  const ends = new Int8Array(bytes(outline).buffer);
  const n = ends.length / 2;
  [canvas.width, canvas.height] = [2 * n, 84];
  const context = canvas.getContext("2d");
  context.fillStyle = colour;
  for (let i = 0; i < n; i++) {
    const [low, high] = [ends[2 * i], ends[2 * i + 1]].map((x) => 42 - (x / 127) * 40);
    context.fillRect(2 * i, high, 2, Math.max(1.5, low - high));
  }
}
