"""A table of embeddings as the two files that TensorFlow's Embedding Projector loads."""

from pathlib import Path

import pyarrow.parquet as pq

from synths import files

_ROWS = 4096


def metadata_path(out: Path) -> Path:
    """The file of the names that belong to a file of vectors."""
    return out.with_name(f"{out.stem}_metadata.tsv")


def write_projector(table: Path, out: Path) -> None:
    """Write the vectors, one a line without a header, and beside them the other columns, with a header.

    Args:
        table: Parquet file with an `embedding` column.
        out: file of the vectors; the other is `metadata_path`.

    Raises:
        OSError: a file cannot be written.
    """
    with pq.ParquetFile(table) as source, files.replacing(out) as vectors, files.replacing(metadata_path(out)) as about:
        names = [name for name in source.schema_arrow.names if name != "embedding"]
        with vectors.open("w", encoding="utf-8") as numbers, about.open("w", encoding="utf-8") as labels:
            labels.write("\t".join(names) + "\n")
            for batch in source.iter_batches(_ROWS):
                for row in batch.to_pylist():
                    numbers.write("\t".join(f"{value:.7g}" for value in row["embedding"]) + "\n")
                    labels.write("\t".join(" ".join(str(row[name]).split()) for name in names) + "\n")
