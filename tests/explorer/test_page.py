"""The page in headless Chromium: sliders, sounds, links, keyboard, narrow and wide windows, accessibility."""

import pytest

from tests.explorer.browser import TIMEOUT_MS, VOICE, ready, require_accessible

KNOB = "#panel input[type=range]:not([disabled])"


def pictures(page):
    script = "all => all.map(canvas => canvas.toDataURL())"
    return page.locator(".card .levels").evaluate_all(script)


def settled(page, before):
    """Waits until a picture differs and no request is under way, and returns the pictures."""
    for _ in range(600):
        if pictures(page) != before:
            break
        page.wait_for_timeout(50)
    page.wait_for_timeout(600)
    page.wait_for_load_state("networkidle")
    return pictures(page)


def test_delta_changes_the_doppelgangers_alone(open_page):
    page = open_page()
    before = pictures(page)
    page.locator("#delta").fill("0.4")
    after = settled(page, before)
    assert after[0] == before[0] and after[1] != before[1] and after[2] != before[2]
    assert "delta=0.4" in page.url and page.locator("#delta-value").inner_text() == "0.400"


def test_a_slider_changes_all_sounds_and_the_link_makes_them_again(open_page):
    page = open_page()
    before = pictures(page)
    page.locator("#panel .knob", has_text="midi f0").locator("input[type=range]").fill("0.8")
    after = settled(page, before)
    assert all(a != b for a, b in zip(after, before, strict=True))
    assert "set=keyboard.midi_f0" in page.url
    again = open_page("?" + page.url.partition("?")[2])
    assert pictures(again) == after
    assert again.locator("#python").inner_text() == page.locator("#python").inner_text()
    page.locator("#reset").click()
    assert settled(page, after) == before and "set=" not in page.url


def test_a_sound_plays_and_stops_with_the_keyboard_alone(open_page):
    page = open_page()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Play Original":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.locator(".picture.playing").wait_for(timeout=TIMEOUT_MS)
    played = page.evaluate("performance.getEntriesByName('sound starts').at(-1).detail")
    assert "/api/sound.wav" in played and "view=" in played
    page.locator(".picture.playing").wait_for(state="detached", timeout=TIMEOUT_MS)
    page.keyboard.press("3")
    page.locator(".picture.playing[aria-label='Play Doppelgänger b']").wait_for(timeout=TIMEOUT_MS)


def test_a_slider_moves_with_arrow_keys_and_says_its_unit(open_page):
    page = open_page()
    knob = page.locator(KNOB).first
    before, said = pictures(page), knob.get_attribute("aria-valuetext")
    knob.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    after = settled(page, before)
    assert after[0] != before[0] and knob.get_attribute("aria-valuetext") != said
    assert knob.get_attribute("aria-valuetext").endswith("semitone")
    assert page.evaluate("document.activeElement.id") == knob.get_attribute("id")


def test_a_wrong_link_gets_a_message(browser, server):
    page = browser.new_page()
    page.goto(server.url + "?synth=%3Cimg%20src%3Dx%3E")
    page.locator("#status.bad").wait_for(timeout=TIMEOUT_MS)
    assert "synth: expected one of" in page.locator("#status").inner_text() and page.locator("#status img").count() == 0
    page.close()


def test_scenes_have_a_timeline_and_patterns_pictures(open_page):
    page = open_page("?synth=soundscape&seconds=2&index=5&n=1")
    assert page.locator(".lanes li").count() >= 4 and page.locator(".lanes .name", has_text="bed").count() == 2
    page.locator("#synth").select_option("perlin")
    page.locator(".picture.still").first.wait_for(timeout=TIMEOUT_MS)
    ready(page)
    assert page.locator(".picture.still").count() == 2 and page.locator("button.picture").count() == 0
    assert not page.locator("#similarity-block").is_visible() and page.locator("#command-block").is_hidden()


def test_next_sound_and_about(open_page):
    page = open_page()
    before = pictures(page)
    page.locator("#next").click()
    after = settled(page, before)
    assert after[0] != before[0] and "index=4" in page.url
    page.get_by_role("button", name="About Doppelgänger b").click()
    page.wait_for_load_state("networkidle")
    assert page.locator("#moved tr").count() == 10 and page.locator("#facts tr").count() > 5
    assert "about=b" in page.url and page.locator("#choose [aria-pressed=true]").inner_text() == "b"


def test_find_shows_matching_parameters(open_page):
    page = open_page()
    n = page.locator(".knob:visible").count()
    page.locator("#filter").fill("midi_f0")
    assert [row.inner_text().split("\n")[0] for row in page.locator(".knob:visible").all()] == ["midi f0"]
    page.locator("#filter").fill("nothing of this name")
    assert page.locator("#panel").inner_text() == "No parameter has this text in its name or meaning."
    page.locator("#filter").fill("")
    assert page.locator(".knob:visible").count() == n


@pytest.mark.parametrize(
    ("link", "width", "scheme"),
    [
        (VOICE, 1280, "light"),
        (VOICE, 390, "dark"),
        ("?synth=soundscape&seconds=2&n=2&set=bed.level=-50", 1280, "dark"),
        ("?synth=soundscape&seconds=2&n=2&set=bed.level=-50", 390, "light"),
        ("?synth=tiles", 1280, "light"),
    ],
)
def test_axe_finds_nothing_and_nothing_overflows(open_page, width, scheme, link):
    require_accessible(open_page(link, width, scheme), width)
