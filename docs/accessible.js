// What the theme leaves out for keyboards and screen readers.
function complete() {
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.setAttribute("aria-level", "2");
  for (const [part, label] of [["sidebar", "Pages"], ["toc", "On this page"]]) {
    document.querySelector(`aside.${part}-drawer`)?.setAttribute("aria-label", label);
  }
  // Code and tables that are wider than the page scroll by keyboard, too.
  for (const wide of document.querySelectorAll("pre, .table-wrapper")) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  }
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
