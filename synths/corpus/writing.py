"""Write a corpus, or what is missing of it."""

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from synths import files
from synths.corpus.manifest import Head, Manifest
from synths.corpus.shards import Task, shards_of, write_shard
from synths.engines import Engine, in_this_process


def write(folder: Path, head: Head, n: int, engine: Engine = in_this_process) -> Generator[int, None, None]:
    """Write the shards that are not there yet.

    Args:
        folder: folder of the corpus; it need not exist.
        head: recipe and size of the shards.
        n: number of sounds.
        engine: where shards are made.

    Yields:
        0 when the folder is ready; then the number of sounds of each shard that was written.

    Raises:
        ValueError: the folder holds something else.
        OSError: a file cannot be written. What is there already stays valid.
    """
    manifest = Manifest(folder)
    manifest.require(head, n)
    if manifest.head is None and any(folder.glob("*.jsonl")):
        raise ValueError(f"holds {next(folder.glob('*.jsonl')).name}; choose another folder")
    manifest.open(head, n)
    missing = [shard for shard in shards_of(head.first, head.shard_size, n) if not manifest.holds(shard)]
    try:
        yield 0
        tasks = (Task(head.recipe, folder.resolve(), shard) for shard in missing)
        with closing(engine(write_shard, tasks)) as lines:
            for line in lines:
                manifest.add(line)
                yield line["n"]
        manifest.finish(n)
    except BaseException:
        files.remove_leftovers(folder)  # of processes that were ended
        raise
