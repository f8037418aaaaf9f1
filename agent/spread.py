"""How values are spread over bounds: what a Prometheus histogram needs. Pure."""

from __future__ import annotations

from bisect import bisect_left


class Spread:
    """How values are spread: what a Prometheus histogram needs."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, *bounds: float) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        return sum(self.counts)

    def cumulative(self) -> list[tuple[str, int]]:
        """("0.1", values up to 0.1), ..., ("+Inf", all values)."""
        total, rows = 0, []
        for bound, count in zip((*self.bounds, None), self.counts, strict=True):
            total += count
            rows.append(("+Inf" if bound is None else f"{bound:g}", total))
        return rows
