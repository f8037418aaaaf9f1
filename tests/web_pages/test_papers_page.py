"""The papers' page: a line for each edition with all its forms, the newest first, as what they are and to whom."""

from __future__ import annotations

import os
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from starlette.requests import Request

from agent.web.papers import Paper, papers_in
from tests.readers.test_web_pages import NOON, Structure, read, view, words_of
from tests.web_pages.conftest import Client

WHOLE = ("html", "pdf", "xlsx", "docx")
TABLES = ("services", "sites", "restatements-all")


def write(folder: Path, stem: str, edition: str, at: datetime = NOON, forms: tuple[str, ...] = WHOLE) -> None:
    names = [f"{stem}-{edition}.{form}" for form in forms]
    names += [f"{stem}-{edition}-{table}.csv" for table in TABLES]
    for name in names:
        (folder / name).write_text(f"this is {name}")
        os.utime(folder / name, (at.timestamp(), at.timestamp()))


def test_one_line_for_each_edition_with_its_forms_in_order_and_its_tables(tmp_path: Path) -> None:
    write(tmp_path, "ict-quarter-2026-Q1", "public")
    (paper,) = papers_in(tmp_path)
    assert paper.title == "Quarter 1 of 2026/27 (April to June 2026)"
    assert [file.title for file in paper.files] == ["Web page", "PDF", "Word", "Excel"]
    assert [file.title for file in paper.tables] == ["restatements all", "services", "sites"]
    assert paper.made_at == NOON


def test_the_newest_quarter_comes_first_and_of_one_quarter_the_public_edition(tmp_path: Path) -> None:
    for stem in ("ict-quarter-2025-Q4", "ict-quarter-2026-Q2", "ict-quarter-2026-Q1", "ict-programme-2026"):
        for edition in ("exempt", "public"):
            write(tmp_path, stem, edition)
    assert [(paper.stem, paper.edition) for paper in papers_in(tmp_path)] == [
        (stem, edition)
        for stem in ("ict-quarter-2026-Q2", "ict-quarter-2026-Q1", "ict-quarter-2025-Q4", "ict-programme-2026")
        for edition in ("public", "exempt")
    ]


def test_a_paper_is_final_only_if_it_was_made_after_its_quarter_was_closed(tmp_path: Path) -> None:
    write(tmp_path, "ict-quarter-2026-Q1", "public")
    write(tmp_path, "ict-incident-8f3a41c2", "exempt")

    def standings(**closed: datetime) -> list[str]:
        return [paper.standing for paper in papers_in(tmp_path, {k.replace("_", "-"): v for k, v in closed.items()})]

    assert standings() == ["Draft", ""]
    assert standings(**{"2026_Q1": NOON - timedelta(days=1)}) == ["Final", ""]
    assert standings(**{"2026_Q1": NOON + timedelta(days=1)}) == ["Draft", ""]
    assert standings(**{"2025_Q1": NOON - timedelta(days=1)}) == ["Draft", ""]


def test_what_is_no_paper_is_not_listed(tmp_path: Path) -> None:
    for name in ("notes.txt", "ict-quarter-2026-Q1.html", ".ict-quarter-2026-Q1-public.html.part", "a-public.exe"):
        (tmp_path / name).write_text("no")
    (tmp_path / "folder-public.html").mkdir()
    assert papers_in(tmp_path) == []
    assert papers_in(tmp_path / "none") == []


async def test_the_page_offers_every_form_and_marks_what_is_exempt(client: Client, tmp_path: Path) -> None:
    write(tmp_path, "ict-quarter-2026-Q1", "public")
    write(tmp_path, "ict-quarter-2026-Q1", "exempt")
    pages = client(view(closed={"2026-Q1": NOON - timedelta(days=1)}))
    answer = await pages.get("/papers")
    said = words_of(answer.text)
    assert "2 papers" in said
    assert "Exempt papers are Part II" in said
    assert "Quarter 1 of 2026/27 (April to June 2026) ict-quarter-2026-Q1 Public Final" in said
    for form in WHOLE:
        assert f'href="/papers/ict-quarter-2026-Q1-exempt.{form}"' in answer.text
    assert 'href="/papers/ict-quarter-2026-Q1-public-tables.zip"' in answer.text
    assert 'href="/papers/ict-quarter-2026-Q1-public-services.csv"' in answer.text
    assert not Structure(answer.text).open


@pytest.mark.parametrize(
    ("form", "kind", "how"),
    [
        ("html", "text/html; charset=utf-8", "inline"),
        ("pdf", "application/pdf", "attachment"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "attachment"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "attachment"),
    ],
)
async def test_a_form_is_sent_as_what_it_is_under_its_name(
    client: Client, tmp_path: Path, form: str, kind: str, how: str
) -> None:
    write(tmp_path, "ict-quarter-2026-Q1", "public")
    name = f"ict-quarter-2026-Q1-public.{form}"
    answer = await client(view()).get(f"/papers/{name}")
    assert answer.status_code == 200
    assert answer.text == f"this is {name}"
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"] == f'{how}; filename="{name}"'
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_all_tables_come_in_one_file_which_is_the_same_each_time(client: Client, tmp_path: Path) -> None:
    write(tmp_path, "ict-quarter-2026-Q1", "public")
    pages = client(view())
    answer = await pages.get("/papers/ict-quarter-2026-Q1-public-tables.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="ict-quarter-2026-Q1-public-tables.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert archive.namelist() == sorted(f"ict-quarter-2026-Q1-public-{table}.csv" for table in TABLES)
        assert archive.testzip() is None
    os.utime(tmp_path / "ict-quarter-2026-Q1-public-sites.csv", (0, 0))
    assert (await pages.get("/papers/ict-quarter-2026-Q1-public-tables.zip")).content == answer.content


async def test_a_paper_that_is_not_for_an_asker_is_neither_linked_nor_sent(client: Client, tmp_path: Path) -> None:
    write(tmp_path, "ict-quarter-2026-Q1", "public")
    write(tmp_path, "ict-quarter-2026-Q1", "exempt")

    def may_read(paper: Paper, request: Request) -> bool:
        return paper.edition == "public" or request.headers.get("x-role") == "editor"

    pages = client(view(), may_read=may_read)
    text = (await pages.get("/papers")).text
    assert "-exempt" not in text
    assert "For those who may write here" in text
    for name in ("exempt.html", "exempt-services.csv", "exempt-tables.zip"):
        address = f"/papers/ict-quarter-2026-Q1-{name}"
        answer = await pages.get(address)
        assert answer.status_code == 403
        assert "this is" not in answer.text
        assert (await pages.get(address, headers={"x-role": "editor"})).status_code == 200
    assert (await pages.get("/papers/ict-quarter-2026-Q1-public.html")).status_code == 200


async def test_without_papers_the_page_says_how_to_write_one(client: Client) -> None:
    assert "hartwatch report quarter 2026-Q1 --edition public" in await read(client(view()), "/papers")


def test_the_moment_of_a_paper_is_that_of_its_newest_file(tmp_path: Path) -> None:
    write(tmp_path, "ict-quarter-2026-Q1", "public")
    os.utime(tmp_path / "ict-quarter-2026-Q1-public.pdf", (NOON.timestamp() + 60,) * 2)
    assert papers_in(tmp_path)[0].made_at == datetime.fromtimestamp(NOON.timestamp() + 60, UTC)
