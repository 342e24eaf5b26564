"""Search, caption and zeroshot as a user runs them, with a model that has learned six sounds by heart."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

import synths
from doppelganger import AudioEncoder
from doppelganger.__main__ import main
from doppelganger.commands.caption import captions_of
from doppelganger.encoders.text.encoder import TextTransformer
from doppelganger.labels.captions.tokenizer import Tokenizer
from doppelganger.labels.label_space import LabelSpace
from doppelganger.labels.labels import Events, Labels
from doppelganger.objectives.captioning import Captioning
from doppelganger.objectives.contrastive_text import ContrastiveText
from doppelganger.streams.labelled import LabelledSounds, LabelledStream
from tests.checkpoint_files import save

CAPTIONS = ["a low tone .", "a high tone .", "soft noise ."]
RATE, N = 16000, 6400


def sounds(seed: int) -> torch.Tensor:
    """Two of each caption."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(N) / RATE
    rows = []
    for _ in range(2):
        low, high = (np.sin(2 * np.pi * hz * rng.uniform(0.95, 1.05) * time_s) for hz in (220, 2500))
        rows += [low, high, 0.2 * rng.standard_normal(N)]
    return torch.tensor(np.array(rows), dtype=torch.float32)


def learn(objective) -> None:
    space = LabelSpace((), (), (), Tokenizer(sorted({word for caption in CAPTIONS for word in caption.split()})))
    stream = LabelledStream(synths.find("voice")())
    stream.labeller = space
    objective.build(stream)
    caption = torch.tensor([space.tokenizer.encode(text) for text in ["a low tone.", "a high tone."]])
    noise = torch.tensor([[*space.tokenizer.encode("soft noise."), 0]])
    nothing = torch.zeros(3, 0)
    events = Events(nothing, nothing, nothing, nothing)
    three = Labels(nothing, events, nothing.bool, lambda: torch.cat([caption, noise]))
    sound = sounds(0)
    batches = [LabelledSounds(torch.arange(3), nothing, part, three) for part in sound.split(3)]
    optimizer = torch.optim.Adam(objective.parameters(), lr=3e-3)
    for _ in range(30):
        for batch in batches:
            optimizer.zero_grad()
            objective(batch)["loss"].backward()
            optimizer.step()


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Checkpoints of a model that reads and of one that writes."""
    folder = tmp_path_factory.mktemp("models")
    for name, kind, options in (
        ("reads", ContrastiveText, {"text": TextTransformer(32, 1, 2), "dim": 16}),
        ("writes", Captioning, {"dim": 32, "depth": 1, "n_heads": 2, "longest": 8, "parallel": 0.0}),
    ):
        torch.manual_seed(0)
        options_of_vit = {"depth": 1, "patch_size": [16, 8]}
        encoder = AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options=options_of_vit)
        learn(objective := kind(encoder, **options))
        save(folder / f"{name}.ckpt", objective)
    return folder


@pytest.fixture
def pack(tmp_path):
    """Six sounds that were not learned, of three classes, and a file that is no sound."""
    lines = ["file,label,fold"]
    names = ("low tone", "high_tone", "Soft-noise")
    for i, sound in enumerate(sounds(1).numpy()):
        soundfile.write(tmp_path / f"{names[i % 3][:3].lower()}{i}.wav", sound * 0.9, RATE)
        lines.append(f"{names[i % 3][:3].lower()}{i}.wav,{names[i % 3]},{i // 3}")
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    (tmp_path / "labels.csv").write_text("\n".join([*lines, "broken.wav,low tone,0"]))
    return tmp_path


def files(printed: str) -> list[str]:
    return [cell.rsplit("/", 1)[-1] for line in printed.splitlines() for cell in line.split() if cell.endswith(".wav")]


def test_search_ranks_files_and_names_what_it_cannot_use(models, pack, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    for words, first in (("a low tone.", "low"), ("A HIGH TONE", "hig"), ("soft noise", "sof")):
        main(["search", words, "--model", str(models / "reads.ckpt"), "--in", str(pack), "--top", "2"])
        printed = capsys.readouterr()
        assert [name[:3] for name in files(printed.out)] == [first, first]
        assert "broken.wav: not a readable sound file" in printed.err
    main(["search", "soft purple noise grün", "--model", str(models / "reads.ckpt"), "--in", str(pack)])
    printed = capsys.readouterr()
    assert "unknown words: purple, grün" in printed.err and len(files(printed.out)) == 6


def test_mistakes_end_in_one_line(models, pack, capsys):
    model = str(models / "reads.ckpt")
    for arguments, message in (
        (["search", "purple", "--model", model, "--in", str(pack)], "got none in: purple"),
        (["search", "a purple.", "--model", model, "--in", str(pack)], "got none in: a purple."),
        (
            ["search", "low", "--model", str(models / "writes.ckpt"), "--in", str(pack)],
            "was trained with Captioning; expected a checkpoint of a training with ContrastiveText; "
            "`doppelganger-train fit --config supervised/contrastive_text` trains one",
        ),
        (["search", "low", "--model", model, "--in", str(pack), "--top", "0"], "--top: expected at least 1"),
        (["search", "low", "--model", str(pack), "--in", str(pack)], "no checkpoint at"),
        (
            ["search", "low", "--model", "runs/none", "--in", str(pack)],
            "--model: no checkpoint at runs/none; expected a checkpoint of a training with ContrastiveText, or a "
            "folder with one; `doppelganger-train fit --config supervised/contrastive_text` trains one",
        ),
        (["caption", str(pack / "broken.wav"), "--model", str(models / "writes.ckpt")], "not a readable sound file"),
        (["caption", str(pack / "low0.wav"), "--model", model], "--config supervised/captioning` trains one"),
        (["zeroshot", "--packs", str(pack), "--model", "small"], "--config supervised/contrastive_text` trains one"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
        assert message in " ".join(capsys.readouterr().err.split())


def test_caption_says_what_each_window_sounds_like(models, tmp_path, capsys):
    low, high, noise = sounds(2)[:3].numpy()
    soundfile.write(tmp_path / "three.wav", np.concatenate([low, high, noise])[: 3 * N - 800], RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "one.wav", high, RATE)
    main(["caption", str(tmp_path / "three.wav"), str(tmp_path / "one.wav"), "--model", str(models / "writes.ckpt")])
    three, *lines, one, last = capsys.readouterr().out.splitlines()
    assert three.endswith("three.wav:") and one.endswith("one.wav:") and last == "    0.00 s  A high tone."
    assert lines == ["    0.00 s  A low tone.", "    0.40 s  A high tone.", "    0.75 s  Soft noise."]


def test_captions_of_hours_start_where_their_windows_do(tmp_path):
    """With a window of 10.5 samples, of which 10 are embedded."""
    encoder = SimpleNamespace(sample_rate=1000, window_s=0.0105, window=10)
    soundfile.write(tmp_path / "long.wav", np.zeros(2005), 1000)
    model: Any = SimpleNamespace(encoder=encoder, caption=lambda windows: ["silence"] * len(windows))
    starts_s = [start_s for start_s, _ in captions_of(model, tmp_path / "long.wav")]
    np.testing.assert_allclose(starts_s, [*np.arange(200) * 0.01, 1.995], atol=1e-9)


def test_zero_shot_names_classes_by_their_names(models, pack, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    labels = pack / "labels.csv"
    main(["zeroshot", "--model", str(models / "reads.ckpt"), "--packs", str(pack)])
    printed = capsys.readouterr()
    assert "100.0" in printed.out and "33.3" in printed.out and "unknown words" not in printed.err
    assert "skipped broken.wav: not a readable sound file" in printed.err
    labels.write_text(labels.read_text().replace("Soft-noise", "purple rain"))
    main(["zeroshot", "--model", str(models / "reads.ckpt"), "--packs", str(pack)])
    assert "unknown words: purple, rain" in capsys.readouterr().err
    (pack / "texts.yaml").write_text("purple rain: soft noise\n")
    arguments = ["zeroshot", "--model", str(models / "reads.ckpt"), "--packs", str(pack), "--texts"]
    main([*arguments, str(pack / "texts.yaml")])
    printed = capsys.readouterr()
    assert "100.0" in printed.out and "unknown words" not in printed.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("purple rain: soft noise", "--texts: no class purple rain; expected some of"),
        ("off: a click", "got False, a YAML bool: put quotes around names"),
        ("just words", "--texts: expected a line a class in"),
        ("a: [", "expected YAML"),
        ("low tone: a tone\nhigh_tone: a tone", "expected another text for each class; high_tone and low tone of"),
    ],
)
def test_texts_of_classes_that_cannot_be_used_are_told(models, pack, capsys, text, said):
    (pack / "texts.yaml").write_text(text)
    model = str(models / "reads.ckpt")
    with pytest.raises(SystemExit, match="2"):
        main(["zeroshot", "--model", model, "--packs", str(pack), "--texts", str(pack / "texts.yaml")])
    assert said in capsys.readouterr().err


def test_a_model_that_reads_and_its_labels_are_plain_data(models):
    made = torch.load(models / "reads.ckpt", weights_only=True)
    assert made["objective"]["arguments"]["text"]["class"] == "doppelganger.encoders.text.encoder.TextTransformer"
    assert dataclasses.is_dataclass(LabelSpace.read(made["objective"]["labels"]))
