"""Small charts of traffic, as the paths of an inline SVG and as words for those who do not see it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from agent.traffic import SLOT, SLOTS, History
from agent.words import bits, span

WIDTH, HEIGHT = 144, 32  # of the drawing; four for each point


@dataclass(frozen=True, slots=True)
class Spark:
    """In and out as paths in WIDTH x HEIGHT, "" where nothing is known; and the same in words."""

    received: str
    sent: str
    now: str  # "12 Mbit/s in, 3 Mbit/s out", or ""
    words: str

    @property
    def drawn(self) -> bool:
        return bool(self.received or self.sent)


def rate(per_second: float) -> str:
    """12.3 Mbit/s: three figures, which is more than the eye sees and as much as a counter is good for."""
    return bits(float(f"{per_second:.3g}"))


def spark(history: History) -> Spark:
    top = max((value for value in (*history.received, *history.sent) if value is not None), default=0.0)
    at_hand = ", ".join(
        f"{rate(value)} {way}"
        for way, value in (("in", history.now_in), ("out", history.now_out))
        if value is not None
    )  # fmt: skip
    return Spark(
        received="".join(_path(history.received, top)),
        sent="".join(_path(history.sent, top)),
        now=at_hand,
        words=_words(history, at_hand),
    )


def _path(values: Sequence[float | None], top: float) -> Iterator[str]:
    """Points from left (three hours ago) to right; the pen is lifted over what is not known. A point that stands alone
    is a short dash, or nobody would see it."""
    step = WIDTH / SLOTS
    for place, value in enumerate(values):
        if value is None:
            continue
        height = HEIGHT - 1 - (HEIGHT - 3) * (value / top if top else 0.0)
        before = values[place - 1] if place else None
        x = (place + 0.5) * step
        if before is None:
            yield f"M{x - step / 2:.1f} {height:.1f}H{x:.1f}"
        else:
            yield f"L{x:.1f} {height:.1f}"
        if place + 1 < len(values) and values[place + 1] is None:
            yield f"H{x + step / 2:.1f}"


def _words(history: History, at_hand: str) -> str:
    said = [f"now {at_hand}" if at_hand else "not known now"]
    highest = [
        f"{rate(max(known))} {way}"
        for way, values in (("in", history.received), ("out", history.sent))
        if (known := [value for value in values if value is not None])
    ]
    if highest:
        whole = span(timedelta(seconds=SLOT * SLOTS))
        said.append(f"highest {', '.join(highest)} in the last {whole}, by averages of {span(timedelta(seconds=SLOT))}")
        gaps = sum(a is None and b is None for a, b in zip(history.received, history.sent, strict=True))
        if gaps:
            said.append(f"nothing is known of {span(timedelta(seconds=SLOT * gaps))}")
    return "; ".join(said)
