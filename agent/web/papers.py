"""The papers that were written: one line for each edition, with all its forms to read and download.

    found = papers_in(folder, closed)          list[Paper], the newest first

A paper is one file with its styles inside, so that it can be mailed; nothing in it may run or ask for anything. Names
of files say what they are (agent.reports.writing): ict-quarter-2026-Q3-public.html, .pdf, .xlsx, .docx, and a CSV file
for each table (ict-quarter-2026-Q3-public-services.csv), which also come in one zip.
"""

from __future__ import annotations

import asyncio
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from agent.access.who import Role
from agent.calendar_uk import Quarter
from agent.web.rendering import Pages
from agent.web.visitor import visitor_of

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; sandbox"
TABLES = "-tables.zip"  # how the name of all tables in one file ends; it is made when it is asked for
MOST = 5_000  # files of the folder that are looked at
MOST_ZIPPED = 50_000_000  # octets

_OFFICE = "application/vnd.openxmlformats-officedocument"
# In the order in which they are offered.
FORMS = {
    "html": ("Web page", "text/html; charset=utf-8"),
    "pdf": ("PDF", "application/pdf"),
    "docx": ("Word", f"{_OFFICE}.wordprocessingml.document"),
    "xlsx": ("Excel", f"{_OFFICE}.spreadsheetml.sheet"),
    "csv": ("CSV", "text/csv; charset=utf-8"),
}
_NAME = re.compile(
    r"(?P<stem>[A-Za-z0-9._-]+?)-(?P<edition>public|exempt)(?:-(?P<table>[A-Za-z0-9._-]+))?"
    rf"\.(?P<form>{'|'.join(FORMS)})"
)
_KINDS = {"ict-incident-": "Incident report", "ict-programme-": "Refresh programme"}


@dataclass(frozen=True, slots=True)
class File:
    """One file of a paper. `title`: its form, or of a table its name."""

    name: str
    title: str
    octets: int

    @property
    def url(self) -> str:
        return f"/papers/{quote(self.name, safe='')}"


@dataclass(frozen=True, slots=True)
class Paper:
    """One edition of a paper. `standing`: "Final" once its quarter is closed and it was made after that, else "Draft";
    "" where there is nothing to close."""

    stem: str
    title: str
    edition: str  # public, exempt
    standing: str
    made_at: datetime
    files: Sequence[File]
    tables: Sequence[File]

    @property
    def zipped(self) -> str:
        """The name of all its tables in one file, "" where it has none."""
        return f"{self.stem}-{self.edition}{TABLES}" if self.tables else ""

    @property
    def zip_url(self) -> str:
        return f"/papers/{quote(self.zipped, safe='')}"


MayRead = Callable[[Paper, Request], bool]


def by_role(paper: Paper, request: Request) -> bool:
    """Where there is a users file, exempt papers are for those who write; without one the pages show as much anyway."""
    of = visitor_of(request)
    return paper.edition != "exempt" or not of.can_sign_in or of.who.may(Role.EDITOR)


def papers_in(folder: Path, closed: Mapping[str, datetime] | None = None) -> list[Paper]:
    """The papers in a folder, the newest quarter first; none where there is no such folder. `closed`: quarter > when.

    Blocking. What is no paper by its name is left out, and no link leads to it.
    """
    found: dict[tuple[str, str], list[tuple[re.Match[str], Path]]] = defaultdict(list)
    try:
        for number, path in enumerate(folder.iterdir()):
            match = _NAME.fullmatch(path.name)
            if match is not None and path.is_file():
                found[match["stem"], match["edition"]].append((match, path))
            if number >= MOST:
                break
    except OSError:
        return []
    made = [_paper(stem, edition, own, closed or {}) for (stem, edition), own in found.items()]
    # The newest quarter first, and of one quarter the public edition.
    made.sort(key=lambda paper: paper.edition, reverse=True)
    return sorted(made, key=lambda paper: (_quarter(paper.stem) or "", paper.made_at.date(), paper.stem), reverse=True)


