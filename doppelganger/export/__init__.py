"""Export: the file formats in which an encoder is published. One module each, in `formats`.

A format is a module with ``save(encoder, folder, about)``, which writes the encoder into a folder, with all that
`doppelganger.export.about.about` returns about it, and returns the paths of the files. Formats of other packages are
found by the entry-point group ``doppelganger.formats``, or by their import paths.
"""

from functools import partial

from synths.plugins import Plugins, modules_of

FORMATS = Plugins("format", "doppelganger.formats", partial(modules_of, f"{__name__}.formats"), needs=("save",))
