"""What a quarter's figures cost, from flips in memory: 1,000 subjects with 100,000 flips, and one estate's services.

    python tests/benchmarks/availability_cost.py [--subjects 1000] [--flips 100000] [--rounds 5]

Prints the time of putting the flips in order (Book.of) and of the figures, by wall clock and by CPU, best and median:
with nothing planned, and with maintenance every week for every subject, some of it carried. The targets are 2 s for the
first and 50 ms for all services of one estate.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from _timing import measured

from agent.accounting.availability import Book, Planned, Terms
from agent.accounting.periods import Period
from agent.calendar_uk import ServiceHours, named_period
from agent.facts import Flip, Note, Standing, Watch

QUARTER = named_period("2026-Q3").window
NOW = datetime(2027, 2, 1, tzinfo=UTC)
UP, DOWN, BLIND, DEGRADED = Standing.UP, Standing.DOWN, Standing.BLIND, Standing.DEGRADED
TERMS = (
    Terms(0.999),
    Terms(0.999, ServiceHours.parse("Mon-Sat 07:30-22:00, bank holidays too"), fix_clock="service_hours"),
    Terms(0.9, ServiceHours.parse("always")),
)


def flips_of(subjects: Sequence[str], count: int, chance: random.Random) -> list[Flip]:
    """Up, then down or degraded or carried, then up again; as a ledger gives them, in the order they were recorded."""
    rows: list[tuple[datetime, str, Standing, Standing, str | None]] = []
    length = int(QUARTER.length.total_seconds()) + 10 * 86_400
    for subject in subjects:
        before = BLIND
        moments = sorted(chance.sample(range(length), count // len(subjects)))
        for second in moments:
            at = QUARTER.began_at - timedelta(days=10) + timedelta(seconds=second)
            after = UP if before is not UP else chance.choices((DOWN, DEGRADED, BLIND), (7, 2, 1))[0]
            cause = subjects[0] if after in (DOWN, BLIND) and chance.random() < 0.1 else None
            rows.append((at, subject, before, after, cause))
            before = after
    rows.sort(key=lambda row: row[0])
    return [
        Flip(UUID(int=n), "bench", n, subject, before, after, at, at + timedelta(seconds=20), "x", cause)
        for n, (at, subject, before, after, cause) in enumerate(rows, 1)
    ]


def watches_of() -> list[Watch]:
    """A quarter with a restart every day."""
    start = QUARTER.began_at - timedelta(days=11)
    return [Watch("bench", start + timedelta(days=n), start + timedelta(days=n, hours=23.99)) for n in range(110)]


def every_week(subject: str, period: Period) -> list[Period]:
    """Two hours every week, on a night that is the subject's own."""
    night = timedelta(days=int(subject.rpartition(":")[2]) % 7, hours=20)
    first = datetime(2026, 9, 7, tzinfo=UTC) + night
    times = (Period(first + timedelta(weeks=n), first + timedelta(weeks=n, hours=2)) for n in range(18))
    return [part for time_ in times if (part := time_.within(period)) is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subjects", type=int, default=1000)
    parser.add_argument("--flips", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    chance = random.Random(4)
    subjects = [f"device:{n}" for n in range(options.subjects)]
    flips, watches = flips_of(subjects, options.flips, chance), watches_of()
    downs = [flip for flip in flips if flip.after is DOWN]
    notes = [
        Note(f.subject, f.at, "x", kind, "agreed with the service owner", f.id, f.at + timedelta(minutes=minutes))
        for f in chance.sample(downs, min(500, len(downs)))
        for kind, minutes in (("pause", 10), ("resume", 40), ("correction", 5))
    ]  # fmt: skip

    def quarter(noted: Sequence[Note], planned: Planned | None) -> None:
        book = Book.of(flips, watches, noted, planned)
        for n, subject in enumerate(subjects):
            book.figures(subject, QUARTER, TERMS[n % len(TERMS)], NOW)

    print(f"{options.subjects:,} subjects, {len(flips):,} flips, {len(downs):,} outages")
    measured("put in order", options.rounds, lambda: Book.of(flips, watches, notes))
    measured("a quarter, in one go", options.rounds, lambda: quarter((), None))
    measured("with maintenance and notes", options.rounds, lambda: quarter(notes, every_week))

    services = [f"service:{n}" for n in range(20)]
    own = flips_of(services, 20 * 100, chance)

    def estate() -> None:
        book = Book.of(own, watches, (), every_week)
        for n, service in enumerate(services):
            book.figures(service, QUARTER, TERMS[n % len(TERMS)], NOW)

    measured("20 services with 100 flips each, in one go", options.rounds, estate)


if __name__ == "__main__":
    main()
