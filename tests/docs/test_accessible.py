"""What a page of the documentation adds for keyboards and screen readers, in headless Chromium."""

from tests.docs.page import ROOT

BODY = """
<aside class="sidebar-drawer"><p class="caption" role="heading">Start</p></aside><aside class="toc-drawer"></aside>
<pre style="width: 10em; overflow: auto">a long line of code that is wider than its box</pre><pre>short</pre>
"""


def test_wide_code_has_the_focus_and_parts_have_names(browser):
    page = browser.new_page()
    script = (ROOT / "docs" / "accessible.js").read_text(encoding="utf-8")
    page.set_content(f"<script>{script}</script>{BODY}")
    assert [code.get_attribute("tabindex") for code in page.locator("pre").all()] == ["0", None]
    assert page.get_by_role("complementary", name="Pages").get_by_role("heading", level=2).inner_text() == "Start"
    assert page.get_by_role("complementary", name="On this page").count() == 1
    page.close()
