"""The agent's own metrics, kept by the Prometheus client library in a registry of our own.

Names, types, labels and help texts come from the catalogue, so that the two cannot differ.
"""

from __future__ import annotations

import platform
from collections import Counter as Tally
from collections.abc import Sequence
from importlib.metadata import version
from typing import cast

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.openmetrics import exposition as openmetrics

from agent.catalogue import find
from agent.exporter.text import Format
from collectors.readings import Cadence, Visit

VISIT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LATENESS_BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60)
PAGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10)


class Own:
    """Counters and gauges about the agent. Cheap enough to be called at every visit, from the event loop's thread."""

    def __init__(self) -> None:
        # Without this the library adds a `_created` series to every counter, which nobody reads.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._visits = self._counter("hartwatch_visits_total")
        self._durations = self._histogram("hartwatch_visit_duration_seconds", VISIT_BUCKETS)
        self._failures = self._counter("hartwatch_visit_failures_total")
        self._requests = self._counter("hartwatch_visit_requests_total")
        self._retries = self._counter("hartwatch_visit_retries_total")
        self.crashes = self._counter("hartwatch_visit_crashes_total")
        self._skipped = self._counter("hartwatch_visits_skipped_total")
        self._lateness = self._histogram("hartwatch_schedule_lateness_seconds", LATENESS_BUCKETS)
        self.in_flight = self._gauge("hartwatch_visits_in_flight")
        self.blind = self._gauge("hartwatch_agent_blind")
        self.inventory_invalid = self._gauge("hartwatch_inventory_invalid")
        self.inventory_devices = self._gauge("hartwatch_inventory_devices")
        self.reload_successful = self._gauge("hartwatch_config_last_reload_successful")
        self.reload_at = self._gauge("hartwatch_config_last_reload_success_timestamp_seconds")
        self.ledger_buffered = self._gauge("hartwatch_ledger_buffered_records")
        self.ledger_errors = self._counter("hartwatch_ledger_errors_total")
        self.ledger_bytes = self._gauge("hartwatch_ledger_bytes")
        self.loop_lag = self._gauge("hartwatch_event_loop_lag_seconds")
        self._pages = self._histogram("hartwatch_exposition_seconds", PAGE_BUCKETS)
        built = self._gauge("hartwatch_build_info")
        built.labels(version=version("hartwatch"), python=platform.python_version()).set(1)
        for cadence in Cadence:  # a counter that starts with its first event hides that event from rate()
            for outcome in ("reached", "silent", "blind"):
                self._visits.labels(cadence, outcome)
            self._skipped.labels(cadence)

    def _counter(self, name: str) -> Counter:
        entry = find(name)
        return Counter(name, entry.help, entry.labels, registry=self.registry)

    def _gauge(self, name: str) -> Gauge:
        entry = find(name)
        return Gauge(name, entry.help, entry.labels, registry=self.registry)

    def _histogram(self, name: str, buckets: Sequence[float]) -> Histogram:
        entry = find(name)
        return Histogram(name, entry.help, entry.labels, registry=self.registry, buckets=buckets)

    def visited(self, visit: Visit, *, blind: bool = False) -> None:
        """A visit ended, whatever it gave."""
        outcome = "reached" if visit.reached else "blind" if blind else "silent"
        self._visits.labels(visit.cadence, outcome).inc()
        self._durations.labels(visit.cadence).observe(max(0.0, visit.seconds))
        self._requests.inc(visit.requests)
        self._retries.inc(visit.retries)
        if visit.failures:
            for (stage, kind), times in Tally((f.stage, f.kind) for f in visit.failures).items():
                self._failures.labels(stage, kind).inc(times)

    def skipped(self, cadence: Cadence) -> None:
        """A device's turn was left out, because the visit before was still going on."""
        self._skipped.labels(cadence).inc()

    def late(self, cadence: Cadence, seconds: float) -> None:
        """A visit began this long after its turn."""
        self._lateness.labels(cadence).observe(max(0.0, seconds))

    def rendered(self, page: str, seconds: float) -> None:
        self._pages.labels(page).observe(seconds)

    def names(self) -> frozenset[str]:
        """Every name that the registry has on the page."""
        return frozenset(
            name for family in self.registry.collect() for name in (family.name, *(s.name for s in family.samples))
        )

    def text(self, form: Format) -> str:
        """The registry as one block, without the end mark of OpenMetrics."""
        if form is Format.OPEN:
            page = cast(bytes, openmetrics.generate_latest(self.registry))  # type: ignore[no-untyped-call]
            return page.decode().removesuffix("# EOF\n")
        return prometheus_client.generate_latest(self.registry).decode()
