"""Sorting of result tables in headless Chromium, by a click and by keyboard."""

import pytest

from tests.docs.page import ROOT

ROWS = [("b", "0.90 ± 0.01", "2 GB"), ("c", "1,254", "900 MB"), ("a", "", "not measured"), ("d", "-3.5", "1 kB")]


@pytest.fixture
def page(browser):
    cells = "".join(f"<tr>{''.join(f'<td><p>{cell}</p></td>' for cell in row)}</tr>" for row in ROWS)
    titles = "".join(f'<th class="head"><p>{title}</p></th>' for title in ("row", "score", "memory"))
    html = f'<table class="sortable"><thead><tr>{titles}</tr></thead><tbody>{cells}</tbody></table>'
    html += html.replace("sortable", "other")
    page = browser.new_page()
    page.set_content(f"<script>{(ROOT / 'docs' / 'sort.js').read_text(encoding='utf-8')}</script>{html}")
    yield page
    page.close()


def order(page):
    return "".join(page.locator(".sortable td:first-child").all_inner_texts())


def test_a_click_sorts_figures_and_words(page):
    assert order(page) == "bcad"
    page.get_by_role("button", name="score").click()
    assert order(page) == "cbda" and page.locator("[aria-sort]").get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name="score").click()
    assert order(page) == "dbca" and page.locator("[aria-sort]").get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="row").click()
    assert order(page) == "abcd" and page.locator("[aria-sort]").all_inner_texts() == ["row"]


def test_a_mark_shows_the_order_of_a_sorted_column(page):
    page.add_style_tag(path=ROOT / "docs" / "style.css")
    mark = "button => getComputedStyle(button, '::after').content"
    marks = []
    for clicks in (0, 1, 1):
        for _ in range(clicks):
            page.get_by_role("button", name="score").click()
        marks.append(page.locator("button.sort").nth(1).evaluate(mark))
    assert marks == ['"\u2195"', '"\u25bc"', '"\u25b2"']


def test_numbers_with_units_are_sorted_by_size(page):
    page.get_by_role("button", name="memory").click()
    assert order(page) == "bcda"


def test_enter_and_space_sort_a_column(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert order(page) == "cbda"
    page.keyboard.press("Space")
    assert order(page) == "dbca"


def test_other_tables_are_left_alone(page):
    assert page.locator(".other button").count() == 0
