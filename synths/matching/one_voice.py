"""Match sounds with one voice."""

from collections.abc import Callable, Iterable

from torch import Tensor

from synths.matching.search import Match, Search
from synths.matching.tune import tuned
from synths.synth import AudioSynth


def match(
    synth: AudioSynth,
    target: Tensor,
    *,
    pitch: Tensor | None = None,
    steps: int = 300,
    n_starts: int = 64,
    n_survivors: int = 16,
    seed: int = 0,
    noise_of: int | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Match:
    """Search for the theta whose sound is nearest to the target, at equal loudness.

    The best few of many random sounds survive. At two of three steps a survivor descends along its gradient. At the
    third it goes back to its nearest sound, may copy parameters from another survivor, and moves some parameters, each
    by a random amount against the sign of its gradient plus noise; it keeps that move if the loss falls.

    Args:
        synth: renders (batch, n_samples).
        target: (batch, synth.n_samples), at the synth's sample rate, with a peak near 1.
        pitch: (batch,), MIDI note numbers, NaN where a target has none, see `pitch_of`: the starts are transposed to
            it by their parameters named "midi_f0", if there are any, and the best survivors are tuned at the end.
        steps: number of steps of each survivor.
        n_starts, n_survivors: number of random sounds at the start, and of those that each target keeps.
        seed: seed for all random draws; the starts are ``synth.sample(torch.arange(n_starts), seed)``.
        noise_of: number of a sound, of seed 0, whose noise all sounds have, ``synth.noise_key(noise_of)``; None: the
            noise of key 0.
        progress: wraps the steps, `rich.progress.track` say.

    Returns:
        the best theta found for each target, the same alone or in a batch.

    Raises:
        ValueError: a wrong shape, a target that is not finite, or a synth that makes images.
        ImportError: pitch is given, and librosa is missing.
    """
    if steps < 0:
        raise ValueError(f"expected steps of at least 0; got {steps}")
    options = {"n_starts": n_starts, "n_survivors": n_survivors, "seed": seed}
    search = Search(synth, target, pitch=pitch, noise_of=noise_of, **options)
    for _ in progress(range(steps)):
        search.advance()
    return search.best() if pitch is None else tuned(search, pitch)
