"""docs/reference/papers.md says what the program does: classes, forms and charts."""

from __future__ import annotations

from pathlib import Path

from agent.reports import ALL
from agent.reports.editions import PUBLIC, Field, paragraphs_of
from tests.papers.making import whole_paper


def rows(root: Path) -> list[list[str]]:
    text = (root / "docs/reference/papers.md").read_text()
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]


def test_every_class_has_its_edition_and_its_paragraph_in_the_reference(root: Path) -> None:
    wanted = [[f.value, "both" if f in PUBLIC else f"exempt: {paragraphs_of([f])[0]}"] for f in Field]
    found = rows(root)
    assert found[-len(wanted) :] == wanted
    assert found[-len(wanted) - 2] == ["class", "edition"]


def test_every_form_and_every_chart_is_in_the_reference(root: Path) -> None:
    found = rows(root)
    assert [row[0] for row in found if row[0] in ALL] == list(ALL)
    named = {row[0].partition(", with bounds")[0]: row[1] for row in found}
    for section in whole_paper().sections:
        for chart in section.charts:
            assert named.get(chart.title) == chart.table, chart.title
