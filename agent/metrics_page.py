"""The page docs/reference/metrics.md, made from the catalogue and the device families.

Apart from the catalogue, which is pure: this reads the families' files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.catalogue import CATALOGUE, Entry
from collectors import load_profiles


def markdown(entries: Iterable[Entry] = CATALOGUE) -> str:
    """docs/reference/metrics.md."""
    lines = [
        "# Metrics",
        "",
        "Made by `hartwatch metrics > docs/reference/metrics.md`; a test holds the two together.",
        "",
        "Base units, ratios from 0 to 1, times as seconds since 1970. Every series about a device has the label",
        "`device`; the rest of what is known about it is joined from `hartwatch_device_info`. A device's readings end",
        "when they are older than two and a half intervals; `hartwatch_device_up` and the data age stay. *Refreshed*:",
        "the cadence of the visits that ask for it, `scrape` for what is worked out when Prometheus asks, `event` when",
        "something happens.",
    ]
    source = ""
    for entry in entries:
        if entry.source != source:
            source = entry.source
            lines += ["", f"## {source}", "", "| name | type | unit | labels | refreshed | meaning |",
                      "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
        labels = " ".join(f"`{label}`" for label in entry.labels)
        # Interface counters are exposed untyped: neither text format allows a counter under the MIB's own name.
        kind = "untyped (counter)" if entry.type == "counter" and not entry.name.endswith("_total") else entry.type
        lines.append(f"| `{entry.name}` | {kind} | {entry.unit} | {labels} | {entry.every} | {entry.help} |")
    return "\n".join([*lines, *_from_profiles(entries)]) + "\n"


def _from_profiles(known: Iterable[Entry]) -> Iterator[str]:
    """A table of the metrics that only device families name, from the families themselves.

    It does not say which families: one whose metrics exist already must not have to touch this page.
    """
    named = {entry.name for entry in known}
    found: dict[str, tuple[str, str, str, str]] = {}
    for profile in load_profiles():
        for scalar in profile.scalars:
            found.setdefault(scalar.metric, (scalar.type, "`device`", scalar.every.value, scalar.help))
        for table in profile.tables:
            parts = [p.label for p in table.index if not p.hide] if table.index else ["index"]
            labels = " ".join(f"`{label}`" for label in ("device", *parts, *table.labels))
            for row in table.metrics:
                found.setdefault(row.metric, (row.type, labels, table.every.value, row.help))
    yield from ("", "## From device families", "", "| name | type | labels | refreshed | meaning |")
    yield "| --- | --- | --- | --- | --- |"
    for name, (kind, labels, every, help_) in sorted(found.items()):
        if name not in named:
            yield f"| `{name}` | {kind} | {labels} | {every} | {help_} |"