def _paper(stem: str, edition: str, own: Sequence[tuple[re.Match[str], Path]], closed: Mapping[str, datetime]) -> Paper:
    files: list[tuple[int, File]] = []
    tables: list[File] = []
    times = []
    for match, path in own:
        try:
            status = path.stat()
        except OSError:  # written anew at this moment
            continue
        times.append(status.st_mtime)
        if match["table"]:
            tables.append(File(path.name, match["table"].replace("-", " "), status.st_size))
        else:
            files.append((list(FORMS).index(match["form"]), File(path.name, FORMS[match["form"]][0], status.st_size)))
    made_at = datetime.fromtimestamp(max(times, default=0.0), UTC)
    quarter = _quarter(stem)
    title = str(quarter) if quarter else stem
    standing = ""
    if quarter:
        title = Quarter.parse(quarter).title
        final = quarter in closed and closed[quarter] <= made_at
        standing = "Final" if final else "Draft"
    for start, words in _KINDS.items():
        if stem.startswith(start):
            title = f"{words} {stem.removeprefix(start)}"
    return Paper(
        stem, title, edition, standing, made_at, [file for _, file in sorted(files, key=lambda one: one[0])],
        sorted(tables, key=lambda file: file.name),
    )  # fmt: skip


def _quarter(stem: str) -> str:
    """2026-Q3 of ict-quarter-2026-Q3; "" where a name has none."""
    match = re.search(r"quarter-(\d{4}-Q[1-4])(?![0-9])", stem)
    if match is None:
        return ""
    try:
        return str(Quarter.parse(match[1]))
    except ValueError:
        return ""


def of_quarter(papers: Sequence[Paper], quarter: str) -> list[Paper]:
    return [paper for paper in papers if _quarter(paper.stem) == quarter]


def zipped(folder: Path, paper: Paper) -> bytes:
    """All tables of a paper in one file. Same tables, same bytes. Blocking."""
    buffer = BytesIO()
    left = MOST_ZIPPED
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in paper.tables:
            left -= table.octets
            if left < 0:
                break
            archive.writestr(zipfile.ZipInfo(table.name), (folder / table.name).read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def routes(pages: Pages, folder: Path, quarter: Callable[[datetime], str], may_read: MayRead = by_role) -> list[Route]:
    """`quarter` names the one that ended last, for those who have no paper yet."""

    async def listed(request: Request) -> Response:
        view = await pages.look()
        found = await asyncio.to_thread(papers_in, folder, view.closed)
        rows = [(paper, may_read(paper, request)) for paper in found]
        return pages.page(
            view, "papers.html", "/papers", papers=rows, quarter=quarter(view.now), folder=str(folder),
            exempt=any(paper.edition == "exempt" for paper, _ in rows),
        )  # fmt: skip

    async def one(request: Request) -> Response:
        name = request.path_params["name"]
        for paper in await asyncio.to_thread(papers_in, folder):  # what the folder lists, so there is no way out of it
            names = {file.name for file in (*paper.files, *paper.tables)}
            if name != paper.zipped and name not in names:
                continue
            if not may_read(paper, request):
                advice = (
                    "This is the exempt edition, Part II. It is for those who may write here: ask who keeps the users."
                )
                return pages.problem(await pages.look(), "Not for you to read", advice, 403)
            headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
            if name not in names:
                content = await asyncio.to_thread(zipped, folder, paper)
                headers["Content-Disposition"] = f'attachment; filename="{name}"'
                return Response(content, media_type="application/zip", headers=headers)
            form = name.rpartition(".")[2]
            # A browser's own reader of PDF runs scripts and is no sandbox: only web pages are opened here.
            how = "inline" if form == "html" else "attachment"
            return FileResponse(
                folder / name, media_type=FORMS[form][1], filename=name, content_disposition_type=how, headers=headers
            )
        return pages.problem(await pages.look(), "No such paper", "The list of papers has all that were written.")

    return [Route("/papers", listed), Route("/papers/{name}", one)]
