"""The first lines of a model card: YAML that the Hugging Face Hub reads."""

from collections.abc import Mapping
from typing import Any

import yaml

from doppelganger.export.about import network_name
from doppelganger.missing_packages import DISTRIBUTION


def metadata(about: Mapping[str, Any]) -> str:
    """Library, licence, tags and scores in YAML, by the classes of huggingface_hub.

    Without that package the scores are left out; the card has them in its table.

    Args:
        about: from `doppelganger.export.about.about`.
    """
    facts = {
        "library_name": DISTRIBUTION,
        "license": about.get("license"),
        "pipeline_tag": "feature-extraction",
        "tags": ["audio", "doppelganger"],
    }
    try:
        from huggingface_hub import EvalResult, ModelCardData
    except ImportError:
        return yaml.safe_dump({name: fact for name, fact in facts.items() if fact}, sort_keys=False)
    results = [
        EvalResult(
            task_type="audio-classification",
            dataset_type=row["task"],
            dataset_name=row["task"],
            metric_type=row["metric"],
            metric_name=f"{row['metric']}, {row['protocol']}",
            metric_value=round(row["encoders"]["trained"]["score"], 4),
        )
        for row in about["scores"]
        if "trained" in row["encoders"]
    ]
    name = network_name(about["recipe"]) if results else None
    return ModelCardData(**facts, model_name=name, eval_results=results or None).to_yaml() + "\n"
