"""Protocols: how a probe is trained on a frozen encoder's embeddings. One module each.

A protocol is a module whose docstring says what it does and names its source, and whose ``predict(probe_task,
on_round)`` takes a `ProbeTask`, calls ``on_round()`` after every split and seed, and returns `Predictions`. One with
``LAYERS = True`` gets the layers of each encoder too, as ``probe_task.embeddings.layers``. A protocol of your own is
found by the entry-point group ``doppelganger.protocols``, or by its import path.
"""

from functools import partial

from synths.plugins import Plugins, modules_of

PROTOCOLS = Plugins("protocol", "doppelganger.protocols", partial(modules_of, __name__), needs=("predict",))
