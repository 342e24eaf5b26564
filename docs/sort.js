// Tables of the class "sortable": a click, or Enter, on a column's title sorts the rows; again, the other way round.

const UNITS = { "%": 0.01, ms: 0.001, min: 60, h: 3600, kB: 1e3, MB: 1e6, GB: 1e9 };

// The number that a cell begins with, "1,254 MB" or "0.92 ± 0.01"; NaN for words and for none.
function number(text) {
  const found = /^([-−]?[\d,]*\.?\d+(?:e[-+]?\d+)?)\s*([A-Za-z%]*)/.exec(text);
  return found ? Number(found[1].replaceAll(",", "").replace("−", "-")) * (UNITS[found[2]] ?? 1) : NaN;
}

const textOf = (row, column) => row.cells[column].textContent.trim();

function sort(table, column) {
  const title = table.tHead.rows[0].cells[column];
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const numeric = rows.some((row) => !Number.isNaN(number(textOf(row, column))));
  const first = numeric ? "descending" : "ascending"; // of figures, the highest are of most interest
  const other = numeric ? "ascending" : "descending";
  const order = title.getAttribute("aria-sort") === first ? other : first;
  const sign = order === "ascending" ? 1 : -1;
  const isEmpty = (row) => (numeric ? Number.isNaN(number(textOf(row, column))) : !textOf(row, column));
  const compare = (a, b) =>
    numeric ? number(textOf(a, column)) - number(textOf(b, column)) : textOf(a, column).localeCompare(textOf(b, column));
  // Cells without a figure stay below, whichever way.
  rows.sort((a, b) => isEmpty(a) - isEmpty(b) || (isEmpty(a) ? 0 : sign * compare(a, b)));
  body.append(...rows);
  for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
  title.setAttribute("aria-sort", order);
}

function prepare(table) {
  if (!table.tHead || table.tBodies[0].rows.length < 2) return;
  [...table.tHead.rows[0].cells].forEach((title, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    const text = title.querySelector("p") ?? title; // Sphinx wraps titles in paragraphs
    button.append(...text.childNodes);
    text.replaceChildren(button);
    button.addEventListener("click", () => sort(table, column));
  });
}

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("table.sortable").forEach(prepare));
