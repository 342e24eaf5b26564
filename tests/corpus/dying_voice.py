"""A synth whose process dies."""

import os
from pathlib import Path

from synths.voices.voice import Voice
from tests.corpus.dying import MARK, once


class DyingVoice(Voice):
    """A voice that kills its process once."""

    def synthesize(self, *args):
        if MARK in os.environ:
            once(Path(os.environ[MARK]))
        return super().synthesize(*args)
