"""Sounds by their properties, made with numpy, for tests of rules."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

PEAK_S = 0.05  # how long a sound stays at its peak where it then drops to a level
LINES = np.arange(1, 27) ** 1.13  # as of a very stiff string


@dataclass(frozen=True)
class Recipe:
    """A sound by its properties: a tone, other things beside it by their shares of the power, and an envelope.

    Args:
        hz: of the tone.
        overtones_db: harmonics 2 to 8 against the first; a pure tone at -inf.
        even_db: harmonics 2, 4 and 6 against 3, 5 and 7.
        beside, beside_hz: share of another sine, and where it is; it moves with the tone.
        noise, noise_from, noise_hz: share of noise, and from where to where it goes.
        lines, n_lines, lines_hz: share of lines that never repeat together, how many, and the lowest.
        db: root mean square of the audible part, against full scale.
        start, attack, hold, decay: s; it rises along a line, stays, and falls by 20 dB a `decay`, or at once at 0.
        drop: level after `PEAK_S`, against the peak.
        creep: how much the level grows while it stays, against where it began.
        times: number of repetitions, the breaks as long as the hold.
        glide: semitones over its length.
        vibrato, vibrato_hz: semitones from the middle, and the rate.
        tremolo, tremolo_hz: depth, 1 is down to silence, and the rate.
        seconds, sample_rate: of the recording.
    """

    hz: float = 440.0
    overtones_db: float = -math.inf
    even_db: float = 0.0
    beside: float = 0.0
    beside_hz: float = 3000.0
    noise: float = 0.0
    noise_from: float = 0.0
    noise_hz: float = 8000.0
    lines: float = 0.0
    n_lines: int = 26
    lines_hz: float = 181.0
    db: float = -14.0
    start: float = 0.1
    attack: float = 0.0
    hold: float = math.inf
    decay: float = 0.0
    drop: float = 1.0
    creep: float = 0.0
    times: int = 1
    glide: float = 0.0
    vibrato: float = 0.0
    vibrato_hz: float = 5.5
    tremolo: float = 0.0
    tremolo_hz: float = 5.0
    seconds: float = 3.0
    sample_rate: int = 16000

    @property
    def length(self) -> float:
        """From the start of the rise to 20 dB below the peak, in s."""
        return min(self.attack + self.hold + self.decay, self.seconds - self.start)

    def render(self) -> np.ndarray:
        """The samples."""
        t = np.arange(round(self.seconds * self.sample_rate)) / self.sample_rate
        semitones = self.glide * ((t - self.start) / max(self.length, 1e-3)).clip(0, 1)
        semitones = semitones + self.vibrato * np.sin(2 * np.pi * self.vibrato_hz * t)
        phase = 2 * np.pi * np.cumsum(self.hz * 2 ** (semitones / 12)) / self.sample_rate
        sound = math.sqrt(max(1 - self.beside - self.noise - self.lines, 0)) * self._tone(phase)
        if self.beside:
            sound += math.sqrt(2 * self.beside) * np.sin(phase * self.beside_hz / self.hz)
        if self.noise:
            sound += math.sqrt(self.noise) * _noise(
                len(t), self.noise_from / self.sample_rate, self.noise_hz / self.sample_rate
            )
        if self.lines:
            lines = sum(np.sin(2 * np.pi * hz * t + hz) for hz in LINES[: self.n_lines] * self.lines_hz)
            sound += math.sqrt(2 * self.lines / self.n_lines) * lines
        # The breaks between several are as long as they are held.
        begins = [self.start + 2 * self.hold * n for n in range(1, self.times)]
        envelope = self._envelope(t - self.start) + sum(self._envelope(t - begin) for begin in begins)
        return 10 ** (self.db / 20) * sound * envelope * (1 + self.tremolo * np.sin(2 * np.pi * self.tremolo_hz * t))

    def _tone(self, phase: np.ndarray) -> np.ndarray:
        tone = np.sin(phase)
        if self.overtones_db > -math.inf:
            levels = {k: 10 ** (self.even_db / 20) if k % 2 == 0 else 1.0 for k in range(2, 9)}
            some = {k: level for k, level in levels.items() if k * self.hz < 0.45 * self.sample_rate}
            scale = 10 ** (self.overtones_db / 20) / math.sqrt(max(sum(x * x for x in some.values()), 1e-9))
            tone += scale * sum(level * np.sin(k * phase + k) for k, level in some.items())
        return tone / tone.std()

    def _envelope(self, t: np.ndarray) -> np.ndarray:
        rise = (t / self.attack).clip(0, 1) if self.attack else (t >= 0).astype(float)
        held = t - self.attack
        level = np.where(held < PEAK_S, 1.0, self.drop)
        if self.creep:
            level = level * (1 + self.creep * (held / self.hold).clip(0, 1))
        after = (held - self.hold).clip(0)
        return rise * level * (10 ** (-after / self.decay) if self.decay else after == 0)


@functools.cache
def _noise(n: int, low: float, high: float) -> np.ndarray:
    """Noise of unit power, between two shares of the sample rate."""
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(n))
    share = np.fft.rfftfreq(n)
    spectrum[(share < low) | (share > high)] = 0
    noise = np.fft.irfft(spectrum, n)
    return noise / noise.std()


def _sustain(r: Recipe, value: float) -> Recipe:
    if r.decay:
        # A fall by 20 dB has a mean of 0.39.
        return replace(r, hold=r.decay * max(value - 0.39, 0) / (1 - value))
    share = PEAK_S / r.length
    return replace(r, drop=(value - share) / (1 - share))


def _brightness(r: Recipe, value: float) -> Recipe:
    """By the end of the noise, or by the level of the overtones, or by the tone."""
    if r.noise > 0.5:
        return replace(r, noise_hz=2 * value)
    if r.overtones_db == -math.inf:
        return replace(r, hz=value)
    # Each of seven, whose frequencies are 35 times that of the tone in all.
    level = (value - r.hz) / (35 * r.hz - 7 * value)
    return replace(r, overtones_db=10 * math.log10(7 * level**2))


def _swell(r: Recipe, value: float) -> Recipe:
    length = r.attack + r.decay
    return replace(r, attack=value * length, decay=(1 - value) * length)


def _glide_rate(r: Recipe, value: float) -> Recipe:
    """As long as it is, but not more than an octave."""
    hold = min(r.hold, 12 / abs(value))
    return replace(r, hold=hold, glide=value * hold)


# Fact -> the recipe with so much of it.
KNOBS: dict[str, Callable[[Recipe, float], Recipe]] = {
    "level_db": lambda r, v: replace(r, db=v),
    "onset_s": lambda r, v: replace(r, start=v),
    "attack_s": lambda r, v: replace(r, attack=v / 0.8),
    "decay_s": lambda r, v: replace(r, decay=v),
    "length_s": lambda r, v: replace(r, hold=v - 0.9 * r.attack - r.decay),
    "sustain": _sustain,
    "n_attacks": lambda r, v: replace(r, times=round(v)),
    "swell": _swell,
    "brightness_hz": _brightness,
    "bandwidth_hz": lambda r, v: replace(r, hz=3000 - v, beside_hz=3000 + v),
    "bass_share": lambda r, v: replace(r, beside=1 - v),
    "treble_share": lambda r, v: replace(r, beside=v),
    "tonal_share": lambda r, v: replace(r, noise=1 - v),
    "brightening": lambda r, v: replace(r, glide=12 * v),
    "pitch_hz": lambda r, v: replace(r, hz=v * 2 ** (-r.glide / 24)),
    "harmonicity": lambda r, v: replace(r, noise=1 - v),
    "glide": lambda r, v: replace(r, glide=v),
    "glide_rate": _glide_rate,
    "vibrato": lambda r, v: replace(r, vibrato=v),
    "vibrato_hz": lambda r, v: replace(r, vibrato_hz=v),
    "tremolo": lambda r, v: replace(r, tremolo=v),
    "tremolo_hz": lambda r, v: replace(r, tremolo_hz=v),
    "overtones_db": lambda r, v: replace(r, overtones_db=v),
    "even_db": lambda r, v: replace(r, even_db=v),
    "noise_share": lambda r, v: replace(r, noise=v),
    "inharmonicity": lambda r, v: replace(r, lines=min(v / 0.6, 1)),
}
