"""Settings of Sphinx for `docs.build`."""

import re

from docutils import nodes

import synths

project = "Doppelgänger"
copyright = "The Doppelgänger authors, Apache-2.0"
version = release = synths.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
nitpicky = True
# Sites of other projects are not read: a build needs no network.
nitpick_ignore_regex = [
    ("py:.*", r"(?!(synths|doppelganger|lightning_modules)\.).*"),
    ("py:.*", r".*\.(_\w+|Kind|Name|Network|Result|RuleOrPhrase|Self|Task|TrainingCLI)"),  # private, or a type variable
]
exclude_patterns = ["parts"]  # other pages include them

html_theme = "furo"
html_title = "Doppelgänger"
html_favicon = "images/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_js_files = ["accessible.js", "sort.js"]
html_copy_source = False
html_use_index = False
html_domain_indices = False
html_theme_options = {"navigation_with_keys": False}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

default_role = "literal"  # docstrings mark code with single backticks
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
maximum_signature_line_length = 80
toc_object_entries = False
napoleon_numpy_docstring = False
napoleon_use_rtype = False


def to_rst(app, what, name, obj, options, lines: list[str]) -> None:
    """Turns a docstring of ours into reStructuredText, in place.

    One-line fields are set apart, indented blocks are equations, and asterisks and bars are themselves.
    """
    written, above, literal = [], "", False
    for previous, line in zip(["", *lines], lines, strict=False):
        indented = line.startswith("    ")
        if line and not indented:
            literal = False
        elif indented and not previous and above and above[0] not in " *-":
            literal = True
            written += ["::", ""]
        if not literal and not line.lstrip().startswith((">>>", "* ")):
            line = re.sub(r"^(Gradient|Source): ", r"**\1:** ", line)
            line = re.sub(r"(``.*?``|`.*?`|\*\*)|[*|]|(?<=\w)_(?!\w)", lambda found: found[1] or f"\\{found[0]}", line)
        written.append(line)
        above = line or above
    lines[:] = written


# The spaces of "0.925 ± 0.001", "87.5 to 93.2" and "30 s".
_WITHIN_A_FIGURE = re.compile(
    r"(?<=\d) (?=±|to -?\d|%|(?:s|ms|min|h|Hz|kHz|dB|kB|MB|GB)\b)|(?<=±) (?=\d)|(?<=\d to) (?=-?\d)"
)


def keep_figures_whole(app, doctree: nodes.document) -> None:
    """Keeps each figure in a table on one line with its unit or its deviation, and each interval on one line, in place.

    A cell of the class "interval" is a score and its interval: style.css says where a line may end between them.
    """
    for entry in doctree.findall(nodes.entry):
        if re.fullmatch(r"-?[\d.]+ \(-?[\d.]+ to -?[\d.]+\)", entry.astext()):
            entry["classes"].append("interval")
        for text in list(entry.findall(nodes.Text)):
            if not isinstance(text.parent, nodes.literal):  # code is copied
                text.parent.replace(text, nodes.Text(_WITHIN_A_FIGURE.sub("\N{NO-BREAK SPACE}", text)))


def setup(app) -> None:
    app.connect("autodoc-process-docstring", to_rst, priority=100)
    app.connect("doctree-read", keep_figures_whole)
