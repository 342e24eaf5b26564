"""Settings of Sphinx for `docs.build`."""

import re

import synths

project = "Doppelgänger"
copyright = "The Doppelgänger authors, Apache-2.0"
version = release = synths.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
nitpicky = True
# Sites of other projects are not read: a build needs no network.
nitpick_ignore_regex = [("py:.*", r"(?!(synths|doppelganger|lightning_modules)\.).*")]

html_theme = "furo"
html_title = "Doppelgänger"
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_copy_source = False
html_theme_options = {"navigation_with_keys": False}
pygments_style = "friendly"
pygments_dark_style = "monokai"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

default_role = "literal"  # docstrings mark code with single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"
napoleon_numpy_docstring = False
napoleon_use_rtype = False


def bold_fields(app, what, name, obj, options, lines: list[str]) -> None:
    """Sets the one-line fields of our docstrings apart, in place."""
    for i, line in enumerate(lines):
        lines[i] = re.sub(r"^(Gradient|Source): ", r"**\1:** ", line)


def setup(app) -> None:
    app.connect("autodoc-process-docstring", bold_fields, priority=100)
