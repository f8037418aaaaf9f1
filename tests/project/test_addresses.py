"""docs/reference/http.md names every address that the agent serves, and no other; and what it says of them is so."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from agent.config import Settings
from agent.exporter.discovery import FILTERS, discovery
from agent.probing import AT_ONCE
from agent.watched import Watched
from agent.web.users import MOST_WAITING
from collectors.readings import Cadence
from tests.readers.test_app import estate as estate
from tests.readers.test_app import running


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "reference" / "http.md").read_text(encoding="utf-8")


async def test_the_page_has_every_address_and_no_other(
    page: str, estate: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    served: set[str] = set()

    def noted(routes: Any) -> Starlette:
        served.update(route.path for route in routes)
        return Starlette(routes=routes)

    monkeypatch.setattr("agent.app.Starlette", noted)
    documented = set(re.findall(r"^(?:## |\| )`(/[^`]*)`", page, re.MULTILINE))
    async with running(estate()) as (client, _, _task):
        assert documented == served
        for address in sorted(documented):
            # Without a users file nobody may write, and there is nothing to sign in to.
            posted = 404 if address in ("/login", "/logout") else 403 if address in written(page) else 405
            for method, status in (("POST", posted), ("DELETE", 405)):
                answer = await client.request(method, address.replace("{name}", "sw-wf-1").replace("{id}", "1"))
                assert answer.status_code == status, address
        for address in ("/devices/none/metrics", "/probe?target=none", "/devices/none", "/sites/none", "/outages/none",
                        "/register/none", "/papers/none", "/static/none"):  # fmt: skip
            assert (await client.get(address)).status_code == 404, address


def written(page: str) -> set[str]:
    """The addresses that take a form, which is all of the section but one that only shows, and what the API posts."""
    forms = set(re.findall(r"^\| `(/[^`]*)`", page.split("## Pages for writing", 1)[1], re.MULTILINE)) - {"/audit"}
    return forms | set(re.findall(r"^\| `(/api/[^`]*)` \|[^|]*POST", page, re.MULTILINE))


def section(page: str, address: str) -> str:
    return page.split(f"## `{address}`\n", 1)[1].split("\n## ", 1)[0]


def test_the_labels_and_filters_of_discovery_are_as_the_page_says(page: str) -> None:
    told = section(page, "/sd/prometheus")
    (target,) = discovery([Watched("a", "switch", "b")], "127.0.0.1:1")
    assert set(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE)) == set(target["labels"])
    (filters,) = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", told.split("| label |")[0], re.MULTILINE)
    assert re.findall(r"\w+", filters) == list(FILTERS)


def test_bounds_and_cadences_are_as_the_page_says(page: str) -> None:
    told = section(page, "/probe")
    assert f"{AT_ONCE} looks on demand" in told
    assert all(f"`{cadence.value}`" in told for cadence in Cadence)
    assert MOST_WAITING == 16
    assert "sixteen passwords" in page
