"""A visit on a terminal: tables for people. Everything a device says is shown as text, never as markup."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.cli.look import with_placeholders
from collectors.readings import Visit

_STYLE = {"ok": "green", "warning": "yellow", "critical": "red", "unknown": "magenta"}
WIDE = 240
MOST_ROWS = 60  # of one table: a chassis with 2,000 ports would push everything else off the screen


def show(visit: Visit, console: Console | None = None) -> None:
    """Print identity, checks, sensors, usage, parts, interfaces and failures, whatever there is."""
    out = console or Console()
    if not out.is_terminal:
        out.width = WIDE  # a file or a pipe has no edge: nothing is cut
    who = visit.identity
    if not visit.reached:
        out.print(Text(f"{visit.device}: not reached", style="red"))
        _failures(out, visit)
        return
    title = " ".join(_clean(w) for w in (who.vendor, who.model) if w) or "unknown device"
    out.print(Text(f"{_clean(visit.device)}: {title}", style="bold"))
    _pairs(
        out,
        (
            ("class", visit.device_class),
            ("profile", visit.profile if visit.profile != "generic" else "no profile: read by the standard MIBs"),
            ("serial", who.serial),
            ("version", who.version),
            ("sysName", who.name),
            ("sysObjectID", who.sys_object_id),
            ("sysDescr", who.sys_descr),
            ("location", who.sys_location),
            ("uptime", f"{who.uptime_seconds:,.0f} s" if who.uptime_seconds is not None else None),
            ("manufactured", who.manufactured.isoformat() if who.manufactured else None),
            ("look", f"{visit.seconds:.2f} s, {visit.requests} requests"),
        ),
    )
    _table(
        out,
        "Checks",
        ("check", "subject", "state", "level"),
        ((c.check, c.subject, c.state, c.level.value) for c in visit.checks),
    )
    _table(
        out,
        "Sensors",
        ("kind", "name", "value"),
        ((s.kind, s.name, s.words) for s in visit.sensors if s.value is not None),
    )
    used = [(what, u) for what in ("processors", "memory", "storage") for u in getattr(visit, what)]
    _table(
        out,
        "Usage",
        ("what", "name", "used", "of bytes"),
        (
            (what, u.name, f"{u.usage_ratio:.1%}" if u.usage_ratio is not None else "", _count(u.total_bytes))
            for what, u in used
        ),
    )
    _table(out, "Wireless", ("what", "count"), ((k, f"{v:g}") for k, v in visit.wireless.items()))
    _table(
        out,
        "Parts",
        ("part", "name", "model", "serial", "version"),
        (
            (p.part, p.name, p.model or "", p.serial or (f"({said})" if said else ""), p.version or "")
            for p, said in with_placeholders(visit)
        ),
    )
    _table(
        out,
        "Interfaces",
        ("ifIndex", "name", "alias", "admin", "oper", "in octets", "out octets"),
        (
            (
                str(i.index),
                i.name or i.descr or "",
                i.alias or "",
                i.admin or "",
                i.oper or "",
                _count(i.in_octets),
                _count(i.out_octets),
            )
            for i in visit.interfaces
        ),
    )
    _failures(out, visit)


def _failures(out: Console, visit: Visit) -> None:
    _table(
        out,
        "Could not be had",
        ("stage", "kind", "asked", "detail"),
        ((f.stage, f.kind, f.asked, f.detail) for f in visit.failures),
    )


def _pairs(out: Console, pairs: Iterable[tuple[str, str | None]]) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in pairs:
        if value:
            table.add_row(Text(name, style="dim"), Text(_clean(value)))
    out.print(table)


def _table(out: Console, title: str, names: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    rows = list(rows)
    if not rows:
        return
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
    for name in names:
        table.add_column(name)
    for row in rows[:MOST_ROWS]:
        table.add_row(*(Text(_clean(cell), style=_STYLE.get(cell, "")) for cell in row))
    out.print(table)
    if len(rows) > MOST_ROWS:
        out.print(Text(f"and {len(rows) - MOST_ROWS} more", style="dim"))


def _clean(text: str) -> str:
    """Control characters taken out: a device's name must not steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _count(value: float | None) -> str:
    if isinstance(value, int):
        return f"{value:,}"  # not by way of a float: 64-bit counters have more digits than one
    return f"{value:,.0f}" if value is not None else ""
