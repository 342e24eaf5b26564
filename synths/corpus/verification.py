"""Check a corpus: checksums of all shards, and a random share of the sounds rendered again."""

import io
import json
import math
import random
import tarfile
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np

from synths.corpus.blocks import Renderer
from synths.corpus.manifest import Manifest
from synths.corpus.recipe import Sound
from synths.corpus.shards import Shard
from synths.files import sha256_of


def check_files(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Each shard by name, with what is wrong with its file, or "" if it is what the manifest says."""
    for line in manifest.shards.values():
        path = manifest.folder / line["shard"]
        if not path.is_file():
            yield path.name, "is missing"
        elif (n_bytes := path.stat().st_size) != line["n_bytes"]:
            yield path.name, f"has {n_bytes} bytes, not {line['n_bytes']}"
        else:
            yield path.name, "" if sha256_of(path) == line["sha256"] else "has another checksum"
    listed = {line["shard"] for line in manifest.shards.values()}
    for path in sorted(manifest.folder.glob("shard-*.tar")):
        if path.name not in listed:
            yield path.name, "is not in the manifest"


def chosen(manifest: Manifest, renderer: Renderer, share: float, seed: int) -> list[int]:
    """First sounds of the blocks that are checked, a random share of those in shards of the right size.

    Whole blocks: a block is rendered for one sound of it, too.
    """
    n_rows = renderer.n_rows
    lines = [
        line for line in manifest.shards.values() if manifest.holds(Shard(line["number"], line["first"], line["n"]))
    ]
    starts = {
        i // n_rows * n_rows
        for line in lines
        for i in (*range(line["first"], line["first"] + line["n"], n_rows), line["first"] + line["n"] - 1)
    }
    return sorted(random.Random(seed).sample(sorted(starts), math.ceil(share * len(starts))))


def check_sounds(
    manifest: Manifest, renderer: Renderer, starts: list[int], tolerance: float
) -> Iterator[tuple[str, str]]:
    """Each sound of the blocks by shard and name, with what differs from its new rendering, or "" if nothing does.

    Args:
        manifest: of the corpus.
        renderer: of its recipe.
        starts: first sounds of the blocks, ascending.
        tolerance: largest difference of a sample, and of a number in a label as a share of it.
    """
    suffix = renderer.recipe.sound_format.file_format
    for number, some in groupby(_listed(manifest, renderer, starts), key=lambda pair: pair[0]):
        name = manifest.shards[number]["shard"]
        try:
            with tarfile.open(manifest.folder / name, "r:") as tar:
                members = {member.name: member for member in tar}
                for sound, data in renderer.render(sound for _, sound in some):
                    there, label = (_read(tar, members, f"{sound.name}.{end}") for end in (suffix, "json"))
                    wrong = "is missing"
                    if there is not None and label is not None:
                        wrong = _difference(there, data, label, sound.label, tolerance)
                    yield f"{name}: {sound.name}", wrong
        except (OSError, tarfile.TarError, EOFError) as error:
            yield name, f"cannot be read: {error}"


def _listed(manifest: Manifest, renderer: Renderer, starts: list[int]) -> Iterator[tuple[int, Sound]]:
    """The sounds of the blocks that shards hold, each with the number of its shard."""
    head = manifest.require_head()
    for start in starts:
        for i in range(max(start, head.first), start + renderer.n_rows):
            number = (i - head.first) // head.shard_size
            line = manifest.shards.get(number)
            if line and i < line["first"] + line["n"]:
                yield from ((number, sound) for sound in renderer.sounds(i, 1))


def _read(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], name: str) -> bytes | None:
    file = tar.extractfile(members[name]) if name in members and members[name].isfile() else None
    return file.read() if file else None


def _difference(sound: bytes, again: bytes, label: bytes, label_again: dict[str, Any], tolerance: float) -> str:
    try:
        there = json.loads(label)
    except ValueError:
        return "has a label that is not JSON"
    if wrong := _first_difference(there, json.loads(json.dumps(label_again)), tolerance):
        return f"has another {wrong}"
    return "" if sound == again else _difference_of_sounds(sound, again, tolerance)


def _difference_of_sounds(sound: bytes, again: bytes, tolerance: float) -> str:
    import soundfile

    try:
        old, rate = soundfile.read(io.BytesIO(sound), dtype="float64")
    except soundfile.SoundFileError as error:
        return f"cannot be read: {error}"
    new, new_rate = soundfile.read(io.BytesIO(again), dtype="float64")
    if (old.shape, rate) != (new.shape, new_rate):
        return f"has {old.shape[0]} samples at {rate} Hz, not {new.shape[0]} at {new_rate} Hz"
    difference = np.abs(old - new)
    n_different = int((~(difference <= tolerance)).sum())  # NaN differs
    return f"differs in {n_different} of {len(new)} samples, by up to {difference.max():.2g}" if n_different else ""


def _first_difference(there: Any, expected: Any, tolerance: float, name: str = "label") -> str:
    """Name of the first value in which two labels differ; "" if they do not."""
    if isinstance(there, dict) and isinstance(expected, dict):
        for key in [*expected, *there]:
            if wrong := _first_difference(there.get(key), expected.get(key), tolerance, key):
                return wrong
        return ""
    if isinstance(there, list) and isinstance(expected, list) and len(there) == len(expected):
        pairs = zip(there, expected, strict=True)
        return next((wrong for a, b in pairs if (wrong := _first_difference(a, b, tolerance, name))), "")
    if type(there) is float and type(expected) is float:
        both_nan = math.isnan(there) and math.isnan(expected)
        return "" if both_nan or math.isclose(there, expected, rel_tol=tolerance) else name
    return "" if there == expected else name
