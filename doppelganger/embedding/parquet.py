"""Write embeddings to a Parquet file, row group by row group."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synths import files

_ROWS = 4096  # rows in a row group, held in memory until written


class EmbeddingFile:
    """A table with an `embedding` column, written atomically; used in a `with` statement.

    Args:
        path: output file, which appears when all is written.
        columns: name -> type of the columns before the embedding.
        dim: embedding dimension; the column is a fixed-size list of float32.
        about: metadata of the file, stored under "doppelganger" as JSON.
    """

    def __init__(self, path: Path, columns: Mapping[str, pa.DataType], dim: int, about: Mapping[str, Any]):
        self.path = path
        fields = [pa.field(name, type, nullable=False) for name, type in columns.items()]
        embedding = pa.list_(pa.field("element", pa.float32(), nullable=False), dim)
        self.schema = pa.schema(
            [*fields, pa.field("embedding", embedding, nullable=False)], metadata={"doppelganger": json.dumps(about)}
        )
        self.rows: list[tuple] = []
        self.batches: list[pa.RecordBatch] = []

    def __enter__(self) -> "EmbeddingFile":
        # Hardly any number of an embedding occurs twice: a dictionary would not compress.
        with ExitStack() as stack:
            unfinished = stack.enter_context(files.replacing(self.path))
            options = {"compression": "zstd", "use_dictionary": False}
            self.writer = stack.enter_context(pq.ParquetWriter(unfinished, self.schema, **options))
            self._stack = stack.pop_all()
        return self

    def add(self, *row: Any) -> None:
        """Add one row: a value per column, the last one the embedding (dim,)."""
        self.rows.append(row)
        if len(self.rows) == _ROWS:
            self._gather()
            self._write()

    def copy(self, path: Path) -> None:
        """Add the rows of another table with the same columns."""
        self._gather()
        with pq.ParquetFile(path) as table:
            for batch in table.iter_batches(_ROWS):
                self.batches.append(batch.cast(self.schema))
                if sum(batch.num_rows for batch in self.batches) >= _ROWS:
                    self._write()

    def note(self, key: str, value: Any) -> None:
        """Add to the metadata of the file, as JSON."""
        self.writer.add_key_value_metadata({key: json.dumps(value)})

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, at)
            return
        with self._stack:
            self._gather()
            self._write()

    def _gather(self) -> None:
        """Turn the rows into a batch."""
        if not self.rows:
            return
        *columns, embeddings = zip(*self.rows, strict=True)
        type = self.schema.field("embedding").type
        numbers = pa.array(np.concatenate(embeddings).astype(np.float32, copy=False))
        arrays = [pa.array(c, type=self.schema.field(i).type) for i, c in enumerate(columns)]
        arrays.append(pa.FixedSizeListArray.from_arrays(numbers, type=type))
        self.batches.append(pa.record_batch(arrays, schema=self.schema))
        self.rows.clear()

    def _write(self) -> None:
        if self.batches:
            self.writer.write_table(pa.Table.from_batches(self.batches, self.schema), row_group_size=_ROWS)
            self.batches.clear()
