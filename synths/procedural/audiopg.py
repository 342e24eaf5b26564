"""AudioPG: scenes of up to five cuts of one tone, as the released generator draws them."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from synths.dsp import chance, noise, partials, products, response
from synths.dsp.bounds import between
from synths.dsp.choices import chosen
from synths.dsp.clock import Clock, settled
from synths.parameters import Parameter, ParameterSpace
from synths.presets.distribution import PresetDistribution
from synths.procedural import tones
from synths.procedural.scene import PlannedEvents, Scene, by_name

N_EVENTS = 5
_FRAME_S, _LONGEST_BURST_S = 0.008, 0.1

Knobs = dict[str, Tensor]

_CLIP = (
    Parameter("f0", 50, 2000, "Hz", doc="fundamental of every event"),
    Parameter("mode", 0, 3, "choice", doc="0 harmonic, 1 FM, 2 pulse"),
    Parameter("n_partials", 0, 13, "choice", doc="harmonic: how many partials, 3 to 15"),
    Parameter("index", 0.5, 8, doc="FM: how bright"),
    Parameter("ratio", 0, 6, "choice", doc="FM: modulator against f0, " + ", ".join(f"{r:g}" for r in tones.RATIOS)),
    Parameter("wave", 0, 2, "choice", doc="pulse: 0 saw, 1 square"),
    Parameter("burst", 0, 5, "choice", doc="0 and 1: none; 2 to 4: a burst of noise in the tone"),
    Parameter("burst_duration", 0.01, _LONGEST_BURST_S, "s", doc="length of the burst"),
    Parameter("burst_place", 0, 1, "ratio", doc="of the burst in the tone: 0 is its start, 1 its end"),
    Parameter("burst_gain", 0.5, 2, "ratio", doc="peak of the burst"),
    Parameter("n_events", 0, N_EVENTS, "choice", doc="how many events, 1 to 5"),
    Parameter("lowpass", 0, 10, "choice", doc="0 to 2: none; 3 to 9: a low-pass"),
    Parameter("cutoff", 200, 6000, "Hz", doc="of the low-pass"),
    Parameter("noise", 0.001, 0.02, "ratio", doc="peak of the noise under all, before the loudest sample becomes 1"),
)
_PARTIAL = (
    Parameter("decay", 0.5, 1.5, doc="its amplitude is level / k^decay"),
    Parameter("level", 0.5, 1.2, "ratio", doc="its amplitude against the rule"),
    Parameter("phase", 0, 2 * math.pi, "rad", doc="phase at the start of the tone"),
    Parameter("detune", 0.995, 1.005, "ratio", doc="its frequency against k f0"),
)
_EVENT = (
    Parameter("duration", 0, 1, "ratio", doc="length: 0 is 0.5 s, 1 the clip divided by the number of events"),
    Parameter("place", 0, 1, "ratio", doc="in the clip: 0 is at the start, 1 ends with the clip"),
    Parameter("cut", 0, 1, "ratio", doc="where in the tone it is cut out: 0 is at the start"),
    Parameter("attack", 0.01, 0.3, "ratio", doc="rise, as a part of the event"),
    Parameter("decay", 0.1, 0.4, "ratio", doc="fall to 0.6, as a part of the event; from there it falls to the end"),
)


class AudioPG(Scene):
    """Up to five overlapping cuts of one tone, with a burst of noise, a low-pass and a little noise.

    Ranges, shares and envelopes are those of the released generator. It differs in that nothing aliases and the
    low-pass does not clip. A tone is a list of partials, so a cut shifts their phases, a low-pass scales and shifts
    each, and a clip is a matrix product.

    Args:
        sample_rate: in Hz.
        seconds: length of a clip.
        kwargs: `distribution` and `ranges`, see `Synth`.

    Gradient: 0 through the choices and the place of the burst.

    Source: Liu et al., AudioPG, 2026 (arXiv 2606.14791), and its public code, synthesizer/primitives.py.
    """

    sources = (*tones.SOURCES, "burst")

    def __init__(
        self,
        *,
        sample_rate: int = 16000,
        seconds: float = 10.24,
        distribution: str | PresetDistribution = "theta",
        ranges: Mapping[str, float | list[float]] | None = None,
    ):
        slots = {
            "clip": _CLIP,
            **{f"partial_{k}": _PARTIAL for k in range(1, tones.N_HARMONICS + 1)},
            **{f"event_{e}": _EVENT for e in range(1, N_EVENTS + 1)},
        }
        space = ParameterSpace.of(slots)
        super().__init__(space, sample_rate=sample_rate, seconds=seconds, distribution=distribution, ranges=ranges)
        self.hop = 2 * max(1, round(_FRAME_S * sample_rate / 2))
        self.n_frames = -(-self.n_samples // self.hop)
        # How many partials a tone may have; most have few, and the last is enough for the lowest saw.
        self.groups = (16, 32, max(64, math.ceil(sample_rate / 2 / _CLIP[0].low)))

    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        clip, *_ = self._knobs(physical.detach())
        needed = tones.n_needed(_source(clip), clip["f0"], clip["index"], self.sample_rate / 2)
        group = torch.bucketize(needed, torch.tensor(self.groups[:-1], device=needed.device))
        return self.in_parts(group, len(self.groups), physical, key, dtype, self.n_samples)

    def part(self, which: int, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        clock = Clock(self.sample_rate, self.hop, self.n_frames, physical.device, dtype)
        clip, partial, event = self._knobs(physical)
        tone = self._tone(clip, partial, self.groups[which])
        onset_s, duration_s, shift_s, active = self._cuts(clip, event)

        # What a cut, and the low-pass, do to a partial: (batch, N_EVENTS, n_partials).
        turns = tone.frequency_hz[:, None] * shift_s[:, :, None] + tone.initial_rad[:, None] / (2 * torch.pi) - 0.25
        cos, sin = partials.cos_sin(turns, torch.float64)
        real, imaginary = ((tone.amplitude * x)[:, None] for x in self._lowpass(tone.frequency_hz, clip))
        cuts = torch.cat([cos * real - sin * imaginary, cos * imaginary + sin * real], dim=2)
        envelope = _envelope(clock.boundaries_s(), onset_s, duration_s, event, dtype) * active[:, :, None]
        real, imaginary = products.matmul(envelope.mT, cuts.to(dtype)).chunk(2, dim=2)
        sound = partials.steady(tone.frequency_hz, real, imaginary, clock)

        sound = sound + clock.constant(clip["noise"]) * noise.white(key, clock)
        sound = sound.flatten(1)[:, : self.n_samples].scatter_add(1, *self._bursts(clip, event, key, dtype))
        return sound / sound.abs().amax(dim=1, keepdim=True).clamp_min(1e-6)

    def events(self, theta: Tensor) -> PlannedEvents:
        clip, _, event = self._knobs(self.space.to_physical(theta))
        onset_s, duration_s, shift_s, active = self._cuts(clip, event)
        offset_s = onset_s + duration_s
        burst_s = self._burst_s(clip)[:, None] - shift_s
        burst_end_s = torch.minimum(burst_s + clip["burst_duration"][:, None], offset_s)
        burst_s = torch.maximum(burst_s, onset_s)
        bursts = active & (clip["burst"][:, None] >= 2) & (burst_end_s > burst_s)
        source = _source(clip)[:, None].expand_as(active)
        return PlannedEvents(
            torch.cat([onset_s, torch.minimum(burst_s, offset_s)], dim=1),
            torch.cat([offset_s, torch.maximum(burst_end_s, onset_s)], dim=1),
            torch.cat([source, torch.full_like(source, len(tones.SOURCES))], dim=1),
            torch.cat([active, bursts], dim=1),
        )

    def _knobs(self, physical: Tensor) -> tuple[Knobs, ...]:
        """Knobs by name: the clip's (batch,), the partials' (batch, N_HARMONICS), the events' (batch, N_EVENTS)."""
        sizes = [len(_CLIP), len(_PARTIAL) * tones.N_HARMONICS, len(_EVENT) * N_EVENTS]
        clip, partial, event = physical.split(sizes, dim=1)
        partial, event = partial.unflatten(1, (-1, len(_PARTIAL))), event.unflatten(1, (-1, len(_EVENT)))
        return by_name(_CLIP, clip), by_name(_PARTIAL, partial), by_name(_EVENT, event)

    def _tone(self, clip: Knobs, partial: Knobs, n: int) -> tones.Partials:
        f0_hz = clip["f0"]
        ratios = torch.tensor(tones.RATIOS, dtype=torch.float64, device=f0_hz.device)
        ratio = ratios[chosen(clip["ratio"], len(tones.RATIOS))]
        harmonic = tones.harmonic(f0_hz, 3 + chosen(clip["n_partials"], 13), tuple(partial.values()), n)
        kinds = [harmonic, tones.fm(f0_hz, clip["index"], ratio, n), tones.saw(f0_hz, n), tones.square(f0_hz, n)]
        return tones.audible(tones.select(_source(clip), kinds), self.sample_rate / 2)

    def _cuts(self, clip: Knobs, event: Knobs) -> tuple[Tensor, ...]:
        """Onset, duration and offset into the tone in s, and which events there are."""
        n_events = 1 + chosen(clip["n_events"], N_EVENTS)[:, None]
        longest_s = self.seconds / n_events.double()
        shortest_s = longest_s.clamp_max(0.5)
        duration_s = shortest_s + (longest_s - shortest_s) * event["duration"]
        onset_s, cut_s = (event[knob] * (self.seconds - duration_s).clamp_min(0) for knob in ("place", "cut"))
        active = torch.arange(N_EVENTS, device=n_events.device) < n_events
        return onset_s, duration_s, cut_s - onset_s, active

    def _burst_s(self, clip: Knobs) -> Tensor:
        return clip["burst_place"] * (self.seconds - clip["burst_duration"]).clamp_min(0)

    def _lowpass(self, frequency_hz: Tensor, clip: Knobs) -> tuple[Tensor, Tensor]:
        real, imaginary = response.lowpass(frequency_hz, clip["cutoff"][:, None], math.sqrt(0.5), self.sample_rate)
        on = (clip["lowpass"] >= 3)[:, None]
        return torch.where(on, real, 1.0), torch.where(on, imaginary, 0.0)

    def _bursts(self, clip: Knobs, event: Knobs, key: Tensor, dtype: torch.dtype) -> tuple[Tensor, ...]:
        """The burst under the envelopes of the events: at which samples, int64 (batch, n), and its waveform there."""
        n = 1 << math.ceil(_LONGEST_BURST_S * 1.2 * self.sample_rate).bit_length()  # and the filter's ringing
        sample = torch.arange(n, dtype=torch.float64, device=key.device)
        there = between(clip["burst_duration"][:, None] * self.sample_rate - sample, 0, 1)
        level = torch.where(clip["burst"] >= 2, clip["burst_gain"], 0.0)[:, None] * there
        clock = Clock(self.sample_rate, n, 1, key.device, dtype)
        burst = noise.white(chance.another(key, 1), clock)[:, 0] * level.to(dtype)
        grid_hz = torch.arange(n // 2 + 1, dtype=torch.float64, device=key.device) * (self.sample_rate / n)
        through = torch.complex(*(x.to(dtype) for x in self._lowpass(grid_hz, clip)))
        burst = torch.fft.irfft(torch.fft.rfft(burst) * through, n)

        onset_s, duration_s, shift_s, active = self._cuts(clip, event)
        start = ((self._burst_s(clip)[:, None] - shift_s).detach() * self.sample_rate).round()
        at = start[:, :, None] + sample
        envelope = _envelope(at / self.sample_rate, onset_s, duration_s, event, dtype) * active[:, :, None]
        # An envelope is 0 outside the clip, so what lies there may land anywhere in it.
        at = at.long().clamp(0, self.n_samples - 1)
        return at.flatten(1), settled(envelope * burst[:, None]).flatten(1)


def _source(clip: Knobs) -> Tensor:
    mode = chosen(clip["mode"], 3)
    return torch.where(mode == 2, mode + chosen(clip["wave"], 2), mode)


def _envelope(time_s: Tensor, onset_s: Tensor, duration_s: Tensor, event: Knobs, dtype: torch.dtype) -> Tensor:
    """Up to 1, down to 0.6, down to 0, in straight lines; 0 before and after: (batch, N_EVENTS, n)."""
    attack, decay = (event[knob][:, :, None].to(dtype) for knob in ("attack", "decay"))
    x = ((time_s - onset_s[:, :, None]) / duration_s[:, :, None]).to(dtype)
    fall = torch.where(x < attack + decay, 1 - 0.4 * (x - attack) / decay, 0.6 * (1 - x) / (1 - attack - decay))
    return torch.where(x < attack, x / attack, fall).clamp_min(0)
