// What the theme leaves out for keyboards and screen readers.
function complete() {
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.setAttribute("aria-level", "2");
  for (const [part, label] of [["sidebar", "Pages"], ["toc", "On this page"]]) {
    document.querySelector(`aside.${part}-drawer`)?.setAttribute("aria-label", label);
  }
  // Code that is wider than the page scrolls by keyboard, too.
  for (const code of document.querySelectorAll("pre")) if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
  // Names of code in a table break after a dot, a slash and an underscore.
  for (const code of document.querySelectorAll("td code")) breakable(code);
}

function breakable(element) {
  for (const node of [...element.childNodes]) {
    if (node.nodeType !== Node.TEXT_NODE) breakable(node);
    else {
      const parts = node.data.split(/(?<=[./_:])/);
      node.replaceWith(...parts.flatMap((part) => [part, document.createElement("wbr")]));
    }
  }
}

document.addEventListener("DOMContentLoaded", complete);
