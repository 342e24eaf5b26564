"""The causes of a synth: of this package, or of an installed one."""

from doppelganger.labels.causes.causes import HELPERS, Causes
from doppelganger.recipe import class_path
from synths.finding import SYNTHS
from synths.plugins import Loaders, Plugins, modules_of
from synths.synth import AudioSynth


def _files() -> Loaders:
    return {name: load for name, load in modules_of("doppelganger.labels.causes").items() if name not in HELPERS}


CAUSES = Plugins("causes", "doppelganger.causes", _files, needs=("CAUSES",))


def find_causes(synth: AudioSynth) -> Causes | None:
    """`CAUSES` of the module with the name of a synth's class, or of the nearest base class that has one.

    A class may have its `causes` itself. Else it is one of ours, or declared by an installed package as a synth: then
    the module is the one that a package declares under the same name as causes.

    Raises:
        ValueError: a plug-in's causes cannot be loaded, or are no `Causes`.
    """
    for cls in type(synth).__mro__:
        if isinstance(own := vars(cls).get("causes"), Causes):
            return own
        name = _name_of(cls) if issubclass(cls, AudioSynth) else None
        if name:
            causes = CAUSES.find(name).CAUSES
            if not isinstance(causes, Causes):
                raise ValueError(f"causes {name!r}: expected CAUSES as a {class_path(Causes)}; got {causes!r}")
            return causes
    return None


def _name_of(cls: type[AudioSynth]) -> str | None:
    """Name of the causes of this very class; None if it has none."""
    # A class of another package may have the name of one of ours.
    if cls.__module__.partition(".")[0] == "synths":
        name, names = cls.short_name(), CAUSES.built_in()
    else:
        name, names = SYNTHS.declared_name(class_path(cls)), CAUSES.installed()
    return name if name in names else None
