"""torchsynth, the origin of our Voice, as a `Synth`."""

import warnings
import zlib
from functools import partial
from string import ascii_lowercase
from typing import Any

import torch
from torch import Tensor, nn

from synths import random
from synths.dsp import products
from synths.import_torchsynth import import_torchsynth
from synths.synth import AudioSynth
from synths.voices.voice import Voice

# torchsynth draws this many noises, and its sounds in batches of a multiple of it.
_ROWS = 32
# It needs two values of a control signal; the rest is cut.
_SHORTEST_S = 0.005


class TorchsynthVoice(AudioSynth):
    """The original torchsynth Voice: sound number i of seed 0 is sound number i of synth1B1.

    The parameters are those of `Voice`. torchsynth's own modules render it, 32 sounds at a time: the last bits of its
    sounds, and with them the phase of a high note, depend on the size of the batch. With `distribution` "theta",
    `sample` is what torchsynth draws, bit for bit. Another seed is the next billion: item `index` of `seed` is its
    sound number ``index + seed * 10**9``. (Its generator takes 32 bits of that: sound 2**32 is sound 0 again.)

    Args:
        sample_rate: in Hz.
        seconds: length of a sound; synth1B1 is 4 s at 44.1 kHz.
        kwargs: `distribution` and `ranges`, see `Synth`.

    Gradient: as in `Voice`; also zero through a slope of an envelope that takes no time, as does the decay
    of a note shorter than its attack, and through an LFO's selector below 1e-6.

    Source: torchsynth 1.0.2 (Turian et al., One Billion Audio Sounds from GPU-enabled Modular Synthesis,
    2021).
    """

    def __init__(self, *, sample_rate: int = 44100, seconds: float = 4.0, **kwargs):
        # Only rendering needs the package.
        super().__init__(Voice().space, sample_rate=sample_rate, seconds=seconds, **kwargs)
        self._voices = {}

    @classmethod
    def short_name(cls) -> str:
        return "torchsynth"

    def sample(self, index: random.Integers, seed: int = 0) -> Tensor:
        index = random.as_index(index)
        generator, unit = torch.Generator(), torch.empty(len(index), len(self.space), dtype=torch.float32)
        alphabetical = sorted(range(len(self.space)), key=self.space.names.__getitem__)
        for row, number in zip(unit, _number(index, seed).tolist(), strict=True):
            row[alphabetical] = torch.rand(len(row), generator=generator.manual_seed(number), dtype=torch.float32)
        return self.distributed(unit.to(index.device), index, seed)

    def noise_key(self, index: random.Integers, seed: int = 0, view: str = "") -> Tensor:
        """Noise keys: key % 32 is the row of torchsynth's noise. Views "a" to "z" move on by 1 to 26 rows."""
        return _number(random.as_index(index), seed) + _n_rows_on(view)

    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        voice, noise = self._voice(physical.device, dtype)
        sounds = []
        for rows, keys in zip(physical.split(_ROWS), key.split(_ROWS), strict=True):
            n_more = _ROWS - len(rows)
            _turn_knobs(voice, torch.cat([rows, rows[:1].expand(n_more, -1)]), dtype)
            voice.noise.noise = noise[nn.functional.pad(keys, (0, n_more)) % _ROWS]
            with products.FullPrecision():
                sounds.append(voice.output().as_subclass(Tensor)[: len(rows), : self.n_samples])
        return torch.cat(sounds)

    def render_physical(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        return self.synthesize(physical, key, dtype)  # in blocks of its own

    def _voice(self, device: torch.device, dtype: torch.dtype) -> tuple[Any, Tensor]:
        if (device, dtype) not in self._voices:
            theirs = import_torchsynth()
            seconds = max(self.seconds, _SHORTEST_S)
            with torch.random.fork_rng(devices=[]), torch.inference_mode(False):  # it turns its knobs at random
                voice = theirs.synth.Voice(theirs.config.SynthConfig(_ROWS, self.sample_rate, seconds))
                voice.to(device=device, dtype=dtype)
                voice.on_post_move_to_device()
            for module in voice.children():
                if isinstance(module, theirs.synth.ADSR):
                    module.ramp = partial(_ramp, module)
            voice.mixer.output = partial(_mix, voice.mixer)
            self._voices[device, dtype] = voice, voice.noise.noise
        return self._voices[device, dtype]

    def compile(self, *args, **kwargs) -> None:
        """Warns and goes on eagerly: torchsynth's modules are not made for torch.compile."""
        warnings.warn("could not compile torchsynth, running it eagerly", stacklevel=2)

    def __getstate__(self) -> dict:
        return super().__getstate__() | {"_voices": {}}


def _n_rows_on(view: str) -> int:
    """Rows of noise, 0 to 31, that a view moves on by; there are too few for every view to have its own."""
    if len(view) == 1 and view in ascii_lowercase:
        return 1 + ascii_lowercase.index(view)
    return 1 + zlib.crc32(view.encode()) % (_ROWS - 1) if view else 0


def _number(index: Tensor, seed: int) -> Tensor:
    return index + random.signed(random.as_seed(seed) * 10**9)


def _turn_knobs(voice: Any, physical: Tensor, dtype: torch.dtype) -> None:
    """Set torchsynth's knobs to physical values (32, 78) that carry a gradient."""
    space = Voice().space
    theta = space.to_theta(physical.detach())
    for i, name in enumerate(space.names):
        slot, knob = name.split(".")
        module, value = getattr(voice, slot), physical[:, i].to(dtype)
        if dtype == torch.float32:
            # Pitch shows the last bit of a knob: its value as they round it, its slope as we know it.
            rounded = module.get_parameter(knob).parameter_range.from_0to1(theta[:, i])
            value = rounded + (value - value.detach())
        if knob in getattr(module, "lfo_types", ()):
            value = value.clamp_min(1e-6)  # with every selector at 0 they divide by 0
        vars(module).setdefault("values", {})[knob] = value
        module.p = module.values.__getitem__


def _ramp(adsr: Any, duration: Tensor, start: Tensor | None = None, inverse: bool = False) -> Tensor:
    """Their slope of an envelope; where it takes no time its gradient is 0, not NaN."""
    start = None if start is None else _without_nan(start)
    return type(adsr).ramp(adsr, _without_nan(duration), start, inverse)


def _without_nan(x: Tensor) -> Tensor:
    if x.requires_grad:
        x = x.view_as(x)
        x.register_hook(lambda slope: slope.nan_to_num(0, 0, 0))
    return x


def _mix(mixer: Any, *signals: Tensor) -> Tensor:
    """Their mix; silence, which they also divide by its peak, has a gradient."""
    level = torch.stack([mixer.p(name) for name in mixer.torchparameters], dim=1)
    mix = torch.matmul(level.unsqueeze(1), torch.stack(signals, dim=1)).squeeze(1)
    return mix / mix.abs().amax(dim=1, keepdim=True).clamp_min(1)
