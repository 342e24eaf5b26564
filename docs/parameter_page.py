"""The page of parameters, made from the code."""

from pathlib import Path

import synths

HEADER = "| parameter | range | unit | curve | meaning |\n|---|---|---|---|---|\n"


def parameters() -> str:
    """One table a synth."""
    page = ["# Parameters", "Made from the code: `python -m synths describe NAME` prints the same."]
    for name, cls in synths.catalogue().items():
        synth = cls()
        rows = [
            f"| `{p.name}` | {p.low:.4g} to {p.high:.4g} | {p.unit} "
            f"| {p.curve:g}{' symmetric' * p.symmetric} | {p.doc} |"
            for p in synth.space
        ]
        about = (cls.__doc__ or "").split("\n\n")[0]
        page += [
            f"## {cls.__name__}",
            f"`{name}`: {about}",
            f"{len(rows)} parameters, fingerprint `{synth.space.fingerprint()}`.",
        ]
        page += [HEADER + "\n".join(rows)]
    return "\n\n".join(page) + "\n"


def write(folder: Path) -> None:
    """Writes parameters.md."""
    (folder / "parameters.md").write_text(parameters(), encoding="utf-8")
