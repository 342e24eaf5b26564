"""Rules of tags for sounds of any origin, one topic a file; every file here is found and gives `RULES`.

A rule on a fact that a synth does not have is left out for that synth.
"""

from doppelganger.labels.tags.rule import Rule
from synths.plugins import modules_of


def shared_rules() -> list[Rule]:
    """The rules of every file in this package."""
    return [rule for _, load in sorted(modules_of(__name__).items()) for rule in load().RULES]
