"""What can be measured of one sound: the claims of presets. Needs only numpy."""

from collections.abc import Callable

import numpy as np

Sound = np.ndarray  # (n_samples,)
_FRAME_S = 0.01


def level(sound: Sound, rate: int) -> np.ndarray:
    """RMS of frames of 10 ms."""
    hop = round(_FRAME_S * rate)
    return np.sqrt(np.square(sound[: len(sound) // hop * hop].reshape(-1, hop)).mean(axis=1)) + 1e-9


def spectrum(
    sound: Sound, rate: int, start_s: float = 0.0, end_s: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Power of a part of a sound, and its frequencies in Hz."""
    part = sound[round(start_s * rate) : None if end_s is None else round(end_s * rate)]
    n = max(4096, len(part))
    return np.abs(np.fft.rfft(part * np.hanning(len(part)), n)) ** 2 + 1e-18, np.fft.rfftfreq(n, 1 / rate)


def attack_s(sound: Sound, rate: int) -> float:
    """Seconds until the level first reaches 80 % of its maximum."""
    frames = level(sound, rate)
    return float(np.argmax(frames >= 0.8 * frames.max()) * _FRAME_S)


def decay_s(sound: Sound, rate: int) -> float:
    """Seconds from the loudest frame to the last one less than 20 dB below it."""
    frames = level(sound, rate)
    after = frames[frames.argmax() :]
    return float((np.flatnonzero(after >= 0.1 * after[0])[-1] + 1) * _FRAME_S)


def steady_db(sound: Sound, rate: int) -> float:
    """Standard deviation of the level between 0.2 and 0.6 s, in frames of 50 ms, in dB."""
    frames = level(sound, rate)[round(0.2 / _FRAME_S) : round(0.6 / _FRAME_S)]
    return float((10 * np.log10(np.square(frames).reshape(-1, 5).mean(axis=1))).std())


def centroid_hz(sound: Sound, rate: int) -> float:
    """Centre of the power spectrum."""
    power, hz = spectrum(sound, rate)
    return float((power * hz).sum() / power.sum())


def darkens(sound: Sound, rate: int) -> float:
    """Centre of the amplitude spectrum in the 60 ms after the loudest frame, over that 0.2 to 0.3 s after it."""
    at = min(level(sound, rate).argmax() * _FRAME_S, len(sound) / rate - 0.3)
    return _centre_hz(sound, rate, at, at + 0.06) / _centre_hz(sound, rate, at + 0.2, at + 0.3)


def brightens(sound: Sound, rate: int) -> float:
    """Centre of the amplitude spectrum between 0.5 and 0.7 s, over that of the first 0.1 s."""
    return _centre_hz(sound, rate, 0.5, 0.7) / _centre_hz(sound, rate, 0.0, 0.1)


def _centre_hz(sound: Sound, rate: int, start_s: float, end_s: float) -> float:
    power, hz = spectrum(sound, rate, start_s, end_s)
    return float((np.sqrt(power) * hz).sum() / np.sqrt(power).sum())


def low_share(sound: Sound, rate: int) -> float:
    """Share of the power below 150 Hz."""
    power, hz = spectrum(sound, rate)
    return float(power[hz < 150].sum() / power.sum())


def high_share(sound: Sound, rate: int) -> float:
    """Share of the power above 3 kHz."""
    power, hz = spectrum(sound, rate)
    return float(power[hz > 3000].sum() / power.sum())


def middle_share(sound: Sound, rate: int) -> float:
    """Share of the power from 700 to 1700 Hz."""
    power, hz = spectrum(sound, rate)
    return float(power[(hz > 700) & (hz < 1700)].sum() / power.sum())


def overtones(sound: Sound, rate: int) -> float:
    """Share of the power above 1.5 times the strongest frequency."""
    power, hz = spectrum(sound, rate)
    return float(power[hz > 1.5 * hz[power.argmax()]].sum() / power.sum())


def flatness(sound: Sound, rate: int) -> float:
    """Geometric over arithmetic mean of the power from 100 Hz to 7 kHz: 0 is a tone, 0.56 white noise."""
    power, hz = spectrum(sound, rate)
    power = power[(hz > 100) & (hz < 7000)]
    return float(np.exp(np.log(power).mean()) / power.mean())


def pitch_falls(sound: Sound, rate: int) -> float:
    """Strongest frequency of the first 40 ms over that from 0.12 to 0.25 s."""
    (early, hz), (late, hz_late) = spectrum(sound, rate, 0, 0.04), spectrum(sound, rate, 0.12, 0.25)
    return float(hz[early.argmax()] / max(hz_late[late.argmax()], 1))


def pitch_rises(sound: Sound, rate: int) -> float:
    """Period from 0.03 to 0.15 s over that from 0.6 to 0.75 s, by autocorrelation, for pitches from 60 to 900 Hz."""
    return _period_s(sound, rate, 0.03, 0.15) / _period_s(sound, rate, 0.6, 0.75)


def _period_s(sound: Sound, rate: int, start_s: float, end_s: float) -> float:
    part = sound[round(start_s * rate) : round(end_s * rate)]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)), 2 * len(part))) ** 2
    lags = np.fft.irfft(power)[: len(part)]
    shortest, longest = round(rate / 900), round(rate / 60)
    return float((shortest + lags[shortest:longest].argmax()) / rate)


def harmonicity(sound: Sound, rate: int) -> float:
    """Largest share of the power within 1.5 % of the multiples of one frequency from 30 Hz to 2 kHz, of at most 25."""
    power, hz = spectrum(sound, rate, 0, min(1.0, len(sound) / rate))
    total, best = np.concatenate([[0], power.cumsum()]), 0.0
    multiples = np.arange(1, 26)
    for f0 in 30 * 2 ** np.arange(0, np.log2(2000 / 30), 1 / 120):
        centre = multiples[multiples * f0 < rate / 2 * 0.98] * f0
        # No wider than a share of the spectrum that noise would not fill by chance.
        width = np.minimum(0.015 * centre, 0.12 * f0)
        low, high = (np.searchsorted(hz, centre + side * width) for side in (-1, 1))
        low[1:] = np.maximum(low[1:], high[:-1])
        best = max(best, float((total[high] - total[low]).sum()))
    return best / float(power.sum())


def odd_share(sound: Sound, rate: int) -> float:
    """Share of the odd multiples in the power of the first 8 multiples of the lowest strong partial."""
    power, hz = spectrum(sound, rate)
    peaks = _peaks(power, 0.05)
    if not len(peaks):
        return np.nan
    f0 = hz[peaks[0]]
    each = [power[np.abs(hz - k * f0) < 0.03 * f0].sum() for k in range(1, 9)]
    return float(sum(each[::2]) / sum(each))


def inharmonicity(sound: Sound, rate: int) -> float:
    """Largest distance of a strong partial from a multiple of the lowest strong one, in units of that: up to 0.5."""
    power, hz = spectrum(sound, rate)
    partials = hz[_peaks(power, 0.001)]
    if not len(partials):
        return np.nan
    multiple = partials[partials < 8 * partials[0]] / partials[0]
    return float(np.abs(multiple - multiple.round()).max())


def _peaks(power: np.ndarray, share: float) -> np.ndarray:
    """Bins of the peaks of at least this share of the highest."""
    higher = (power[1:-1] > power[:-2]) & (power[1:-1] > power[2:])
    return np.flatnonzero(higher & (power[1:-1] > share * power.max())) + 1


def moves_db(sound: Sound, rate: int) -> float:
    """Standard deviation of the level between 0.1 s and 0.9 s around a straight line, in frames of 10 ms, in dB."""
    frames = 20 * np.log10(level(sound, rate)[10:90])
    line = np.polyval(np.polyfit(np.arange(len(frames)), frames, 1), np.arange(len(frames)))
    return float((frames - line).std())


def wobbles(sound: Sound, rate: int) -> float:
    """Standard deviation of the strongest frequency between 0.1 and 0.9 s, in windows of 50 ms, in semitones."""
    found = []
    for start in np.arange(0.1, 0.85, 0.05):
        part = sound[round(start * rate) : round((start + 0.05) * rate)]
        power = np.abs(np.fft.rfft(part * np.hanning(len(part)), 16384))
        found.append(max(power.argmax(), 1))
    return float((12 * np.log2(found)).std())


MEASURES: dict[str, Callable[[Sound, int], float]] = {
    each.__name__: each
    for each in (
        attack_s, decay_s, steady_db, moves_db, centroid_hz, darkens, brightens, low_share, middle_share, high_share,
        overtones, odd_share, harmonicity, inharmonicity, flatness, pitch_falls, pitch_rises, wobbles,
    )
}  # fmt: skip
