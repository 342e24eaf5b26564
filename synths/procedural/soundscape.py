"""Soundscape: up to five events in a reverberant room, over background noise."""

from collections.abc import Mapping

import torch
from torch import Tensor

from synths.dsp import chance, noise
from synths.dsp.choices import chosen
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.modules.reverb import Reverb
from synths.parameters import Parameter, ParameterSpace
from synths.presets.distribution import PresetDistribution
from synths.procedural.primitives.blow import Blow
from synths.procedural.primitives.call import Call
from synths.procedural.primitives.crowd import Crowd
from synths.procedural.primitives.engine import Engine
from synths.procedural.primitives.fire import Fire
from synths.procedural.primitives.friction import Friction
from synths.procedural.primitives.glide import Glide
from synths.procedural.primitives.impact import Impact
from synths.procedural.primitives.pluck import Pluck
from synths.procedural.primitives.rain import Rain
from synths.procedural.primitives.tone import Tone
from synths.procedural.primitives.voice import Voice
from synths.procedural.primitives.wind import Wind
from synths.procedural.scene import PlannedEvents, Scene, by_name

N_EVENTS = 5
PRIMITIVES: dict[str, Module] = {
    cls.__name__.lower(): cls()
    for cls in (Glide, Tone, Impact, Pluck, Blow, Friction, Voice, Call, Rain, Fire, Wind, Engine, Crowd)
}
_FRAME_S, _LONGEST_S = 0.008, 4.0
_ROWS = 8
_KINDS = ", ".join(f"{i} {name}" for i, name in enumerate(PRIMITIVES))

_SCENE = (Parameter("n_events", 0, N_EVENTS, "choice", doc="how many events, 1 to 5"),)
_BED = (
    Parameter("exponent", -0.5, 2.5, doc="its power falls as 1 / f^exponent: 0 white, 1 pink, 2 brown"),
    Parameter("level", -75, -30, "dB", doc="level of the background noise"),
)
_EVENT = (
    Parameter("kind", 0, len(PRIMITIVES), "choice", doc=f"kind of event: {_KINDS}"),
    Parameter("place", 0, 1, "ratio", doc="time of the event: 0 is at the start, 1 ends with the scene"),
    Parameter("duration", 0.1, _LONGEST_S, "s", doc="length of the event"),
    Parameter("attack", 0.001, 0.3, "s", curve=0.3, doc="rise"),
    Parameter("release", 0.005, 0.6, "s", curve=0.5, doc="fall at the end"),
    Parameter("level", -24, 0, "dB", doc="peak"),
)


