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


def test_names_of_code_in_a_table_break_and_keep_their_text(browser):
    page = browser.new_page()
    script = (ROOT / "docs" / "accessible.js").read_text(encoding="utf-8")
    cell = "<table><tr><td><code><span>synths/voices/NAME.py</span></code></td></tr></table><code>a.b</code>"
    page.set_content(f"<script>{script}</script>{cell}")
    code = page.locator("td code")
    assert code.text_content() == "synths/voices/NAME.py"
    assert code.locator("span").inner_html().removesuffix("<wbr>") == "synths/<wbr>voices/<wbr>NAME.<wbr>py"
    assert page.locator("body > code wbr").count() == 0
    page.close()
