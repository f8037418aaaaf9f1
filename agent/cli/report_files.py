"""Writing a paper from the command line: its editions and forms, progress on a terminal, the paths of its files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.serve import fail

if TYPE_CHECKING:
    from agent.reports import Paper


class EditionName(StrEnum):
    PUBLIC = "public"
    EXEMPT = "exempt"
    BOTH = "both"


class FormName(StrEnum):
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    CSV = "csv"


EditionOption = Annotated[EditionName, typer.Option(help="What may be published, everything, or a paper of each.")]
FormOption = Annotated[
    list[FormName] | None, typer.Option("--form", help="Kind of files; may be given again.", show_default="all of them")
]
OutOption = Annotated[Path | None, typer.Option(help="Folder for the files.", show_default="papers in --state")]


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Say on a terminal what takes a while; nothing where standard error is a file or a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def write_all(
    paper: Paper, stem: str, edition: EditionName, forms: Sequence[FormName] | None, out: Path | None, settings: Any
) -> None:
    """Write it in these editions and forms, and print the path of every file; exits where that cannot be done."""
    from rich.console import Console
    from rich.progress import Progress

    from agent.reports import ALL, Edition, Form, FormError, write

    editions = list(Edition) if edition is EditionName.BOTH else [Edition(edition.value)]
    wanted = [form for form in ALL if forms is None or not forms or form.value in forms]
    folder: Path = out or settings.state_directory / "papers"
    written: list[Path] = []
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Writing", total=len(editions) * len(wanted))
        for one in editions:
            for form in wanted:
                progress.update(task, description=f"{one.part}: {form.upper()}")
                written += _written(write, paper, stem, one, folder, Form(form), FormError)
                progress.advance(task)
    for path in written:
        print(path)


def _written(write: Any, paper: Paper, stem: str, edition: Any, folder: Path, form: Any, wrong: Any) -> list[Path]:
    try:
        paths: list[Path] = write(paper, stem, edition, folder, (form,))
    except OSError as problem:
        words = (problem.strerror or str(problem)).lower()
        return fail(f"cannot write to {folder}: {words}; choose another folder with --out", 1)  # type: ignore[no-any-return]
    except wrong as problem:
        return fail(f"the {edition.value} edition as {form.upper()}: {problem}", 1)  # type: ignore[no-any-return]
    return paths
