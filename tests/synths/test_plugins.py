"""Plug-ins are found by name, entry point and import path; a broken one is named and stops no other."""

import pytest

import synths
from synths.plugins import Plugins, modules_of

WHISTLE = """
from synths import Voice

class Whistle(Voice):
    '''A whistle of a user's own.'''
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Writes a package, and the metadata by which an installed one declares its entry points."""

    def write(package: str, entry_points: str, **modules: str):
        folder = tmp_path / package
        folder.mkdir()
        for name, text in {"__init__": "", **modules}.items():
            (folder / f"{name}.py").write_text(text)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)

    monkeypatch.syspath_prepend(tmp_path)
    return write


def words(**more):
    return Plugins("word", "tests.words", lambda: {"one": lambda: "1", "three": lambda: "3"}, **more)


def test_names_are_ours_and_those_of_entry_points(install):
    assert words().names() == ["one", "three"]
    install(
        "plug_words", "[tests.words]\ntwo = plug_words.m:TWO\none = plug_words.m:OTHER\n", m="TWO, OTHER = '2', 'no'"
    )
    assert words().names() == ["one", "three", "two"] and words().installed() == ["two"]
    assert words().find("two") == "2" and words().find("one") == "1"
    assert words().every() == {"one": "1", "three": "3", "two": "2"}


def test_an_import_path_needs_no_entry_point(install):
    install("plug_paths", "", m="class A:\n    B = 'inner'\n")
    assert words().find("plug_paths.m:A.B") == "inner"
    assert words().find("plug_paths.m").__name__ == "plug_paths.m"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("thre", "unknown word 'thre'; did you mean three?"),
        ("zzz", "unknown word 'zzz'; expected one of one, three"),
        ("no_such.module", "word 'no_such.module' cannot be loaded: ModuleNotFoundError: No module named 'no_such'"),
        ("json:nothing", "word 'json:nothing' cannot be loaded: AttributeError"),
        (":x", "cannot be loaded"),
        ("..", "cannot be loaded"),
    ],
)
def test_what_cannot_be_found_is_named(name, said):
    with pytest.raises(ValueError) as failed:
        words().find(name)
    assert said in str(failed.value)


def test_a_broken_plug_in_is_named_and_stops_no_other(install):
    entries = "[tests.words]\nbroken = plug_broken.broken\nquits = plug_broken.quits\ntwo = plug_broken.m:TWO\n"
    install("plug_broken", entries, broken="import no_such_module", quits="raise SystemExit", m="TWO = '2'")
    problems = []
    assert list(words().every(problems.append)) == ["one", "three", "two"]
    assert "word 'broken' (plug_broken.broken) cannot be loaded: ModuleNotFoundError" in problems[0]
    assert "word 'quits' (plug_broken.quits) cannot be loaded: SystemExit" in problems[1]
    with pytest.warns(UserWarning, match="broken"):
        words().every()


def test_two_packages_that_claim_a_name_are_both_named(install):
    for package in ("plug_a", "plug_b"):
        install(package, f"[tests.words]\ntwo = {package}.m:TWO\n", m="TWO = '2'")
    with pytest.raises(ValueError, match=r"declared twice, as plug_a\.m:TWO and plug_b\.m:TWO"):
        words().find("two")


def test_what_lacks_an_attribute_or_is_of_another_class_is_refused():
    with pytest.raises(ValueError, match=r"'json': expected|'json.decoder': expected dumps and nothing; no dumps"):
        words(needs=("dumps", "nothing")).find("json.decoder")
    for name in ("json:dumps", "json:JSONDecoder", "synths:Synth"):
        with pytest.raises(ValueError, match=r"expected a class that derives from synths\.synth\.Synth"):
            words(base=synths.Synth).find(name)


def test_modules_with_an_underscore_are_no_plug_ins():
    found = modules_of("synths.commands")
    assert "render" in found and not any(name.startswith("_") for name in found)
    assert found["render"]().__name__ == "synths.commands.render"


def test_an_installed_synth_is_in_the_catalogue_but_not_in_the_bank(install):
    bank = synths.VoiceBank().space.fingerprint()
    install("plug_synth", "[doppelganger.synths]\nwhistle = plug_synth.m:Whistle\n", m=WHISTLE)
    assert synths.catalogue()["whistle"] is synths.find("whistle") is synths.find("plug_synth.m:Whistle")
    assert "whistle" not in synths.built_in() and "whistle" in synths.catalogue(synths.AudioSynth)
    assert synths.VoiceBank().space.fingerprint() == bank and not hasattr(synths, "Whistle")
    with pytest.raises(ValueError, match="whistle makes notes, not pictures; expected one of deadleavesmixed, "):
        from synths.patterns.pattern import Pattern

        synths.find("whistle", Pattern)


def test_the_default_bank_is_the_built_in_voices_in_their_order():
    voices = {name for name, cls in synths.built_in().items() if cls.__module__.startswith("synths.voices.")}
    names = list(synths.VoiceBank().synths)
    assert set(names) == voices - {"parametric", "sixoperatorfm"}
    assert names == ["voice", "voicefm", "subtractive", "fouroperatorfm", "plucked", "modal", "drum", "formant"]
