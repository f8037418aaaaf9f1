"""The HTML in a real browser: axe-core finds nothing, phones do not scroll sideways, print has all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from agent.reports import Edition
from tests.papers.conftest import Made

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BOTH = pytest.mark.parametrize("edition", Edition)


@pytest.fixture(scope="module")
def browser(server: Callable[[str], Path]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=server("chromium"), args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser, quarter: Made, edition: Edition) -> Iterator[Page]:
    found = browser.new_page()
    found.route("**/*", lambda route: route.abort())  # a paper asks for nothing: it is one file
    found.set_content(quarter[edition][".html"].decode())
    yield found
    found.close()


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    return [f"{one['id']}: {node['html'][:120]}" for one in found.response["violations"] for node in one["nodes"]]


@BOTH
def test_axe_finds_no_violation(page: Page) -> None:
    assert violations(page) == []


@pytest.mark.parametrize("edition", [Edition.EXEMPT])  # which has all that the public one has
def test_axe_finds_no_violation_on_a_phone_and_on_paper(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    assert violations(page) == []
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})
    assert violations(page) == []


@pytest.mark.parametrize("edition", [Edition.PUBLIC])
def test_axe_would_find_something_if_there_was_something(page: Page) -> None:
    page.evaluate("document.querySelector('svg').removeAttribute('aria-labelledby')")
    page.evaluate("document.querySelector('svg title').remove()")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert {line.partition(":")[0] for line in violations(page)} >= {"svg-img-alt", "html-has-lang"}


@BOTH
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_does_not_scroll_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tables = page.evaluate(
        "[...document.querySelectorAll('.scroll')].map(e => [e.scrollWidth > e.clientWidth, e.tabIndex])"
    )
    assert all(index == 0 for scrolls, index in tables if scrolls), "what scrolls can be reached by keyboard"


@BOTH
def test_print_cuts_no_table_and_no_chart(page: Page) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 673, "height": 1000})  # A4 without the margins of the style sheet
    cut = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > document.body.clientWidth + 1)"
        ".map(e => e.getAttribute('aria-label'))"
    )
    assert cut == []


@BOTH
def test_every_chart_leads_to_the_table_with_its_numbers(page: Page, edition: Edition) -> None:
    links = page.locator("figure a")
    assert links.count() >= 6
    for n in range(links.count()):
        target = links.nth(n).get_attribute("href")
        assert page.locator(f"table{target}").count() == 1
    assert page.locator("figure svg[role=img]").count() == links.count()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@BOTH
def test_the_paper_runs_no_script_and_asks_for_nothing(browser: Browser, quarter: Made, edition: Edition) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(quarter[edition][".html"].decode())
    page.wait_for_load_state()
    assert asked == []
    assert page.locator("script").count() == 0
    page.close()
