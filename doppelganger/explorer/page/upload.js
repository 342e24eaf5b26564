// Files that are dropped or chosen, with the folders they lie in; and their way to the server of this machine.

import { json, make } from "./dom.js";

const MOST_BYTES = 16 * 2 ** 20; // as in uploads.py

export async function upload(path, body) {
  if (body.size > MOST_BYTES) throw new Error(`expected a file of at most 16 MB; got ${(body.size / 2 ** 20).toFixed(1)} MB`);
  return json(path, { method: "POST", headers: { "X-Doppelganger-Upload": "1" }, body });
}

// Names that begin with a dot are the system's.
const visible = ({ path }) => !path[path.length - 1].startsWith(".");

async function filesOf(entry, path) {
  const here = [...path, entry.name];
  if (entry.isFile) return [{ file: await new Promise((done, failed) => entry.file(done, failed)), path: here }];
  const [reader, found] = [entry.createReader(), []];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed)); // at most 100 a call
    if (!some.length) return found;
    for (const child of some) found.push(...(await filesOf(child, here)));
  }
}

// Calls `take` with [{file, path}]: path is ["folder", ..., "name"].
export function accept(area, inputs, take) {
  for (const input of inputs) {
    input.addEventListener("change", () => {
      const chosen = [...input.files].map((file) => ({ file, path: (file.webkitRelativePath || file.name).split("/") }));
      input.value = "";
      take(chosen.filter(visible));
    });
  }
  const over = (on) => (event) => {
    event.preventDefault();
    area.classList.toggle("over", on);
  };
  area.addEventListener("dragover", over(true));
  area.addEventListener("dragleave", over(false));
  area.addEventListener("drop", async (event) => {
    over(false)(event);
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean); // gone after an await
    take((await Promise.all(entries.map((entry) => filesOf(entry, [])))).flat().filter(visible));
  });
}

// A table with a header row; cells are text or elements.
export function table(header, rows, name) {
  const head = make("tr", {}, ...header.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map(([first, ...rest]) => make("tr", {}, make("th", { scope: "row" }, first), ...rest.map((cell) => make("td", {}, cell))));
  return make("table", {}, make("caption", { class: "hidden-title" }, name), make("thead", {}, head), make("tbody", {}, ...body));
}
