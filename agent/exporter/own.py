"""The agent's own metrics: histograms kept by the Prometheus client library, everything else asked for at scrape time.

Names, types, labels and help texts come from the catalogue, so that the two cannot differ. Figures (counters and gauges
that pipeline, schedule and ledger keep for themselves) are yielded when Prometheus asks; none is kept twice.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import Protocol, cast

import prometheus_client
from prometheus_client import CollectorRegistry, Histogram, Metric, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from agent.catalogue import find
from agent.exporter.text import Format
from collectors.readings import Labels

PAGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10)

Fact = tuple[str, Labels, float]
"""A sample of a metric that the catalogue has: name, labels, value."""


class _Figures(Collector):
    """What others count, by the names of the catalogue."""

    def __init__(self, figures: Callable[[], Iterable[Fact]]) -> None:
        self.figures = figures

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for name, labels, value in self.figures():
            family = families.get(name)
            if family is None:
                entry = find(name)
                make = CounterMetricFamily if entry.type == "counter" else GaugeMetricFamily
                family = families[name] = make(name, entry.help, labels=entry.labels)
            given = dict(labels)
            family.add_metric([given[label] for label in find(name).labels], value)
        yield from families.values()


class Spread(Protocol):
    """How values are spread, as the schedule keeps it."""

    @property
    def sum(self) -> float: ...

    def cumulative(self) -> list[tuple[str, int]]:
        """("0.1", values up to 0.1), ..., ("+Inf", all values)."""
        ...


class _Spreads(Collector):
    """Histograms that others keep, by the names of the catalogue."""

    def __init__(self, spreads: Callable[[], Iterable[tuple[str, Labels, Spread]]]) -> None:
        self.spreads = spreads

    def collect(self) -> Iterator[HistogramMetricFamily]:
        families: dict[str, HistogramMetricFamily] = {}
        for name, labels, spread in self.spreads():
            entry = find(name)
            family = families.setdefault(name, HistogramMetricFamily(name, entry.help, labels=entry.labels))
            family.add_metric([dict(labels)[label] for label in entry.labels], spread.cumulative(), spread.sum)
        yield from families.values()


class _Some:
    """The families of a registry that have one of these names, or a sample of one.

    The library's own `restricted_registry` knows only collectors that say beforehand what they will yield.
    """

    def __init__(self, registry: CollectorRegistry, only: frozenset[str]) -> None:
        self._registry, self._only = registry, only

    def collect(self) -> Iterator[Metric]:
        for family in self._registry.collect():
            if not self._only.isdisjoint((family.name, *(sample.name for sample in family.samples))):
                yield family


class Own:
    """Metrics about the agent."""

    def __init__(
        self,
        figures: Callable[[], Iterable[Fact]] = tuple,
        spreads: Callable[[], Iterable[tuple[str, Labels, Spread]]] = tuple,
    ) -> None:
        # Without this the library adds a `_created` series to every histogram, which nobody reads.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.registry.register(_Figures(self._built))
        self.registry.register(_Figures(figures))
        self.registry.register(_Spreads(spreads))
        self._pages = self._histogram("hartwatch_exposition_seconds", PAGE_BUCKETS)

    def _histogram(self, name: str, buckets: Sequence[float]) -> Histogram:
        entry = find(name)
        return Histogram(name, entry.help, entry.labels, registry=self.registry, buckets=buckets)

    def _built(self) -> list[Fact]:
        built = (("version", version("hartwatch")), ("python", platform.python_version()))
        return [("hartwatch_build_info", built, 1.0)]

    def rendered(self, page: str, seconds: float) -> None:
        self._pages.labels(page).observe(seconds)

    def names(self) -> frozenset[str]:
        """Every name that the registry has on the page."""
        return frozenset(
            name for family in self.registry.collect() for name in (family.name, *(s.name for s in family.samples))
        )

    def text(self, form: Format, only: frozenset[str] = frozenset()) -> str:
        """The registry as one block, without the end mark of OpenMetrics; of `only` these families, where any."""
        registry = cast(CollectorRegistry, _Some(self.registry, only)) if only else self.registry
        if form is Format.OPEN:
            page = cast(bytes, openmetrics.generate_latest(registry))  # type: ignore[no-untyped-call]
            return page.decode().removesuffix("# EOF\n")
        return prometheus_client.generate_latest(registry).decode()
