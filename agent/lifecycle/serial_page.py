"""The page docs/reference/serial-rules.md, made from the rules and the tables of placeholders.

markdown() -> str
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.lifecycle.evidence import CONFIDENCE, SAME_TIME, STOCK
from agent.lifecycle.placeholders import FALSE_DAYS, FALSE_FAMILIES, FALSE_SERIALS, FALSE_YEARS_UNTIL
from agent.lifecycle.serial_rules import SHIPPED, Written, read_rules
from agent.lifecycle.words import EvidenceKind

LADDER: tuple[tuple[EvidenceKind, str], ...] = (
    ("purchased", "a purchase record with its serial number, or `owned:` of the inventory"),
    ("installed", "the same, or the device says so, as a UPS does of its battery"),
    ("reported", "the date of manufacture that the device gives"),
    ("serial", "the date in its serial number, by a rule below; the rule says how far it is trusted"),
    ("device", "the age of the device it is in, for a part that was first seen with it and that nothing else dates"),
    ("first_seen", "it is not younger than the day it was first seen; nothing more is known"),
)


def markdown(rules: Iterable[Written] | None = None) -> str:
    """docs/reference/serial-rules.md."""
    rules = read_rules(SHIPPED) if rules is None else tuple(rules)
    return "\n".join([*_evidence(), *_rules(rules), *_refused()]) + "\n"


def _evidence() -> Iterator[str]:
    yield from (
        "# Serial numbers and evidence of age",
        "",
        "Made by `python -m agent.lifecycle.serial_page > docs/reference/serial-rules.md` from",
        "`agent/lifecycle/data/serial-rules.yaml`; a test holds the two together.",
        "",
        "## What dates a piece of hardware",
        "",
        "The first of these that is known holds. All that are known are kept, and shown beside it.",
        "",
        "| evidence | trusted | what it is |",
        "| --- | --- | --- |",
    )
    for kind, words in LADDER:
        yield f"| `{kind}` | {'low to good' if kind == 'serial' else CONFIDENCE[kind]} | {words} |"
    yield from (
        "",
        "Told as a conflict, with both dates and the days between them:",
        "",
        f"- the date of manufacture a device gives is over {SAME_TIME.days} days off the one in its serial number;",
        "- bought, or installed, before it was made;",
        f"- made more than {STOCK.days} days before it was bought: it stood in stock or was bought used;",
        "- first seen before it was bought, installed or made; installed before it was bought;",
        "- a date that had not come yet: it is refused.",
        "",
        "A conflict changes nothing about which evidence holds. Access points, members of stacks and HA groups and",
        "batteries never take the age of a device: they are bought and moved by themselves.",
    )


def _rules(rules: Iterable[Written]) -> Iterator[str]:
    yield from (
        "",
        "## Rules",
        "",
        "A rule speaks for its maker and its product lines only. Whatever the number looks like, there is no date for",
        "optics and cables, for virtual machines, for placeholders, for a week or a day that does not exist, and for a",
        "date before the product was made or after it was first seen. Where only one digit of the year is written, it",
        "is the latest such year that had come when it was first seen and in which the product was made; that may be",
        "ten years off, so it is trusted little. There is no rule for Juniper, Palo Alto Networks, Check Point and",
        "Ruckus.",
        "",
        "| rule | vendor | holds for | trusted | established by |",
        "| --- | --- | --- | --- | --- |",
    )
    for rule in rules:
        vendor = rule.vendors[0] + (f", also as read by {', '.join(rule.read_as)}" if rule.read_as else "")
        yield f"| `{rule.name}` | {vendor} | {rule.holds_for} | {rule.confidence} | {rule.source} |"
    yield from ("", "| rule | for example | made, or why there is no date |", "| --- | --- | --- |")
    for rule in rules:
        for good in rule.examples:
            yield f"| `{rule.name}` | `{good.serial}`{_on(good.model)} | {good.made.isoformat()} |"
        for bad in rule.counter_examples:
            yield f"| `{rule.name}` | `{bad.serial}`{_on(bad.model)} | no: {bad.why} |"


def _on(model: str | None) -> str:
    return f" on {model}" if model else ""


def _refused() -> Iterator[str]:
    yield from (
        "",
        "## What is not believed",
        "",
        f"Dates until {FALSE_YEARS_UNTIL} (epoch, year 00, BIOS defaults), dates in the future, and these days, which",
        "firmware puts in the place of a date:",
        "",
        "| day | where from |",
        "| --- | --- |",
    )
    for day, where in sorted(FALSE_DAYS.items()):
        yield f"| {day.isoformat()} | {where} |"
    yield from ("", "Dates of manufacture of these device families:", "", "| family | why |", "| --- | --- |")
    for family, why in sorted(FALSE_FAMILIES.items()):
        yield f"| `{family}` | {why} |"
    yield from (
        "",
        "Serial numbers that are none: one repeated character, `N/A`, `To be filled by O.E.M.`, `BUILTIN` and their",
        "kin, dates, MAC addresses given as such, names of USB controllers, numbers that end in five or more `X`, and:",
        "",
        "| number | seen with |",
        "| --- | --- |",
    )
    for serial, where in sorted(FALSE_SERIALS.items()):
        yield f"| `{serial}` | {where} |"


if __name__ == "__main__":
    print(markdown(), end="")
