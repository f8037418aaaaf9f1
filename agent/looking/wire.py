"""What goes between the agent and its workers: frames of pickled tuples over a pair of pipes, and visits in short form.

Both ends are this program, started by it, and the pipes have no name that others could open: so pickle is safe here.

Labels make up most of a visit and hardly ever change. A worker therefore tells each layout once, under a number, and
from then on a block is that number and its values, packed in an array: 20 microseconds for the parent to read where the
visit took a millisecond to make.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from operator import attrgetter
from typing import Any, cast

from agent.latest import packed
from collectors.readings import (
    Answered,
    Block,
    Cadence,
    Check,
    Failure,
    Group,
    Identity,
    Interface,
    Layout,
    Metric,
    Part,
    Sensor,
    Usage,
    Visit,
)

HEAD = 4  # octets that say how long a frame is
ALIVE_SECONDS = 1.0  # a worker says that often that it is alive
LONGEST = 64 << 20  # a frame of more is a mistake: whole devices are a hundredth of it

Message = tuple[Any, ...]
"""("begin", {...}) ("look", id, device, cadence, target | None) ("forget", [names])              to a worker
("layout", number, cadence, groups) ("gone", [numbers]) ("visit", id, short) ("failed", id, text) ("alive", Traffic)"""


def _plain(kind: type) -> tuple[type, Callable[[Any], Any]]:
    """A class of frozen values as its constructor and the values: a third of the time that its own way takes."""
    values = attrgetter(*(f.name for f in fields(kind)))
    return kind, lambda value: (kind, values(value))


_TABLE: dict[type, Callable[[Any], Any]] = dict(copyreg.dispatch_table) | dict(
    map(_plain, (Answered, Check, Failure, Group, Identity, Interface, Metric, Part, Sensor, Usage))
)
_visit_values = attrgetter(*(f.name for f in fields(Visit) if f.name != "blocks"))
_BLOCKS = next(at for at, f in enumerate(fields(Visit)) if f.name == "blocks")


def frame(message: Message) -> bytes:
    """A message as it goes over the pipe."""
    body = io.BytesIO(b"\0" * HEAD)
    body.seek(HEAD)
    pickler = pickle.Pickler(body, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _TABLE
    pickler.dump(message)
    octets = body.getbuffer()
    octets[:HEAD] = (len(octets) - HEAD).to_bytes(HEAD, "big")
    return bytes(octets)


def message_of(body: bytes) -> Message:
    """The message of a frame's body."""
    return cast(Message, pickle.loads(body))  # noqa: S301 - from our own worker, see the head of this file


class Telling:
    """A worker's side: visits in short form, with the messages that must go before them."""

    def __init__(self) -> None:
        self._numbers: dict[Layout, int] = {}
        self._next = 0
        # What the parent holds has to live here as well: a layout that is made anew for each visit would be told anew.
        self._held: dict[tuple[str, Cadence], tuple[Layout, ...]] = {}
        self._told: dict[int, int] = {}  # number > how many (device, cadence) hold it

    def visit(self, ticket: int, visit: Visit) -> Iterator[Message]:
        """The messages that tell this visit."""
        blocks = []
        for block in visit.blocks:
            number = self._numbers.get(block.layout)
            if number is None:
                number = self._numbers[block.layout] = self._next
                self._next += 1
                yield "layout", number, block.layout.cadence, block.layout.groups
            blocks.append((number, packed(block).values))
        yield "visit", ticket, (_visit_values(visit), tuple(blocks))
        yield from self._let_go(self._hold(visit))

    def forget(self, device: str) -> Iterator[Message]:
        """A device has gone: its layouts, too."""
        gone = [layout for c in Cadence for layout in self._held.pop((device, c), ())]
        yield from self._let_go(gone)

    def _hold(self, visit: Visit) -> list[Layout]:
        """Hold this visit's layouts, and give those that its earlier ones held."""
        before: list[Layout] = []
        for cadence in Cadence:
            layouts = tuple(block.layout for block in visit.blocks if block.layout.cadence is cadence)
            held = self._held.get((visit.device, cadence), ())
            if layouts != held and (layouts or cadence in visit.cadence.includes):
                for layout in layouts:
                    number = self._numbers[layout]
                    self._told[number] = self._told.get(number, 0) + 1
                self._held[visit.device, cadence] = layouts
                before += held
        return before

    def _let_go(self, layouts: Iterable[Layout]) -> Iterator[Message]:
        gone = []
        for layout in layouts:
            number = self._numbers[layout]
            self._told[number] -= 1
            if not self._told[number]:
                del self._told[number], self._numbers[layout]
                gone.append(number)
        if gone:
            yield "gone", gone


class Hearing:
    """The parent's side of one worker: short forms made whole."""

    def __init__(self) -> None:
        self._layouts: dict[int, Layout] = {}

    def layout(self, number: int, cadence: Cadence, groups: tuple[Group, ...]) -> None:
        self._layouts[number] = Layout.of(cadence, groups)

    def gone(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._layouts.pop(number, None)

    def visit(self, short: tuple[tuple[Any, ...], tuple[tuple[int, array[Any]], ...]]) -> Visit:
        values, blocks = short
        whole = tuple(Block(self._layouts[number], numbers) for number, numbers in blocks)
        every: tuple[Any, ...] = (*values[:_BLOCKS], whole, *values[_BLOCKS:])
        return Visit(*every)
