"""The catalogue of metrics and the page made from it."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from agent.catalogue import CATALOGUE, INTERFACES, ON_DEMAND, find
from agent.exporter.text import Format
from agent.metrics_page import markdown
from tests.readers.estate import pages, visit

UNITS = ("seconds", "bytes", "celsius", "volts", "amperes", "watts", "voltamperes", "joules", "hertz", "rpm", "ratio",
         "dbm", "pascals", "decibels", "bits_per_second", "litres_per_minute", "cubic_metres_per_hour",
         "pounds")  # fmt: skip


def test_the_committed_page_of_metrics_is_the_one_the_catalogue_makes(root: Path) -> None:
    assert (root / "docs/reference/metrics.md").read_text() == markdown()


def test_no_name_comes_twice() -> None:
    names = [entry.name for entry in CATALOGUE]
    assert len(names) == len(set(names))


def test_own_names_have_the_prefix_and_the_unit_and_counters_end_in_total() -> None:
    for entry in CATALOGUE:
        if entry.source in (INTERFACES, ON_DEMAND):
            continue
        assert re.fullmatch(r"hartwatch_[a-z_]+", entry.name)
        assert entry.unit in ("", *UNITS)
        assert (entry.type == "counter") == entry.name.endswith("_total")
        assert (entry.type == "info") == entry.name.endswith("_info")
        if entry.unit and not entry.name.endswith("_total"):
            assert entry.name.endswith("_" + entry.unit), entry.name
        assert "percent" not in entry.name
        assert entry.help.endswith(".")


def test_every_family_on_the_page_has_the_help_and_the_labels_that_the_catalogue_promises() -> None:
    page = "".join(pages(visit()).everything(Format.TEXT))
    seen = 0
    for family in text_string_to_metric_families(page):
        name = family.name + ("_total" if family.type == "counter" else "")
        if not name.startswith("hartwatch_"):
            continue
        entry = find(name)
        assert family.documentation == entry.help
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(entry.labels), sample.name
        seen += 1
    assert seen > 20
