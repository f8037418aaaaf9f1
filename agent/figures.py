"""What pipeline, schedule, ledger and register count, as samples of the catalogue's metrics. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from agent.alerts import AlertmanagerStats, SenderStats
from agent.drafts import DraftStats
from agent.exporter.snmp import FrontStats
from agent.hardware.register import Piece
from agent.inventory import Estate
from agent.ledger import WriterStats
from agent.looking import CrewStats, Traffic
from agent.neighbours import neighbours
from agent.pipeline import PipelineStats
from agent.programme import Programme
from agent.schedule import ScheduleStats
from agent.spread import Spread
from agent.words import LONDON
from collectors.readings import Cadence, Labels, Visit

Fact = tuple[str, Labels, float]

OUTCOMES = ("reached", "silent", "blind")


def of_visits(pipeline: PipelineStats, schedule: ScheduleStats) -> Iterator[Fact]:
    """Counters begin at 0 for every label that is known beforehand: one that begins with its first event hides it."""
    for cadence in Cadence:
        by = (("cadence", cadence.value),)
        for outcome in OUTCOMES:
            yield "hartwatch_visits_total", (*by, ("outcome", outcome)), pipeline.visits[cadence, outcome]
        yield "hartwatch_visits_skipped_total", by, schedule.skipped[cadence]
    for (stage, kind), times in sorted(pipeline.failures.items()):
        yield "hartwatch_visit_failures_total", (("stage", stage), ("kind", kind)), times
    yield "hartwatch_visit_requests_total", (), pipeline.requests_total
    yield "hartwatch_visit_retries_total", (), pipeline.retries_total
    yield "hartwatch_visit_crashes_total", (), pipeline.crashes_total + schedule.crashed_total
    yield "hartwatch_visits_unrecorded_total", (), pipeline.unrecorded_total
    yield "hartwatch_visits_in_flight", (), schedule.in_flight
    yield "hartwatch_visits_waiting", (), schedule.waiting
    yield "hartwatch_visits_missed_total", (), schedule.missed_total
    yield "hartwatch_visits_stuck_total", (), schedule.stuck_total
    yield "hartwatch_clock_steps_total", (), schedule.clock_steps_total
    yield "hartwatch_event_loop_lag_seconds", (), schedule.loop_lag_seconds
    yield "hartwatch_agent_blind", (), float(pipeline.blind)


def of_looks(traffic: Traffic, crew: CrewStats | None) -> Iterator[Fact]:
    for event in ("sent", "received", "strays", "strangers", "send_failures", "time_outs"):
        yield "hartwatch_snmp_datagrams_total", (("event", event),), getattr(traffic, event)
    yield "hartwatch_snmp_kernel_drops_total", (), traffic.kernel_drops
    yield "hartwatch_workers", (), crew.workers if crew else 0
    if crew is not None:
        yield "hartwatch_workers_alive", (), crew.alive
        yield "hartwatch_worker_restarts_total", (), crew.restarts_total
        yield "hartwatch_devices_moved_total", (), crew.moved_total


def spreads_of(schedule: ScheduleStats) -> Iterator[tuple[str, Labels, Spread]]:
    for cadence in Cadence:
        by = (("cadence", cadence.value),)
        yield "hartwatch_schedule_lateness_seconds", by, schedule.lateness[cadence]
        yield "hartwatch_visit_duration_seconds", by, schedule.duration[cadence]


def of_ledger(writer: WriterStats, octets: int | None, sender: SenderStats) -> Iterator[Fact]:
    yield "hartwatch_ledger_buffered_records", (), writer.buffered
    yield "hartwatch_ledger_errors_total", (), writer.errors_total
    if octets is not None:
        yield "hartwatch_ledger_bytes", (), octets
    for outcome, times in (
        ("sent", sender.sent_total),
        ("failed", sender.failed_total),
        ("given_up", sender.given_up_total),
    ):
        yield "hartwatch_messages_total", (("outcome", outcome),), times


def of_channels(sender: SenderStats, alertmanagers: Mapping[str, AlertmanagerStats]) -> Iterator[Fact]:
    """Each way to tell people, by the name it has in the settings."""
    for name, one in sorted(sender.channels.items()):
        by = (("channel", name),)
        for outcome, times in (("sent", one.sent), ("failed", one.failed), ("given_up", one.given_up)):
            yield "hartwatch_channel_messages_total", (*by, ("outcome", outcome)), times
        yield "hartwatch_channel_messages_waiting", by, one.waiting
        if one.last_sent_at is not None:
            yield "hartwatch_channel_last_sent_timestamp_seconds", by, one.last_sent_at.timestamp()
    for name, stats in alertmanagers.items():
        by = (("channel", name),)
        yield "hartwatch_alertmanager_alerts", by, stats.alerts
        yield "hartwatch_alertmanager_silences", by, stats.silences
        if stats.refreshed_at is not None:
            yield "hartwatch_alertmanager_last_refresh_timestamp_seconds", by, stats.refreshed_at.timestamp()
        for peer, up in stats.up.items():
            yield "hartwatch_alertmanager_up", (*by, ("peer", peer)), float(up)


def of_drafts(drafts: DraftStats) -> Iterator[Fact]:
    if drafts.last_at is not None:
        yield "hartwatch_paper_last_draft_timestamp_seconds", (), drafts.last_at.timestamp()
    yield "hartwatch_paper_draft_failures_total", (), drafts.failures


def of_inventory(devices: int, problems: Sequence[str], loaded_at: datetime, reloaded: bool) -> Iterator[Fact]:
    yield "hartwatch_inventory_devices", (), devices
    yield "hartwatch_inventory_invalid", (), float(bool(problems))
    yield "hartwatch_config_last_reload_successful", (), float(reloaded)
    yield "hartwatch_config_last_reload_success_timestamp_seconds", (), loaded_at.timestamp()


def of_settings(problems: Sequence[str], waiting: Sequence[str]) -> Iterator[Fact]:
    yield "hartwatch_settings_invalid", (), float(bool(problems))
    yield "hartwatch_settings_waiting", (), len(waiting)


def of_scrapes(front: FrontStats) -> Iterator[Fact]:
    for result in ("ok", "failed", "refused", "busy"):
        yield "hartwatch_snmp_scrapes_total", (("result", result),), front.scrapes[result]
    yield "hartwatch_snmp_modules_invalid", (), float(front.invalid)


def of_neighbours(estate: Estate, visits: Mapping[str, Visit]) -> Iterator[Fact]:
    """Nothing before the first inventory visit: nought would say that there is nobody unknown."""
    if visits:
        yield "hartwatch_unknown_neighbours", (), sum(one.unknown for one in neighbours(estate, visits))


def of_register(pieces: Iterable[Piece]) -> Iterator[Fact]:
    """Hardware that is present."""
    counted: Counter[Labels] = Counter()
    for piece in pieces:
        if piece.presence != "present":
            continue
        asset, life = piece.asset, piece.life
        where = (("device", asset.device), ("part", asset.part), ("place", asset.place))
        which = (*where, ("serial", asset.serial or ""))
        whose = (("class", piece.role), ("site", piece.site), ("council", piece.council))
        kind = (("vendor", asset.vendor or ""), ("model", asset.model or ""), ("serial", asset.serial or ""))
        counted[("stage", piece.stage), *whose] += 1
        yield "hartwatch_asset_info", (*where, *kind, *whose), 1.0
        yield "hartwatch_asset_stage", (*which, ("stage", piece.stage)), 1.0
        if piece.age is not None:
            age = piece.age.total_seconds()
            yield "hartwatch_asset_age_seconds", (*which, ("evidence", piece.evidence)), age
        if piece.replace_by is not None:
            yield "hartwatch_asset_refresh_due_timestamp_seconds", which, _begins(piece.replace_by)
        if life.support_ends_on is not None:
            yield "hartwatch_asset_end_of_support_timestamp_seconds", which, _begins(life.support_ends_on)
        if life.keep is not None:
            kept = (*which, ("exception", life.keep.name))
            yield "hartwatch_asset_kept_until_timestamp_seconds", kept, _begins(life.keep.until)
        if life.software.stage != "unknown":
            yield "hartwatch_asset_software_stage", (*which, ("stage", life.software.stage)), 1.0
        if life.evidence.conflicts:
            yield "hartwatch_asset_conflicts", which, float(len(life.evidence.conflicts))
    for labels, count in counted.items():
        yield "hartwatch_assets", labels, count


def _begins(day: date) -> float:
    """When a day begins in London, which is when what it decides comes about."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).timestamp()


def of_programme(programme: Programme | None) -> Iterator[Fact]:
    """A year without cost is 0 for every council, so that a chart of years has no gaps. None: not worked out yet."""
    for year in programme.plan.years if programme is not None else ():
        by = (("year", str(year.year)),)
        yield "hartwatch_refresh_due", by, year.number
        for council in programme.councils if programme is not None else ():
            yield "hartwatch_refresh_cost_pounds", (*by, ("council", council)), year.councils.get(council, 0) / 100
