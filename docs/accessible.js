// What the theme leaves out for keyboards and screen readers.
function complete() {
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.setAttribute("aria-level", "2");
  for (const [part, label] of [["sidebar", "Pages"], ["toc", "On this page"]]) {
    document.querySelector(`aside.${part}-drawer`)?.setAttribute("aria-label", label);
  }
  // Code that is wider than the page scrolls by keyboard, too.
  for (const code of document.querySelectorAll("pre")) if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
}

document.addEventListener("DOMContentLoaded", complete);
