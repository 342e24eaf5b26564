"""Patterns against what their theory says, and against slow versions written from the papers."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.spatial import cKDTree

import synths
from synths.patterns import occlusion, perlin, wavelets, worley
from synths.patterns.canvas import Canvas
from synths.patterns.measures import spectrum_slope
from synths.patterns.pattern import Pattern

EVERY = pytest.mark.parametrize("cls", synths.catalogue(Pattern).values(), ids=synths.catalogue(Pattern))


def pictures(cls, n=8, size=(64, 96), **ranges):
    """Pictures with some knobs fixed, and what they were drawn with."""
    synth = cls(n_mels=size[0], n_frames=size[1], ranges={"contrast": 0, **ranges})
    index = torch.arange(n)
    canvas = Canvas(*size, synth.noise_key(index), torch.float32)
    return synth.render(synth.sample(index).double(), canvas.key).numpy(), canvas


def of_one_shape(picture, expected):
    """Whether two pictures differ by no more than their scale and mean."""
    return np.corrcoef(picture.ravel(), expected.ravel())[0, 1] > 1 - 1e-6


@EVERY
@pytest.mark.parametrize("size", [(4, 4), (37, 53), (4, 200)])
def test_pictures_have_any_size(cls, size):
    synth = cls(n_mels=size[0], n_frames=size[1])
    picture = synth.play(torch.arange(2))
    assert picture.shape == (2, *size) and picture.isfinite().all()
    assert picture.abs().max() <= 1 and picture.mean(dim=(1, 2)).abs().max() < 1e-5


@EVERY
def test_contrast_leads_to_black_and_white(cls):
    soft, hard = (
        cls(n_mels=24, n_frames=40, ranges={"contrast": contrast}).play(torch.arange(4)) for contrast in (0, 3)
    )
    kurtosis = [(p**4).mean(dim=(1, 2)) / p.square().mean(dim=(1, 2)).square() for p in (soft, hard)]
    # Of the two-valued pictures, the ones with as much white as black have the least, 1.
    assert (kurtosis[1] <= kurtosis[0] + 0.05).all()


@EVERY
def test_gradient_reaches_theta(cls):
    synth = cls(n_mels=24, n_frames=40)
    theta = synth.sample(torch.arange(4))
    theta[:, synth.space.column("contrast")] = 0.5
    theta.requires_grad_()
    picture = synth.render(theta)
    (picture * torch.linspace(0, 1, 40)).square().sum().backward()
    assert (theta.grad[:, synth.space.column("contrast")].abs() > 1e-4).all()


@EVERY
def test_stretched_pictures_are_longer_in_time(cls):
    knob = next((p for p in cls().space if p.name == "stretch"), None)
    if knob is None:
        pytest.skip("cannot be stretched")
    ratio = []
    for stretch in (knob.low, knob.high):
        picture = cls(n_mels=32, n_frames=32, ranges={"stretch": stretch}).play(torch.arange(12))
        ratio.append((picture.diff(dim=1).square().mean() / picture.diff(dim=2).square().mean()).item())
    assert ratio[1] > 1.05 * ratio[0]


def test_white_noise_is_white():
    picture, _ = pictures(synths.White, tail=1, density=1, skew=0)
    assert abs(stats.kurtosis(picture.reshape(8, -1), axis=1).mean()) < 0.1
    assert abs(np.corrcoef(picture[:, :-1].ravel(), picture[:, 1:].ravel())[0, 1]) < 0.01
    sparse, _ = pictures(synths.White, tail=0, density=0.25, skew=0)
    blank = [np.isclose(p, stats.mode(p, axis=None).mode, atol=1e-4).mean() for p in sparse]
    assert np.mean(blank) == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("cls", [synths.Spectrum, synths.SpectrumWMM])
def test_spectrum_has_its_exponents(cls):
    picture, _ = pictures(cls, size=(96, 128), exponent_frequency=2.5, exponent_time=1.5, tilt=0)
    amplitude = np.abs(np.fft.rfft2(picture))
    for along, expected in ((amplitude[:, 1:40, 0], -2.5), (amplitude[:, 0, 1:50], -1.5)):
        f = np.log(np.arange(1, along.shape[1] + 1))
        slopes = [np.polyfit(f, np.log(row), 1)[0] for row in along]
        np.testing.assert_allclose(slopes, expected, atol=0.02)


def test_wavelets_are_orthogonal_with_four_vanishing_moments():
    low, high = np.array(wavelets.LOW), np.array(wavelets.HIGH)
    for a, b, expected in ((low, low, 1), (high, high, 1), (low, high, 0)):
        for shift in range(4):
            assert a[2 * shift :] @ b[: 8 - 2 * shift] == pytest.approx(expected * (shift == 0), abs=1e-9)
    for power in range(4):
        assert np.arange(8) ** power @ high == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("tail", [0.8, 1, 2])
def test_wavelet_marginals_have_the_kurtosis_of_their_tail(tail):
    picture, _ = pictures(synths.WMM, n=32, size=(64, 128), tail=tail, slope=0)
    low, high = np.array(wavelets.LOW), np.array(wavelets.HIGH)

    def analysed(x, taps):  # along the last axis, around its end
        n = np.arange(0, x.shape[-1], 2)
        return sum(tap * x[..., (n + k) % x.shape[-1]] for k, tap in enumerate(taps))

    columns = analysed(analysed(picture, high).swapaxes(1, 2), low)
    measured = (columns**4).mean(axis=(1, 2)) / (columns**2).mean(axis=(1, 2)) ** 2
    expected = math.gamma(1 + 4 / tail) / math.gamma(1 + 2 / tail) ** 2
    assert measured.mean() == pytest.approx(expected, rel=0.1)


def test_perlin_is_what_perlin_defined():
    canvas = Canvas(12, 20, torch.tensor([3, 4]), torch.float64)
    per_y, per_x = torch.tensor([3.3, 2.0]).view(2, 1, 1).double(), torch.tensor([2.1, 4.0]).view(2, 1, 1).double()
    noise = perlin.gradient_noise(canvas, 0, per_y, per_x, 5)
    slope_y, slope_x = perlin.slopes(canvas, 0, 7, int(5 * 20 / 12) + 2)

    def fade(t):
        return 6 * t**5 - 15 * t**4 + 10 * t**3

    for row in range(2):
        for i in range(12):
            for j in range(20):
                y, x = (i + 0.5) / 12 * per_y[row].item(), (j + 0.5) / 12 * per_x[row].item()
                top, left = math.floor(y), math.floor(x)
                v, u = y - top, x - left
                dots = [
                    slope_y[row, top + a, left + b] * (v - a) + slope_x[row, top + a, left + b] * (u - b)
                    for a in (0, 1)
                    for b in (0, 1)
                ]
                upper = dots[0] + fade(u) * (dots[1] - dots[0])
                lower = dots[2] + fade(u) * (dots[3] - dots[2])
                assert noise[row, i, j].item() == pytest.approx((upper + fade(v) * (lower - upper)).item(), abs=1e-12)


def test_fractional_brownian_motion_has_the_slope_of_its_hurst_exponent():
    fixed = {"cells": 3, "octaves": 6, "stretch": 0, "ridge": 0}
    for hurst in (0.2, 0.8):
        picture, _ = pictures(synths.Perlin, n=16, size=(128, 128), hurst=hurst, **fixed)
        # In two dimensions power falls by 2 * hurst + 2.
        assert spectrum_slope(torch.from_numpy(picture)).mean().item() == pytest.approx(-2 - 2 * hurst, abs=0.25)


@pytest.mark.parametrize("walls", [0, 1])
def test_worley_measures_the_distance_of_the_nearest_points(walls):
    picture, canvas = pictures(synths.Worley, points=40, stretch=0, walls=walls, flatness=0)
    y, x = np.meshgrid((np.arange(64) + 0.5) / 64, (np.arange(96) + 0.5) / 64, indexing="ij")
    for drawn, *places in zip(picture, *worley.places(canvas), strict=True):
        points = torch.stack(places, dim=1)[:40]
        nearest, second = cKDTree(points.numpy()).query(np.stack([y, x], axis=-1), k=2)[0].transpose(2, 0, 1)
        assert of_one_shape(drawn, second - nearest if walls else nearest)


def test_gabor_waves_have_their_length_and_direction():
    fixed = {"cycles": 8, "cycles_spread": 0, "direction_spread": 0, "length": 0.2, "stretch": 0, "waves": 192}
    for direction in (0, 0.7):
        picture, _ = pictures(synths.Gabor, size=(96, 96), direction=direction, **fixed)
        power = (np.abs(np.fft.fft2(picture)) ** 2).mean(axis=0)
        row, column = np.unravel_index(power[:48].argmax(), power[:48].shape)
        column = column - 96 * (column > 48)
        assert (row, column) == pytest.approx((8 * math.cos(direction), -8 * math.sin(direction)), abs=1)


def test_leaves_have_radii_of_a_power_law():
    canvas = Canvas(8, 8, torch.arange(4), torch.float64)
    smallest, exponent = (torch.full((4, 1, 1), value, dtype=torch.float64) for value in (0.03, 3.0))
    radius = occlusion.radii(canvas, smallest, exponent).numpy()
    cumulative = lambda r: (0.03**-2 - r**-2.0) / (0.03**-2 - 1)  # noqa: E731
    for row in radius:
        assert row.min() >= 0.03 and row.max() <= 1
        assert stats.kstest(row, cumulative).statistic < 0.01


def test_dead_leaves_are_painted_one_upon_another():
    picture, canvas = pictures(synths.DeadLeavesSquares, n=3, smallest=0.05, exponent=2.7, stretch=0, blur=0)
    fixed = (torch.full((3, 1, 1), value, dtype=torch.float64) for value in (0.05, 2.7))
    radius, place = occlusion.radii(canvas, *fixed), canvas.uniform(1, 2, occlusion.N_LEAVES)
    depth, level = canvas.uniform(3, occlusion.N_LEAVES), canvas.symmetric(2, occlusion.N_LEAVES)
    y, x = np.arange(64)[:, None] + 0.5, np.arange(96) + 0.5
    for row in range(3):
        painted = np.full((64, 96), level[row, 0].item())
        for leaf in depth[row].argsort().tolist():
            half = radius[row, leaf].item() * 64 / math.sqrt(2)
            middle_y, middle_x = place[row, 0, leaf].item() * 64, place[row, 1, leaf].item() * 96
            painted[(abs(y - middle_y) <= half) & (abs(x - middle_x) <= half)] = level[row, leaf].item()
        centred = painted - painted.mean()
        same = np.isclose(picture[row], centred / abs(centred).max(), atol=1e-3)
        assert same.mean() > 0.995


def test_three_maps_of_half_the_size_draw_the_gasket_of_sierpinski():
    ranges = {"maps": 1.5, "exposure": 40, "blur": 0}
    for k, (y, x) in enumerate([(-1, -1), (-1, 1), (1, 0)], start=1):
        ranges |= {f"map_{k}.{name}": value for name, value in zip(("y", "x"), (y, x), strict=True)}
        ranges |= {f"map_{k}.turn": 0, f"map_{k}.axis": 0.4, f"map_{k}.size": 0.5, f"map_{k}.slimness": 1}
    picture, _ = pictures(synths.IteratedFunctions, n=2, size=(256, 256), **ranges)
    for drawn in picture:
        hit = drawn > drawn.min() + 0.2
        sides = [4, 8, 16, 32]
        boxes = [hit.reshape(256 // s, s, 256 // s, s).any(axis=(1, 3)).sum() for s in sides]
        assert -np.polyfit(np.log(sides), np.log(boxes), 1)[0] == pytest.approx(math.log(3, 2), abs=0.08)


def test_radial_contours_have_their_number_of_polygons():
    fixed = {"y": 0.5, "x": 0.5, "stretch": 0, "corners": 13.5, "radius": 0.4, "polygons": 4, "line": 0.3}
    picture, _ = pictures(synths.RadialContours, size=(200, 200), twist=0, roughness=0, **fixed)
    for drawn in picture:
        line = drawn[100, 100:] > drawn.min() + 0.2
        starts = np.flatnonzero(np.diff(line.astype(int)) == 1)
        assert len(starts) == 4  # and the dot in the middle
        assert starts[-1] == pytest.approx(0.4 * 200, abs=6)


def test_visual_atoms_are_waves_around_a_centre():
    fixed = {"y": 0.5, "x": 0.5, "stretch": 0, "wave": 0.5, "lines": 1, "start": 0.2, "growth": 0.04, "roughness": 0}
    picture, _ = pictures(synths.VisualAtom, size=(256, 256), waves_1=7.5, waves_2=7.5, blur=0, **fixed)
    y, x = np.meshgrid(np.arange(256) - 127.5, np.arange(256) - 127.5, indexing="ij")
    sector = ((np.arctan2(y, x) / (2 * np.pi) % 1) * 128).astype(int)
    for drawn in picture:
        ink = drawn - drawn.min()
        radius = np.array([np.average(np.hypot(y, x)[sector == s], weights=ink[sector == s]) for s in range(128)])
        spectrum = np.abs(np.fft.rfft(radius - radius.mean()))
        assert spectrum.argmax() == 7
        assert radius.mean() == pytest.approx(0.24 * 256, abs=1)


def test_a_shader_of_idle_steps_is_bands():
    idle = {f"step_{k}.{name}": value for k in range(1, 5) for name, value in (("angle", 0), ("amount", 0))}
    idle |= {f"step_{k}.scale": 1 for k in range(1, 5)}
    picture, _ = pictures(synths.Shader, zoom=2, stretch=0, bands=6, weave=0, shade=0, **idle)
    assert np.ptp(picture, axis=2).max() < 1e-6
    # Nearly: values are held within -6 and 6.
    turns = 6 * 2 * (np.arange(64) + 0.5) / 64
    waves = np.stack([np.ones(64), np.sin(turns), np.cos(turns)], axis=1)
    for drawn in picture:
        column = drawn[:, 0]
        left = column - waves @ np.linalg.lstsq(waves, column, rcond=None)[0]
        assert left.std() < 0.2 * column.std()


def test_tiles_repeat():
    fixed = {"width": 0.25, "period": 3, "shift": 0, "density": 1}
    picture, _ = pictures(synths.Tiles, size=(80, 208), **fixed)
    np.testing.assert_allclose(picture[:, :, 60:], picture[:, :, :-60], atol=1e-3)
    assert np.abs(picture[:, :, 20:] - picture[:, :, :-20]).mean() > 0.05


def test_networks_differ_as_their_names_say():
    plain, sparse = (
        pictures(cls, n=8, size=(48, 64), noise=1, bias=0.5, leak=0.5, stretch=0, **more)[0]
        for cls, more in ((synths.NetworkDefault, {}), (synths.NetworkSparse, {"sparsity": 3}))
    )
    fine, _ = pictures(
        synths.NetworkHighFrequency, n=8, size=(48, 64), noise=1, bias=0.5, leak=0.5, stretch=0, sharpness=2
    )
    slopes = [spectrum_slope(torch.from_numpy(p)).mean().item() for p in (plain, fine)]
    assert slopes[1] > slopes[0] + 0.3
    kurtosis = [stats.kurtosis(p.reshape(8, -1), axis=1).mean() for p in (plain, sparse)]
    assert kurtosis[1] > kurtosis[0] + 2


@pytest.mark.parametrize("direction", [-0.8, 0.0, 0.8])
def test_oriented_networks_have_a_direction(direction):
    fixed = {"noise": 1, "leak": 1, "bias": 0, "stretch": 0, "direction_spread": 0}
    picture, _ = pictures(synths.NetworkOriented, n=8, size=(64, 64), direction=direction, **fixed)
    rise, run = picture[:, 2:, 1:-1] - picture[:, :-2, 1:-1], picture[:, 1:-1, 2:] - picture[:, 1:-1, :-2]
    # The direction across which a picture changes most, by its structure tensor.
    across = 0.5 * math.atan2(2 * (rise * run).mean(), (run**2).mean() - (rise**2).mean())
    along = (across + math.pi / 2 + math.pi / 2) % math.pi - math.pi / 2
    assert abs(math.sin(along - direction)) < 0.1
