"""What `embed` writes, read as other tools document that they read it.

embedding-atlas loads Parquet with pandas and takes the vectors "stored as lists or numpy arrays" in the column of
--vector. The Embedding Projector takes one vector a line, numbers separated by tabs, without a header; and metadata of
several columns with a header, a line a vector. datasets loads Parquet by its columns' types.
"""

import csv

import numpy as np
import pandas as pd
import pytest
import soundfile

from doppelganger.__main__ import main

NAMES = ["a\ttab.wav", "b.wav", "sub/ü.flac"]


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    folder, generator = tmp_path_factory.mktemp("sounds"), np.random.default_rng(0)
    for name in NAMES:
        (folder / name).parent.mkdir(exist_ok=True)
        soundfile.write(folder / name, generator.uniform(-0.5, 0.5, 16000), 16000)
    return folder


@pytest.fixture(scope="module")
def written(sounds, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    for name in ("embeddings.parquet", "embeddings.tsv"):
        main(["embed", str(sounds), "--encoder", "log-mel", "--out", str(folder / name)])
    return folder


def test_pandas_and_embedding_atlas_read_the_table(written):
    frame = pd.read_parquet(written / "embeddings.parquet")
    assert list(frame.columns) == ["path", "seconds", "embedding"] and list(frame["path"]) == NAMES
    vectors = np.stack(frame["embedding"].to_list())
    assert vectors.dtype == np.float32 and vectors.ndim == 2 and np.isfinite(vectors).all()


def test_datasets_reads_the_table(written, tmp_path):
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_parquet(str(written / "embeddings.parquet"), cache_dir=str(tmp_path))
    assert table.features["path"].dtype == "string" and table.features["embedding"].feature.dtype == "float32"
    assert np.asarray(table.with_format("numpy")["embedding"][:]).shape[0] == 3


def test_the_projector_reads_both_files(written):
    vectors = np.loadtxt(written / "embeddings.tsv", delimiter="\t", ndmin=2)
    table = np.stack(pd.read_parquet(written / "embeddings.parquet")["embedding"].to_list())
    np.testing.assert_allclose(vectors, table, rtol=1e-6)
    with (written / "embeddings_metadata.tsv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    assert rows[0] == ["path", "seconds"] and len(rows) == 1 + len(vectors)
    assert [row[0] for row in rows[1:]] == ["a tab.wav", "b.wav", "sub/ü.flac"] and {len(row) for row in rows} == {2}
    assert sorted(path.name for path in written.iterdir()) == [
        "embeddings.parquet",
        "embeddings.tsv",
        "embeddings_metadata.tsv",
    ]


def test_another_suffix_is_refused(sounds, capsys):
    with pytest.raises(SystemExit):
        main(["embed", str(sounds), "--out", "table.csv"])
    assert "--out: expected a file that ends in .parquet or .tsv; got table.csv" in capsys.readouterr().err
