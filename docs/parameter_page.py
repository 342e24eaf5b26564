"""The page of parameters, made from the code."""

import mkdocs_gen_files

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


with mkdocs_gen_files.open("parameters.md", "w") as file:
    file.write(parameters())
