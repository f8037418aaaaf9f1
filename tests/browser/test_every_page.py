"""Every page in Chromium: by axe in light and dark, at 320 px, by keyboard, without scripts, and asking nobody else.

With HARTWATCH_SCREENSHOTS=FOLDER a picture of each is put there.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from starlette.applications import Starlette

from agent import web
from agent.hardware.dossier import Past
from agent.view import View
from tests.readers.test_web_pages import OUTAGE, full_of, past_full_of

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = (
    "/", "/map", "/devices", "/devices/sw-wf-1", "/sites/wallfields", "/wifi", "/outages", f"/outages/{OUTAGE}",
    "/maintenance", "/neighbours", "/availability", "/register?gone=1", f"/register/{UUID(int=7)}",
    "/programme?cap=5&slip=1", "/papers", "/search?q=sw", "/health", "/devices/none",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the pages of an estate with trouble in it: something stands in every table."""
    shown = full_of("Plain words")

    async def look() -> View:
        return shown

    async def past(key: str) -> Past:
        return past_full_of(key.removeprefix("k/"))

    routes = web.routes(look, tmp_path_factory.mktemp("papers"), lambda _: "2026-Q1", past)
    listening = socket.create_server(("127.0.0.1", 0))
    app = web.Guard(Starlette(routes=routes), web.WebConfig(), None)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
    thread.start()
    yield "http://{}:{}".format(*listening.getsockname())
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser(server: Callable[[str], Path]) -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=str(server("chromium")), args=["--no-sandbox"])
        yield opened
        opened.close()


def test_axe_finds_nothing_in_light_and_dark_and_nobody_else_is_asked(browser: Any, site: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: set[str] = set()
    wrong: list[str] = []
    page.on("request", lambda request: asked.add("/".join(request.url.split("/")[:3])))
    page.on(
        "console", lambda told: wrong.append(told.text) if told.type == "error" and "404" not in told.text else None
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    found = []
    for address in PAGES:
        page.goto(site + address)
        # Light and dark differ by nothing but colours.
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            told = axe.Axe().run(page, options={"runOnly": RULES if scheme == "light" else ["color-contrast"]}).response
            assert told["passes"], address
            found += [
                f"{address} {scheme}: {one['id']} at {node['target']}: {node['failureSummary']}"
                for one in told["violations"]
                for node in one["nodes"][:3]
            ]
            picture(page, f"{address}-{scheme}")
    page.close()
    assert found == []
    assert asked == {site}
    assert wrong == []


def test_nothing_scrolls_sideways_at_320_px_with_scripts_switched_off(browser: Any, site: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    wide = {}
    for address in PAGES:
        page.goto(site + address)
        box = page.locator("html").bounding_box()
        over = [page.locator(part).bounding_box() for part in ("header.mast", "main", "footer.foot")]
        widest = max(one["x"] + one["width"] for one in [box, *over] if one)
        if widest > 320:
            wide[address] = widest
        assert page.locator("h1").count() == 1, address
        picture(page, f"{address}-320")
    context.close()
    assert wide == {}


def test_the_keyboard_skips_to_the_content_and_the_focus_is_seen(browser: Any, site: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(site + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    seen = 0
    for _ in range(12):
        page.keyboard.press("Tab")
        style = page.evaluate("(s => [s.outlineStyle, s.outlineWidth])(getComputedStyle(document.activeElement))")
        assert style == ["solid", "3px"]
        seen += 1
    assert seen == 12
    page.close()


def test_a_failing_device_is_two_clicks_from_the_overview_and_its_table_comes_as_a_file(
    browser: Any, site: str
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(site + "/")
    page.get_by_role("link", name="sw-wf-1", exact=True).first.click()
    if "/outages/" in page.url:
        page.get_by_role("link", name="sw-wf-1", exact=True).first.click()
    assert page.url.endswith("/devices/sw-wf-1")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV of sensors").click()
    assert download.value.suggested_filename == "sw-wf-1-sensors.csv"
    page.close()


def picture(page: Any, name: str) -> None:
    folder = os.environ.get("HARTWATCH_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{re.sub(r'[^a-z0-9]+', '-', name).strip('-') or 'first'}.png", full_page=True)
