"""Code shared by commands that need more of a training than its encoder."""

from doppelganger.checkpoints import Kind, OtherModel, load_objective
from synths.command_line.usage import UsageError


def trained_model(path: str, kind: type[Kind], config: str) -> Kind:
    """The objective of a checkpoint with its encoder, see `load_objective`.

    Args:
        path: --model.
        kind: the class it must be of.
        config: name of the config that trains one.

    Raises:
        UsageError: nothing there, an encoder alone, or another objective.
    """
    try:
        return load_objective(path, kind)
    except (OtherModel, FileNotFoundError) as error:
        raise UsageError(f"--model: {error}; `doppelganger-train fit --config {config}` trains one") from None
