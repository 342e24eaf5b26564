"""Measures of pictures, and the gallery that shows them."""

import numpy as np
import pytest
import torch

from synths.__main__ import main
from synths.patterns.measures import smoothness, spectrum_slope


@pytest.mark.parametrize("size", [(80, 208), (65, 64)])
@pytest.mark.parametrize("alpha", [0, 1, 2.5])
def test_slope_of_power_laws(size, alpha):
    random = np.random.default_rng(0)
    f_y, f_x = (np.fft.fftfreq(n) for n in size)
    f = np.hypot(f_y[:, None], f_x)
    f[0, 0] = np.inf
    noise = np.fft.fft2(random.normal(size=(8, *size)))
    picture = np.fft.ifft2(noise * f ** (-alpha / 2)).real
    slope = spectrum_slope(torch.from_numpy(picture))
    assert slope.shape == (8,)
    np.testing.assert_allclose(slope.mean(), -alpha, atol=0.1)


def test_slope_wants_a_picture_of_some_size():
    with pytest.raises(ValueError, match=r"at least 16 pixels a side; got 8 x 40"):
        spectrum_slope(torch.zeros(2, 8, 40))


def test_smoothness_is_total_variation_against_that_of_any_order():
    picture = torch.randn(2, 5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for one, measured in zip(picture, smoothness(picture), strict=True):
        neighbours = [abs(one[i + 1, j] - one[i, j]).item() for i in range(4) for j in range(7)]
        neighbours += [abs(one[i, j + 1] - one[i, j]).item() for i in range(5) for j in range(6)]
        pixels = one.flatten().tolist()
        any_two = [abs(a - b) for i, a in enumerate(pixels) for b in pixels[:i]]
        assert measured.item() == pytest.approx(1 - np.mean(neighbours) / np.mean(any_two))


def test_smoothness_of_known_pictures():
    noise = torch.randn(4, 80, 208, generator=torch.Generator().manual_seed(0))
    assert smoothness(noise).abs().max() < 0.02
    ramp = torch.linspace(0, 1, 208).expand(80, -1)
    assert smoothness(ramp).item() == pytest.approx(1, abs=0.02)
    assert smoothness(torch.ones(80, 208)).item() == 1
    board = (torch.arange(80)[:, None] + torch.arange(208)) % 2
    assert smoothness(board.float()).item() == pytest.approx(-1, abs=0.01)


@pytest.mark.parametrize("synth", ["perlin", "modal"])
def test_gallery_draws_pictures(synth, tmp_path, capsys):
    from matplotlib.image import imread

    main(["gallery", synth, "-n", "3", "--seed", "2", "--out", str(tmp_path / "new" / "some.png")])
    assert "wrote" in capsys.readouterr().out
    drawn = imread(tmp_path / "new" / "some.png")
    assert drawn.shape[1] > 2 * drawn.shape[0] and drawn[..., :3].std() > 0.1


def test_gallery_of_all_patterns_has_a_row_each(tmp_path, monkeypatch):
    from matplotlib.image import imread

    import synths
    from synths.commands import gallery
    from synths.patterns.pattern import Pattern

    few = {name: cls for name, cls in synths.catalogue(Pattern).items() if name in ("white", "tiles", "spectrum")}
    monkeypatch.setattr(gallery, "catalogue", lambda kind: few)
    main(["gallery", "patterns", "-n", "2", "--out", str(tmp_path / "all.png")])
    main(["gallery", "white", "-n", "2", "--out", str(tmp_path / "one.png")])
    everything, one = imread(tmp_path / "all.png"), imread(tmp_path / "one.png")
    assert everything.shape[0] > 2 * one.shape[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["perlim"], "did you mean perlin"),
        (["perlin", "--out", "picture.bmp"], "--out picture.bmp: expected a file that ends in .png"),
        (["patterns", "--set", "contrast=1"], "expected one synth; got patterns"),
    ],
)
def test_gallery_says_what_it_expected(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(["gallery", *arguments])
    assert message in capsys.readouterr().err