class Soundscape(Scene):
    """A scene of one to five events out of thirteen kinds, over a bed of coloured noise, in a room.

    Args:
        sample_rate: in Hz.
        seconds: length of a scene; no event is longer than it, or than 4 s.
        kwargs: `distribution` and `ranges`, see `Synth`.

    Gradient: 0 through the choices and the places of events.
    """

    sources = (*PRIMITIVES, "bed")

    revision = 2

    def __init__(
        self,
        *,
        sample_rate: int = 16000,
        seconds: float = 10.24,
        distribution: str | PresetDistribution = "theta",
        ranges: Mapping[str, float | list[float]] | None = None,
    ):
        slots = {"scene": _SCENE, "bed": _BED, "room": Reverb.knobs}
        self._n_scene = sum(map(len, slots.values()))
        for event in (f"event_{e}" for e in range(1, N_EVENTS + 1)):
            slots[event] = _EVENT
            slots |= {f"{event}.{name}": primitive.knobs for name, primitive in PRIMITIVES.items()}
        space = ParameterSpace.of(slots, self.revision)
        super().__init__(space, sample_rate=sample_rate, seconds=seconds, distribution=distribution, ranges=ranges)
        self.hop = max(1, round(_FRAME_S * sample_rate))

    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        event = physical[:, self._n_scene :].unflatten(1, (N_EVENTS, -1))
        number = torch.arange(1, N_EVENTS + 1, device=key.device)
        keys = chance.another(key[:, None], 100 * number)
        _, _, kind, active = self._plan(physical)
        kind = torch.where(active, kind, len(PRIMITIVES))  # no part of that number: silence
        n = min(self.n_samples, round(_LONGEST_S * self.sample_rate))
        sounds = self.in_parts(kind.flatten(), len(PRIMITIVES), event.flatten(0, 1), keys.flatten(), dtype, n)
        rows = _ROWS if key.device.type == "cpu" else max(1, len(key))
        each = zip(physical.split(rows), key.split(rows), sounds.unflatten(0, (-1, N_EVENTS)).split(rows), strict=True)
        return torch.cat([self._mix(*some) for some in each])

    def part(self, which: int, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        n = min(self.n_samples, round(_LONGEST_S * self.sample_rate))
        clock = Clock(self.sample_rate, self.hop, -(-n // self.hop), physical.device, dtype)
        primitive = list(PRIMITIVES.values())[which]
        first = len(_EVENT) + sum(len(other.knobs) for other in list(PRIMITIVES.values())[:which])
        knobs = by_name(primitive.knobs, physical[:, first : first + len(primitive.knobs)])
        sound = primitive.forward(clock, key, **knobs).flatten(1)[:, :n]

        event = by_name(_EVENT, physical[:, None, : len(_EVENT)])  # each (batch, 1)
        time_s = torch.arange(n, device=key.device, dtype=dtype) / self.sample_rate
        left_s = event["duration"].clamp_max(self.seconds).to(dtype) - time_s
        rise, fall = time_s / event["attack"].to(dtype), left_s / event["release"].to(dtype)
        sound = sound * torch.minimum(rise, fall).clamp(0, 1)
        level = torch.exp2(event["level"] / 6.0206).to(dtype)
        return sound * (level / sound.abs().amax(dim=1, keepdim=True).clamp_min(1e-4))

    def events(self, theta: Tensor) -> PlannedEvents:
        physical = self.space.to_physical(theta)
        onset_s, duration_s, kind, active = self._plan(physical)
        bed = torch.zeros_like(kind[:, :1])
        return PlannedEvents(
            torch.cat([onset_s, bed.double()], dim=1),
            torch.cat([onset_s + duration_s, bed.double() + self.seconds], dim=1),
            torch.cat([kind, bed + len(PRIMITIVES)], dim=1),
            torch.cat([active, bed == 0], dim=1),
        )

    def _plan(self, physical: Tensor) -> tuple[Tensor, ...]:
        """Onset and duration in s, kind, and which events there are: each (batch, N_EVENTS)."""
        event = physical[:, self._n_scene :].unflatten(1, (N_EVENTS, -1))
        kind, place, duration, *_ = event.unbind(dim=2)
        duration_s = duration.clamp_max(self.seconds)
        n_events = 1 + chosen(physical[:, :1], N_EVENTS)
        active = torch.arange(N_EVENTS, device=kind.device) < n_events
        return place * (self.seconds - duration_s), duration_s, chosen(kind, len(PRIMITIVES)), active

    def _mix(self, physical: Tensor, key: Tensor, sounds: Tensor) -> Tensor:
        """The scene of its events (batch, N_EVENTS, n): each in its place, over the bed, in the room."""
        clock = Clock(self.sample_rate, self.hop, -(-self.n_samples // self.hop), key.device, sounds.dtype)
        exponent, level = physical[:, len(_SCENE) : len(_SCENE) + len(_BED)].unbind(dim=1)
        scene = bed(key, exponent, level, clock).flatten(1)
        onset_s, *_ = self._plan(physical)
        start = (onset_s * self.sample_rate).round().long()[:, :, None]
        # What would fall beyond the end is silent, and may fall on the last sample.
        at = (start + torch.arange(sounds.shape[2], device=key.device)).clamp_max(self.n_samples - 1)
        scene = scene.scatter_add(1, at.flatten(1), sounds.flatten(1)).view(len(key), clock.n_frames, clock.hop)
        room = by_name(Reverb.knobs, physical[:, len(_SCENE) + len(_BED) : self._n_scene])
        scene = Reverb().forward(clock, scene, chance.another(key, 1), **room).flatten(1)[:, : self.n_samples]
        return scene / scene.abs().amax(dim=1, keepdim=True).clamp_min(1)


def bed(key: Tensor, exponent: Tensor, level_db: Tensor, clock: Clock) -> Tensor:
    """Coloured noise, of power ``1 / f^exponent``.

    Args:
        key: int64 (batch,), noise keys.
        exponent: (batch,).
        level_db: (batch,), root of the mean square.

    Returns:
        (batch, n_frames, hop).
    """
    white = noise.white(key, clock)
    spectrum = torch.fft.rfft(white.flatten(1))
    # Below 20 Hz the colour no longer changes.
    hz = torch.arange(spectrum.shape[1], device=key.device, dtype=torch.float64)
    hz = (hz * (clock.sample_rate / clock.n_frames / clock.hop)).clamp_min(20)
    colour = torch.exp2(-0.5 * exponent[:, None] * torch.log2(hz / 1000)).to(clock.dtype)
    coloured = torch.fft.irfft(spectrum * colour, white[0].numel())
    power = coloured.square().mean(dim=1, keepdim=True).clamp_min(1e-12)
    return (coloured * (torch.exp2(level_db / 6.0206)[:, None].to(clock.dtype) / power.sqrt())).view_as(white)
