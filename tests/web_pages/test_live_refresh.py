"""Live refresh in a real browser: off until it is wanted, remembered, never in the way of who reads or writes."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette

from agent import web
from agent.view import View
from tests.readers.test_web_pages import storm, view

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next((p for p in map(Path, ("/usr/bin/chromium", "/usr/bin/chromium-browser")) if p.exists()), None)
SOON = 5_000  # milliseconds
# The page's own clock is a test's: an interval passes when the test says so.
FAST = (
    "window.setInterval = (run) => { window.__tick = run; return 1; };"
    "window.clearInterval = () => { delete window.__tick; };"
)


@dataclass
class Site:
    """A server of pages, and how often it was asked for one."""

    address: str = ""
    shown: View | None = None
    asked: int = 0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(shown=view())

    async def look() -> View:
        site.asked += 1
        assert site.shown is not None
        return site.shown

    app = web.Guard(
        Starlette(routes=web.routes(look, tmp_path_factory.mktemp("papers"), lambda _: "2026-Q1")),
        web.WebConfig(),
        None,
    )
    listening = socket.create_server(("127.0.0.1", 0))
    site.address = "http://{}:{}".format(*listening.getsockname())
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
    thread.start()
    yield site
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, site: Site) -> Iterator[Any]:
    site.shown = view()
    context = browser.new_context(viewport={"width": 800, "height": 500})
    context.add_init_script(FAST)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert wrong == []


def live(page: Any) -> Any:
    return page.get_by_role("button", name="Live refresh")


def test_it_asks_for_nothing_until_it_is_switched_on_and_is_remembered(page: Any, site: Site) -> None:
    page.goto(f"{site.address}/")
    assert live(page).get_attribute("aria-pressed") == "false"
    assert page.evaluate("typeof window.__tick") == "undefined"
    live(page).click()
    assert live(page).get_attribute("aria-pressed") == "true"
    page.goto(f"{site.address}/outages")
    assert live(page).get_attribute("aria-pressed") == "true"
    live(page).click()
    page.reload()
    assert live(page).get_attribute("aria-pressed") == "false"


def test_what_has_happened_is_shown_without_moving_what_is_read_or_focused(page: Any, site: Site) -> None:
    page.set_viewport_size({"width": 400, "height": 500})
    page.goto(f"{site.address}/devices")
    live(page).click()
    page.evaluate("document.body.style.minHeight = '3000px'")
    page.get_by_role("link", name="sw-wf-2").focus()
    page.evaluate("window.scrollTo(0, 250)")
    page.evaluate("document.querySelector('main .scroll').scrollLeft = 40")
    asked = site.asked
    site.shown = storm()
    page.evaluate("window.__tick()")
    page.locator("main td .state.down").first.wait_for(timeout=SOON)
    assert site.asked > asked
    assert page.evaluate("window.scrollY") == 250
    assert page.evaluate("document.querySelector('main .scroll').scrollLeft") == 40
    assert page.evaluate("document.activeElement.textContent") == "sw-wf-2"


def test_what_somebody_has_opened_stays_open(page: Any, site: Site) -> None:
    site.shown = storm()
    page.goto(f"{site.address}/")
    folds = page.locator("main details")
    assert folds.count() > 0
    live(page).click()
    page.wait_for_function("typeof window.__tick === 'function'")
    before = folds.first.evaluate("fold => { fold.open = !fold.open; return fold.open; }")
    site.shown = replace(storm(), now=storm().now.replace(second=7))
    page.evaluate("window.__tick()")
    page.locator("#as-of", has_text="13:00:07").wait_for(timeout=SOON)
    assert folds.first.evaluate("fold => fold.open") == before


@pytest.mark.parametrize("how", ["typed", "hidden", "selected"])
def test_it_waits_while_somebody_writes_or_looks_elsewhere(page: Any, site: Site, how: str) -> None:
    page.goto(f"{site.address}/devices")
    live(page).click()
    page.wait_for_load_state("networkidle")
    if how == "typed":
        page.locator("main input[name=q]").fill("wallfields")
        page.locator("body").click(position={"x": 1, "y": 1})
    elif how == "hidden":
        page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    else:
        page.evaluate("getSelection().selectAllChildren(document.querySelector('main h1'))")
    asked = site.asked
    page.evaluate("window.__tick()")
    page.wait_for_timeout(300)
    assert site.asked == asked


def test_pages_work_without_scripts(browser: Any, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{site.address}/")
    opened.get_by_role("searchbox").fill("sw-wf-1")
    opened.get_by_role("button", name="Find").click()
    assert opened.url == f"{site.address}/devices/sw-wf-1"
    assert opened.get_by_role("button", name="Live refresh").count() == 0
    context.close()
