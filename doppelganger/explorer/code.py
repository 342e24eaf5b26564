"""The Python, the command and the preset that make a sound of the page again."""

import shlex

from doppelganger.explorer.sounds import synth_of, theta_of
from doppelganger.explorer.state import State, synths


def python(state: State) -> str:
    """A script that renders the original and the doppelgängers of a state: `sound`, and `doppelgangers` by view."""
    synth, cls = synth_of(state), synths()[state.synth]
    settings = [] if state.is_pattern else [f"sample_rate={state.sample_rate}, seconds={state.seconds!r}"]
    settings += [f"ranges=presets.load({state.synth!r}, {state.preset!r})"] if state.preset else []
    imports = ["import torch", "", f"from {cls.__module__} import {cls.__name__}"]
    imports += ["from synths import presets"] if state.preset else []
    imports += ["from synths.perturbation import perturb"] if state.n else []
    lines = [
        *imports,
        "",
        f"synth = {cls.__name__}({', '.join(settings)})",
        f"index, seed = torch.tensor([{state.index}]), {state.seed}",
        "theta = synth.sample(index, seed)",
    ]
    theta = theta_of(state)[0]
    for name, value in state.values:
        column = synth.space.column(name)
        p = synth.space[column]
        unit = "" if p.unit in ("none", "choice") else f" {p.unit}"
        lines.append(f"theta[0, synth.space.column({name!r})] = {theta[column].item()!r}  # {value:g}{unit}")
    lines.append("sound = synth.render(theta, synth.noise_key(index, seed))")
    if state.n:
        lines += [
            "doppelgangers = {",
            "    view: synth.render(",
            f"        perturb(synth.space, theta, {state.delta!r}, index, seed=seed, view=view),",
            "        synth.noise_key(index, seed, view),",
            "    )",
            f"    for view in {''.join(state.views)!r}",
            "}",
        ]
    return "\n".join(lines) + "\n"


def command(state: State, view: str = "") -> str:
    """A command that writes the sound of a view: one file, or for a doppelgänger, a folder that holds it.

    Raises:
        ValueError: a synth of pictures, whose command draws no single one.
    """
    if state.is_pattern:
        raise ValueError(f"{state.synth} makes pictures, which `synths gallery` draws eight a row; copy the Python")
    name = f"{state.synth}-{state.index}"
    words = ["python", "-m", "synths", "render", state.synth, "--seed", str(state.seed), "--first", str(state.index)]
    words += ["--seconds", repr(state.seconds), "--sample-rate", str(state.sample_rate)]
    words += ["--preset", state.preset] if state.preset else []
    if view and not state.values:
        words += ["--doppelgangers", str(state.n), "--delta", repr(state.delta), "--out", f"{name}/"]
    elif view:  # a parameter that --set fixes does not move: the values of this doppelgänger, and its noise
        words += [*_settings(state, view), "--doppelgangers", str(state.views.index(view)), "--delta", "0"]
        words += ["--out", f"{name}/"]
    else:
        words += [*_settings(state, view), "--out", f"{name}.wav"]
    return shlex.join(words)


def _settings(state: State, view: str) -> list[str]:
    values = physical(state, view)
    names = values if view else [name for name, _ in state.values]
    return [word for name in names for word in ("--set", f"{name}={values[name]!r}")]


def preset(state: State, view: str = "") -> str:
    """All values of a view as a YAML file for --preset, which fixes them."""
    space = synth_of(state).space
    lines = [f"# {state.synth}, seed {state.seed}, index {state.index}" + (f", doppelgänger {view}" if view else "")]
    for p, value in zip(space, physical(state, view).values(), strict=True):
        unit = "" if p.unit in ("none", "choice") else f"  # {p.unit}"
        lines.append(f"{_key(p.name)}: {_yaml(value)}{unit}")
    return "\n".join(lines) + "\n"


def physical(state: State, view: str = "") -> dict[str, float]:
    """Values of a view by name, each in its parameter's unit."""
    space = synth_of(state).space
    return dict(zip(space.names, space.to_physical(theta_of(state, view))[0].tolist(), strict=True))


def _key(name: str) -> str:
    return f'"{name}"' if "->" in name or " " in name else name


def _yaml(value: float) -> str:
    text = repr(value)
    mantissa, e, exponent = text.partition("e")  # YAML 1.1 reads 1e-05 as text
    return f"{mantissa}{'' if '.' in mantissa else '.0'}e{exponent}" if e else text
