"""Recipe, provenance and scores of an encoder, as plain data."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from doppelganger.checkpoints import find_file, load_checkpoint, load_exported
from doppelganger.encoders import Encoder
from doppelganger.evaluation.report.run import training_config
from synths.files.plain_data import reason
from synths.provenance import commit


def about(encoder: Encoder, path: str | Path | None, scores: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Everything that is exported with an encoder besides its weights.

    Args:
        encoder: encoder from `load_encoder`.
        path: path that it was loaded from; None if it is not ours, so that nothing is known but the encoder itself.
        scores: scores from `read_scores`; None for those of the newest report on this encoder in evaluation/ beside it,
            or of an exported encoder that was not changed since.

    Returns:
        `recipe`, `sample_rate` in Hz, `window_s`, `max_window_s`, `embedding_dim`; `provenance`: name of the
        file, `commit` of the training, `fingerprint` of the synth's parameter space, `seeds`, `steps` and `config`,
        None where unknown; `scores`: a row per task and protocol; `license`: that of an exported encoder, None where
        not stated.

    Raises:
        ValueError: a training configuration that is not YAML, or scores of an exported encoder that are none.
    """
    source = None
    if path is None:
        provenance = _unknown()
    else:
        file = find_file(path)
        source = load_exported(file)[0] if file.suffix == ".safetensors" else None
        provenance = _provenance(source.get("provenance")) if source else _of_checkpoint(file)
        scores = _scores_beside(Path(path), file, encoder) if scores is None else scores
        if not scores and source and source["recipe"] == _plain(encoder):
            scores = _checked_rows(source.get("scores"))
    return {
        "recipe": encoder.recipe(),
        "sample_rate": encoder.sample_rate,
        "window_s": encoder.window_s,
        "max_window_s": encoder.max_window_s or encoder.window_s,
        "embedding_dim": encoder.embedding_dim,
        "provenance": provenance,
        "scores": scores or [],
        "license": source["license"] if source and isinstance(source.get("license"), str) else None,
    }


def read_scores(report: Path, encoder: Encoder) -> list[dict[str, Any]]:
    """The scores in a report of `python -m doppelganger evaluate`: a row per task and protocol.

    Raises:
        FileNotFoundError: no such report.
        ValueError: not a report, or one on another encoder.
    """
    content = _read(report)
    if content["config"] != _plain(encoder):
        raise ValueError(f"report: expected the report of this encoder; {report} is about {content['encoder']}")
    return _rows(content)


def _unknown() -> dict[str, Any]:
    named = dict.fromkeys(("checkpoint", "commit", "fingerprint", "steps", "config"))
    return {**named, "exported_at": commit(), "seeds": {}}


def _provenance(given: Any) -> dict[str, Any]:
    """What an exported file, which may be a stranger's, tells about its encoder; None where it tells something else."""
    given = given if isinstance(given, Mapping) else {}
    kept = {name: value for name, value in given.items() if _fits(name, value)}
    return {**kept, **{name: value for name, value in _unknown().items() if name not in kept}}


def _fits(name: str, value: Any) -> bool:
    if name in ("config", "seeds"):
        return isinstance(value, dict) or (name == "config" and value is None)
    return name in _unknown() and isinstance(value, str | int | None)


def _checked_rows(given: Any) -> list[dict[str, Any]]:
    try:
        return [
            {
                "task": str(row["task"]),
                "metric": str(row["metric"]),
                "clips": int(row["clips"]),
                "protocol": str(row["protocol"]),
                "encoders": {
                    str(name): {key: float(score[key]) for key in ("score", "low", "high")}
                    for name, score in row["encoders"].items()
                },
            }
            for row in given or []
        ]
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ValueError(
            f"metadata: expected scores with task, metric, protocol, clips and encoders; {reason(error)}"
        ) from None


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
    """Every seed in a config, with its key in dotted form."""
    for key, value in config.items() if isinstance(config, dict) else ():
        if key in ("seed", "seed_everything") and isinstance(value, int):
            yield prefix + key, value
        yield from _seeds(value, f"{prefix}{key}.")


def _scores_beside(path: Path, file: Path, encoder: Encoder) -> list[dict[str, Any]]:
    # A report older than the encoder is about another one that was there before.
    reports = ((path if path.is_dir() else path.parent) / "evaluation").glob("*.json")
    for report in sorted(reports, key=lambda p: p.stat().st_mtime, reverse=True):
        if report.stat().st_mtime >= file.stat().st_mtime:
            try:
                content = _read(report)
            except ValueError:
                continue
            if content["config"] == _plain(encoder) and Path(content["encoder"]).resolve().stem == path.resolve().stem:
                return _rows(content)
    return []


def _read(report: Path) -> dict[str, Any]:
    try:
        content = json.loads(report.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not {"encoder", "config", "tasks"} <= content.keys():
        raise ValueError(f"report: expected a report of `python -m doppelganger evaluate`; {report} is none")
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
                name: {key: score[key] for key in ("score", "low", "high")}
                for name, score in result["encoders"].items()
            },
        }
        for task in report["tasks"]
        for protocol, result in task["protocols"].items()
    ]


def network_name(recipe: Mapping[str, Any]) -> str:
    """The name of an encoder's network: the timm backbone, the model type of transformers, else the class."""
    arguments = recipe["arguments"]
    found = arguments.get("backbone") or (arguments.get("config") or {}).get("model_type")
    return found or recipe["class"].rpartition(".")[2]
