"""What is known of an encoder: how it is made, where it comes from, how it scored. All in plain data."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from doppelganger.checkpoints import find_file, load_checkpoint, load_exported
from doppelganger.encoders import Encoder
from doppelganger.evaluation.report.run import training_config
from doppelganger.finding import folder_beside
from synths.provenance import commit


def about(encoder: Encoder, path: str | Path, report: Path | None = None) -> dict[str, Any]:
    """All that goes out into the world with an encoder.

    Args:
        encoder: from `load_encoder`.
        path: where it was loaded from.
        report: an evaluation's JSON; none means the newest one of this very encoder in evaluation/ beside it.

    Returns:
        `recipe`, `sample_rate` in Hz, `window_s`, `embedding_dim`; `provenance`: of which file, `commit` of the
        training, `fingerprint` of the synth's parameter space, `seeds`, `steps` and `config`, as far as known;
        `scores`: a row a task and protocol.

    Raises:
        FileNotFoundError, ValueError: a report that is none, or one of another encoder.
    """
    file = find_file(path)
    source = load_exported(file)[0] if file.suffix == ".safetensors" else None
    provenance = source["provenance"] if source else _of_checkpoint(file)
    scores = _scores(report, encoder) if report else _scores_beside(path, file, encoder)
    return {
        "recipe": encoder.recipe(),
        "sample_rate": encoder.sample_rate,
        "window_s": encoder.window_s,
        "embedding_dim": encoder.embedding_dim,
        "provenance": provenance,
        "scores": scores or (source["scores"] if source else []),
    }


def _of_checkpoint(file: Path) -> dict[str, Any]:
    checkpoint = load_checkpoint(file)
    config = training_config(file)
    return {
        "checkpoint": file.name,
        "commit": checkpoint.get("commit"),
        "exported_at": commit(),
        "fingerprint": checkpoint.get("space", {}).get("fingerprint"),
        "seeds": dict(_seeds(config)),
        "steps": checkpoint.get("global_step"),
        "config": config,
    }


def _seeds(config: Any, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Every seed in a config, with its key as one writes it on the command line."""
    for key, value in config.items() if isinstance(config, dict) else ():
        if key in ("seed", "seed_everything") and isinstance(value, int):
            yield prefix + key, value
        yield from _seeds(value, f"{prefix}{key}.")


def _scores_beside(path: str | Path, file: Path, encoder: Encoder) -> list[dict[str, Any]]:
    # A report older than the encoder is about another one that lay there before.
    beside = (folder_beside(str(path)) / "evaluation").glob("*.json")
    for report in sorted(beside, key=lambda p: p.stat().st_mtime, reverse=True):
        if report.stat().st_mtime >= file.stat().st_mtime:
            try:
                content = _read(report)
            except ValueError:
                continue
            if (
                content["config"] == _plain(encoder)
                and Path(content["encoder"]).resolve().stem == Path(path).resolve().stem
            ):
                return _rows(content)
    return []


def _scores(report: Path, encoder: Encoder) -> list[dict[str, Any]]:
    content = _read(report)
    if content["config"] != _plain(encoder):
        raise ValueError(
            f"--scores: expected the report of this encoder; {report} is about another one, {content['encoder']}"
        )
    return _rows(content)


def _read(report: Path) -> dict[str, Any]:
    try:
        content = json.loads(report.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if not isinstance(content, dict) or not {"encoder", "config", "tasks"} <= content.keys():
        raise ValueError(f"--scores: expected a report of `python -m doppelganger evaluate`; {report} is none")
    return content


def _plain(encoder: Encoder) -> Any:
    return json.loads(json.dumps(encoder.recipe()))


def _rows(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "task": task["name"],
            "metric": task["metric"],
            "clips": task["n_clips"],
            "protocol": protocol,
            "encoders": {
                name: {key: score[key] for key in ("score", "low", "high")} for name, score in asked["encoders"].items()
            },
        }
        for task in report["tasks"]
        for protocol, asked in task["protocols"].items()
    ]


def network_name(recipe: Mapping[str, Any]) -> str:
    """The name of an encoder's network: the timm backbone, else the class."""
    return recipe["arguments"].get("backbone") or recipe["class"].rpartition(".")[2]
