"""What the agent's own page says: each of its numbers in a sentence, with a level where there is a bound. Pure but for
the answer to the browser.

The bounds are those of the alert rules (deploy/prometheus/rules/hartwatch.yml): the page says nothing else than they.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.spread import Spread
from agent.view import View
from agent.vitals import Vitals
from agent.web.names import Named, name_of
from agent.web.rendering import Pages
from agent.words import count, full, octets, some, span
from collectors.readings import Cadence, Level

LATE = 10.0  # seconds
LAG = 5.0
MOST_SKIPPED = 0.05  # of the turns
MOST_LACKING = 200  # devices in the table
WORST = (Level.CRITICAL, Level.WARNING, Level.UNKNOWN, Level.OK)


@dataclass(frozen=True, slots=True)
class Said:
    """One number: its name, the number as people read it, what it means. `level` None where it has no bound."""

    title: str
    value: str
    sentence: str
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """A device that answers, but not to everything."""

    device: Named
    failures: int
    kinds: str


@dataclass(frozen=True, slots=True)
class Health:
    """Everything on the page. `groups`: title, what is said."""

    groups: Sequence[tuple[str, Sequence[Said]]]
    failures: Sequence[tuple[str, str, int]]  # stage, kind, times since the start
    lacking: Sequence[Lacking]
    more_lacking: int
    level: Level


def health_of(view: View) -> Health:
    vitals = view.agent.vitals
    groups: list[tuple[str, Sequence[Said]]] = []
    failures: list[tuple[str, str, int]] = []
    if vitals is not None:
        groups = [
            ("Looking", list(_looking(vitals))),
            ("Writing down", list(_writing(view, vitals))),
            ("Telling people", list(_telling(view, vitals))),
            ("The process", list(_process(view, vitals))),
        ]
        failures = [(stage, kind, times) for (stage, kind), times in vitals.failures.items()]
        failures.sort(key=lambda one: (-one[2], one[0], one[1]))
    lacking = lacking_of(view)
    levels = {said.level for _, own in groups for said in own if said.level is not None}
    if view.agent.ledger_problem:
        levels.add(Level.CRITICAL)
    if view.agent.inventory_problems or view.agent.blind:
        levels.add(Level.WARNING)
    level = next((one for one in WORST if one in levels), Level.OK)
    return Health(groups, failures, lacking[:MOST_LACKING], max(0, len(lacking) - MOST_LACKING), level)


def within(spread: Spread, share: float) -> float | None:
    """The bound that this share of the values keeps; None without values; inf beyond the last bound."""
    wanted = share * spread.count
    if not wanted:
        return None
    for bound, so_far in spread.cumulative():
        if so_far >= wanted:
            return float("inf") if bound == "+Inf" else float(bound)
    return float("inf")


def _looking(v: Vitals) -> Iterator[Said]:
    for cadence in Cadence:
        late = within(v.lateness[cadence], 0.99)
        title = f"Lateness of {cadence.value} visits"
        if late is None:
            yield Said(title, "none yet", f"No {cadence.value} visit has begun yet.")
            continue
        bound = _bound(late, v.lateness[cadence])
        level = Level.WARNING if late > LATE else Level.OK
        yield Said(title, bound, f"99 of 100 {cadence.value} visits began {bound} after their turn.", level)
        took = within(v.duration[cadence], 0.99)
        if took is not None:
            bound = _bound(took, v.duration[cadence])
            yield Said(f"Length of {cadence.value} visits", bound, f"99 of 100 took {bound}.")
    yield Said(
        "Going on", f"{v.in_flight:,} of {v.places:,}",
        f"{count(v.in_flight, 'visit')} {'goes' if v.in_flight == 1 else 'go'} on now; {v.places:,} may, side by side.",
    )  # fmt: skip
    level = Level.WARNING if v.waiting > v.places else Level.OK
    waits = some(v.waiting, "visit is", "visits are") if v.waiting else "No visit is"
    yield Said("Queue", f"{v.waiting:,}", f"{waits[:1].upper()}{waits[1:]} due and waiting for a place.", level)
    turns, skipped = sum(v.visits.values()), sum(v.skipped.values())
    share = skipped / (turns + skipped) if turns + skipped else 0.0
    yield Said(
        "Turns left out", f"{skipped:,}",
        f"{100 * share:.1f} % of the turns since the start, because the visit before was still going on.",
        Level.WARNING if share > MOST_SKIPPED else Level.OK,
    )  # fmt: skip
    reached = sum(times for (_, outcome), times in v.visits.items() if outcome == "reached")
    yield Said(
        "Visits", f"{turns:,}",
        f"{reached:,} reached their device. {count(v.requests, 'request')} were sent, {v.retries:,} of them again.",
    )  # fmt: skip
    if v.workers is not None:
        missing = v.workers.wanted - v.workers.alive
        yield Said(
            "Workers", f"{v.workers.alive} of {v.workers.wanted}",
            f"{count(v.workers.alive, 'worker process', 'worker processes')} of {v.workers.wanted} "
            f"{'asks' if v.workers.alive == 1 else 'ask'} devices; {count(v.workers.restarts, 'restart')} so far.",
            Level.CRITICAL if not v.workers.alive else Level.WARNING if missing > 0 else Level.OK,
        )  # fmt: skip
    else:
        yield Said("Workers", "none", "This process asks the devices itself.")


def _bound(seconds: float, spread: Spread) -> str:
    if seconds == float("inf"):
        return f"more than {spread.bounds[-1]:g} s"
    return f"at most {1000 * seconds:g} ms" if seconds < 1 else f"at most {seconds:g} s"


def _writing(view: View, v: Vitals) -> Iterator[Said]:
    if v.octets is not None:
        yield Said("Ledger", octets(v.octets), f"The ledger takes {octets(v.octets)}: {view.agent.ledger}")
    full_share = v.buffered / v.buffer_limit if v.buffer_limit else 0.0
    yield Said(
        "Facts waiting", f"{v.buffered:,}",
        "Everything that is known is written down." if not v.buffered else
        f"{count(v.buffered, 'hand-over')} {'waits' if v.buffered == 1 else 'wait'} in memory for the ledger; "
        f"there is room for {v.buffer_limit:,}.",
        Level.CRITICAL if full_share > 0.5 else Level.WARNING if v.buffered and view.agent.ledger_problem else Level.OK,
    )  # fmt: skip
    if v.last_write_at is None:
        yield Said("Last write", "none yet", "Nothing has been written since the start.")
    else:
        age = span(view.now - v.last_write_at)
        yield Said("Last write", f"{age} ago", f"Something was last written {full(v.last_write_at)}.")
    failed = (
        f"{count(v.write_errors, 'attempt')} to write failed since the start, and {v.unrecorded:,} visits could not be "
    )
    yield Said(
        "Failed writes", f"{v.write_errors:,}", f"{failed}recorded at once.",
        Level.CRITICAL if view.agent.ledger_problem else Level.OK,
    )  # fmt: skip


def _telling(view: View, v: Vitals) -> Iterator[Said]:
    if not v.channels:
        yield Said("Channels", "none", "Nobody is told of anything: the settings name no channel.")
    for name, one in sorted(v.channels.items()):
        last = f"the last {span(view.now - one.last_sent_at)} ago" if one.last_sent_at else "none so far"
        given_up = f" {count(one.given_up, 'message')} given up after a day." if one.given_up else ""
        yield Said(
            name, f"{one.waiting:,} waiting",
            f"{count(one.sent, 'message')} told, {last}; {one.waiting:,} waiting.{given_up}"
            f"{' The channel fails at the moment.' if one.failing else ''}",
            Level.WARNING if one.failing or one.given_up else Level.OK,
        )  # fmt: skip


def _process(view: View, v: Vitals) -> Iterator[Said]:
    if v.resident is not None:
        by_device = v.resident / len(view.watched) if view.watched else 0
        yield Said(
            "Memory", octets(v.resident),
            f"{octets(by_device)} for each of {count(len(view.watched), 'device')}, the program itself included.",
        )  # fmt: skip
    yield Said("Traffic kept", f"{v.followed:,}", f"Of {count(v.followed, 'interface')} the last three hours are kept.")
    yield Said(
        "Event loop", f"{1000 * v.loop_lag:,.0f} ms",
        f"In the last minute it was at most {1000 * v.loop_lag:,.0f} ms late; {count(v.missed, 'turn')} missed by it.",
        Level.WARNING if v.loop_lag > LAG else Level.OK,
    )  # fmt: skip
    faults = v.crashes + v.stuck
    yield Said(
        "Mistakes of the program", f"{faults:,}",
        "No visit failed by a mistake of the program." if not faults else
        f"{count(v.crashes, 'visit')} failed by a mistake of the program and {v.stuck:,} had to be ended by force: "
        "the log has each of them.",
        Level.WARNING if faults else Level.OK,
    )  # fmt: skip


def lacking_of(view: View) -> list[Lacking]:
    found = []
    for watched in view.watched.values():
        recent = view.latest.of(watched.name)
        newest = recent.newest if recent else None
        if newest and newest.failures:
            kinds = Counter(f"{f.stage} {f.kind}".replace("_", " ") for f in newest.failures)
            said = ", ".join(f"{kind} ({n})" if n > 1 else kind for kind, n in kinds.most_common())
            found.append(Lacking(name_of(f"device:{watched.name}", view.estate), len(newest.failures), said))
    return sorted(found, key=lambda one: (-one.failures, one.device.title))


def running_for(view: View) -> timedelta:
    return max(timedelta(0), view.now - view.agent.started_at)


def routes(pages: Pages) -> list[Route]:
    async def health(_: Request) -> Response:
        view = await pages.look()
        return pages.page(view, "health.html", "/health", health=health_of(view), running=running_for(view))

    return [Route("/health", health)]
