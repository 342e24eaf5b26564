"""The tabs Embedding, Matching and Classify in headless Chromium."""

import re

import numpy as np
import pytest
import soundfile

import synths
from doppelganger.explorer.map import MOST_SYNTHS
from tests.explorer.browser import require_accessible

RATE = 16000


def sounds_in(folder):
    """Folders of low and of high tones, a file that is no sound, and a hidden one."""
    for label, hz in (("high", 2000), ("low", 250)):
        (folder / label).mkdir(parents=True)
        for i in range(4):
            tone = np.sin(2 * np.pi * hz * (1 + i / 50) / RATE * np.arange(RATE // 4)) / 2
            soundfile.write(folder / label / f"{i}.wav", tone, RATE)
    (folder / "low" / "broken.wav").write_bytes(b"no sound")
    (folder / "low" / ".hidden").write_bytes(b"")
    return folder


def played(page):
    return page.evaluate("performance.getEntriesByName('sound starts').map(({ detail }) => detail)")


def wait_played(page, n):
    for _ in range(200):  # the page's policy lets no test wait inside it
        if len(played(page)) >= n:
            return
        page.wait_for_timeout(50)
    pytest.fail("no sound was played")


def test_a_click_on_the_map_plays_and_lists_the_nearest(open_page):
    page = open_page("?tab=embedding&map=drum,modal")
    page.locator("#map circle").first.wait_for()
    assert page.locator("#map circle").count() == 2 * 25 + 3
    assert page.locator("#map-legend li").all_inner_texts() == ["drum", "modal", "folder"]
    about = page.locator("#map-about").inner_text()
    assert "Unusable files: broken.wav (" in about
    axes = [page.locator(f"#map-{axis}").inner_text() for axis in "xy"]
    shares = [int(re.search(r"(\d+) % of the variance", axis)[1]) for axis in axes]
    assert axes[0].startswith("first principal component") and "second principal component" in axes[1]
    assert shares[0] >= shares[1] > 0 and f"{100 - sum(shares)} % of the variance that the map leaves out" in about
    tone = page.locator("#map circle", has=page.locator("title", has_text="200.wav"))
    tone.dispatch_event("click")
    wait_played(page, 1)
    assert "/api/file.wav" in played(page)[0]
    assert page.locator("#map-nearest button").all_inner_texts()[:2] == ["200.wav", "210.wav"]
    page.locator("#map").focus()
    page.keyboard.press("ArrowLeft")
    wait_played(page, 2)
    assert page.locator("#map-nearest li").count() == 6 and "modal 24" in page.locator("#status").inner_text()
    assert "map=drum%2Cmodal" in page.url and "tab=embedding" in page.url


def test_the_map_is_drawn_anew(open_page):
    page = open_page("?tab=embedding&map=drum,modal")
    page.locator("#map circle").first.wait_for()
    page.get_by_label("modal").uncheck()
    page.get_by_label("plucked").check()
    page.get_by_label("Sounds of each").select_option("10")
    page.get_by_role("button", name="Draw the map").click()
    page.locator("#map-legend li", has_text="plucked").wait_for()
    assert page.locator("#map circle").count() == 2 * 10 + 3 and "map=drum%2Cplucked" in page.url
    assert "sounds=10" in page.url
    page.reload()
    page.locator("#map circle").first.wait_for()
    assert page.locator("#map circle").count() == 2 * 10 + 3


def test_more_synths_than_the_map_holds_get_a_message(open_page):
    page = open_page("?tab=embedding&map=drum", refusals=True)
    page.locator("#map circle").first.wait_for()
    assert f"at most {MOST_SYNTHS}" in page.locator("#map-synths legend").inner_text()
    for label in page.locator("#map-synths input").all()[: MOST_SYNTHS + 1]:
        label.check()
    page.get_by_role("button", name="Draw the map").click()
    page.locator("#status.bad").wait_for()
    assert f"expected at most {MOST_SYNTHS}" in page.locator("#status").inner_text()


def test_tabs_turn_with_arrow_keys(open_page):
    page = open_page("?tab=classify")
    page.locator("#tab-classify").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-sounds"
    page.keyboard.press("ArrowLeft")
    assert page.locator("[role=tabpanel]:visible").get_attribute("id") == "panel-classify"


def test_folders_are_labels_and_the_accuracy_is_measured(open_page, tmp_path):
    page = open_page("?tab=classify", refusals=True)
    assert page.locator("#classify-run").is_disabled()
    page.locator("#classify-folder").set_input_files(sounds_in(tmp_path / "sounds"))
    page.locator("#classify-run:enabled").wait_for()
    assert page.locator("#classify-clips tbody tr").all_inner_texts() == ["high\t4\tRemove", "low\t4\tRemove"]
    left = page.locator("#classify-left").inner_text()
    assert left.startswith("Left out: sounds/low/broken.wav (expected a sound file") and ".hidden" not in left
    page.locator("#classify-run").focus()
    page.keyboard.press("Enter")
    page.locator("#classify-result .figure").wait_for()
    text = page.locator("#classify-result").inner_text()
    assert text.startswith("100.0 % of 8 clips, each of which the classifier was not trained on (4 stratified random f")
    assert "95 % interval: 67.6 % to 100.0 %." in text  # Wilson's, of 8 of 8
    interval = page.locator(".interval b").bounding_box()
    assert interval["width"] / page.locator(".interval").bounding_box()["width"] == pytest.approx(0.324, abs=0.002)
    page.get_by_role("button", name="Remove high").click()
    assert page.locator("#classify-result").inner_text() == ""  # it was the accuracy of other clips


def test_a_label_is_typed(open_page, tmp_path):
    page, folder = open_page("?tab=classify", refusals=True), sounds_in(tmp_path)
    low = [folder / "low" / f"{i}.wav" for i in range(4)]
    page.locator("#classify-files").set_input_files(low[:1])
    page.locator("#classify-left", has_text="type a label").wait_for()
    for label, files in (("deep", low[:3]), ("<b>other</b>", low[3:])):
        page.get_by_label("Label of the next drop").fill(label)
        page.locator("#classify-files").set_input_files(files)
        page.locator("#classify-clips th[scope=row]", has_text=label).wait_for()
    page.locator("#classify-run").click()
    page.locator("#status.bad").wait_for()
    assert "expected two usable clips or more of each label" in page.locator("#status").inner_text()
    page.get_by_role("button", name="Remove deep").click()
    assert page.locator("#classify-clips tbody tr").count() == 1
    page.get_by_role("button", name="Clear").click()
    assert "No clips yet" in page.locator("#classify-clips").inner_text()


def test_a_file_that_is_too_large_is_not_sent(open_page, tmp_path):
    page = open_page("?tab=classify")
    (tmp_path / "big.wav").write_bytes(bytes(17 * 2**20))
    page.get_by_label("Label of the next drop").fill("big")
    page.locator("#classify-files").set_input_files(tmp_path / "big.wav")
    page.locator("#classify-left", has_text="big.wav (expected a file of at most 16 MB; got 17.0 MB)").wait_for()


@pytest.fixture
def target(tmp_path):
    sound = synths.find("modal")(sample_rate=RATE, seconds=0.3).play([500])[0].numpy()
    soundfile.write(tmp_path / "target.wav", sound, RATE)
    return tmp_path / "target.wav"


def test_a_synth_approaches_a_sound(open_page, target):
    page = open_page("?tab=matching&match=modal")
    page.locator("#match-steps").select_option("20")
    page.locator("#match-file").set_input_files(target)
    page.locator("#match-result a").first.wait_for()
    points = page.locator("#match-line").get_attribute("points").split()
    heights = [float(point.split(",")[1]) for point in points]
    assert len(points) == 21 and heights == sorted(heights) and heights[0] == 0
    drawn = page.locator("#match-cards .levels").evaluate_all("all => all.map(canvas => canvas.toDataURL())")
    assert len(set(drawn)) == 2
    for n, name in enumerate(("Play Target", "Play Nearest so far"), 1):
        page.get_by_role("button", name=name).click()
        wait_played(page, n)
    assert ["target=1" in url for url in played(page)] == [True, False]
    assert page.locator("#match-result tbody tr").count() == len(synths.find("modal")().space)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the preset").click()
    synths.presets.read("modal", str(download.value.path()))
    page.get_by_role("link", name="Turn its parameters").click()
    page.locator("#panel .knob.set").first.wait_for(state="attached")
    assert "synth=modal" in page.url and "set=" in page.url


def test_a_search_is_stopped(open_page, target):
    page = open_page("?tab=matching&match=modal")
    chosen = [page.locator(f"#match-{what}").input_value() for what in ("seconds", "steps", "rate")]
    assert chosen == ["1", "50", "16000"]
    page.locator("#match-steps").select_option("1000")
    page.locator("#match-seconds").select_option("0.5")
    page.locator("#match-rate").select_option("22050")
    page.locator("#match-file").set_input_files(target)
    page.locator("#match-step", has_text=re.compile(r"Step \d+ of 1000, .* so far, .* left, distance")).wait_for()
    assert "all of it is matched at 22.05 kHz" in page.locator("#match-about").inner_text()
    page.get_by_role("button", name="Stop").click()
    page.locator("#match-result a").first.wait_for()
    assert page.locator("#match-stop").is_hidden() and page.locator("#status").inner_text() == ""


def test_a_corrupt_target_gets_a_message(open_page, tmp_path, target):
    problems = tmp_path / "broken.wav"
    problems.write_bytes(target.read_bytes()[:30])
    page = open_page("?tab=matching&match=modal", refusals=True)
    page.locator("#match-file").set_input_files(problems)
    page.locator("#status.bad").wait_for()
    assert "expected a sound file" in page.locator("#status").inner_text()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("tab", ["embedding", "matching", "classify"])
def test_axe_finds_nothing_and_nothing_overflows(open_page, tmp_path, target, tab, width, scheme):
    page = open_page(f"?tab={tab}&map=drum,modal&match=modal", width, scheme, refusals=tab == "classify")
    if tab == "embedding":
        page.locator("#map circle").first.wait_for()
    elif tab == "matching":
        page.locator("#match-steps").select_option("20")
        page.locator("#match-file").set_input_files(target)
        page.locator("#match-result a").first.wait_for()
    else:
        page.locator("#classify-folder").set_input_files(sounds_in(tmp_path / "sounds"))
        page.locator("#classify-run:enabled").wait_for()
        page.locator("#classify-run").click()
        page.locator("#classify-result .figure").wait_for()
    require_accessible(page, width)


@pytest.mark.parametrize("width", [1280, 390])
def test_long_names_do_not_overflow(open_page, tmp_path, width):
    page, name = open_page("?tab=classify", width, refusals=True), 80 * "z"
    soundfile.write(tmp_path / f"{name}.wav", np.ones(RATE // 4) / 2, RATE)
    page.get_by_label("Label of the next drop").fill(name)
    page.locator("#classify-files").set_input_files(tmp_path / f"{name}.wav")
    page.locator("#classify-clips th[scope=row]").wait_for()
    require_accessible(page, width)
