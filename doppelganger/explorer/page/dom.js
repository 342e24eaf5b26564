// Elements by id, new elements, messages, and requests to the server.

export const $ = (id) => document.getElementById(id);

// Text is only ever set as text: names come from anywhere.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// A name that may break after its dots and arrows.
export const breakable = (name) => name.split(/(?<=\.|->)/).flatMap((part, i) => (i ? [make("wbr"), part] : [part]));

export function say(text, bad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", bad);
}

export async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The explorer does not answer: is its command still running?");
  }
  if (response.ok) return response;
  const said = await response.json().catch(() => ({}));
  throw new Error(said.error || `The explorer answered ${response.status}.`);
}

export const json = async (path, options) => (await ask(path, options)).json();

// Runs one task at a time; of those that arrive meanwhile, only the last.
export function latest(task) {
  let running = false;
  let waiting = null;
  return async function run(...args) {
    if (running) {
      waiting = args;
      return;
    }
    running = true;
    try {
      await task(...args);
    } catch (error) {
      if (error.name !== "AbortError") say(error.message, true);
    } finally {
      running = false;
      if (waiting) {
        const next = waiting;
        waiting = null;
        run(...next);
      }
    }
  };
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(`Copied ${what}.`);
}
