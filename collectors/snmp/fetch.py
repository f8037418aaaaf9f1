"""A GET of many cells, as a course of requests: what to ask next, and what the answers leave to be asked. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from collectors.errors import BadAnswer, DeviceFault, ErrorStatus, Malformed, NoAnswer, TooBig
from collectors.session import Cells, Value
from collectors.snmp.chunks import Chunk, chunks_of, values_by_name
from collectors.snmp.limits import Limits
from collectors.snmp.message import NO_ERROR, NO_SUCH_NAME, RESPONSE, TOO_BIG, Pdu

_SETBACKS_BORNE = 24  # requests spent on isolating cells that spoil their neighbours' answer, in one GET
_WORTH_HALVING = 8  # silence to fewer cells than this is not because of their number

Outcome = list[Value] | Pdu | DeviceFault
"""What came of one GET: the values in order, or the answer where it is not as expected, or why there is none."""


class Fetch:
    """One GET of `cells`. Ask `todo`'s first chunk, give the outcome to `take`, until `todo` is empty.

    An agent that finds an answer too big is asked for halves, and its limit remembered. A cell the agent fails on is
    taken out and named in `problem`; its neighbours are had all the same.
    """

    __slots__ = ("_cells", "_limits", "_setbacks", "_silences", "problem", "todo", "values")

    def __init__(self, cells: Cells, limits: Limits) -> None:
        self.values: list[Value] = [None] * len(cells)
        self.problem: DeviceFault | None = None
        self.todo: deque[Chunk] = deque(chunks_of(cells, limits.cells(cells)) if cells.oids else ())
        self._cells = cells
        self._limits = limits
        self._setbacks = 0
        self._silences = 0

    def take(self, chunk: Chunk, outcome: Outcome, answers_at_all: bool) -> None:
        """The outcome of asking for `chunk`. `answers_at_all`: the device has answered something in this session."""
        if isinstance(outcome, list):
            self._put(chunk.places, outcome)
            return
        if isinstance(outcome, DeviceFault):
            self._refused(chunk, outcome, answers_at_all)
        elif outcome.tag != RESPONSE:
            self._refused(chunk, Malformed("a report instead of an answer"), answers_at_all)
        elif outcome.status == NO_ERROR:
            self._sort_out(chunk, outcome)
        elif outcome.status == TOO_BIG:
            self._refused(chunk, TooBig(f"tooBig for {len(chunk)} objects"), answers_at_all)
        elif 0 < outcome.index <= len(chunk) and self._setbacks < _SETBACKS_BORNE:
            self._take_out(chunk, outcome)
        else:
            self._refused(chunk, ErrorStatus(f"{outcome.error} for {_named(chunk)}"), answers_at_all)

    def _put(self, places: Sequence[int], values: Sequence[Value]) -> None:
        first, last = places[0], places[-1]
        if last - first + 1 == len(places):
            self.values[first : last + 1] = values
        else:
            for place, value in zip(places, values, strict=True):
                self.values[place] = value

    def _sort_out(self, chunk: Chunk, pdu: Pdu) -> None:
        values, missing, fault = values_by_name(chunk, pdu)
        self._put(chunk.places, values)
        self._note(fault)
        if 0 < len(missing) < len(chunk):
            self.todo.appendleft(chunk.part(missing))  # an agent that answers what fits; fewer are missing each time
        elif missing:
            self._note(Malformed(f"the answer names other objects than {_named(chunk)}"))

    def _take_out(self, chunk: Chunk, pdu: Pdu) -> None:
        """Error-index names the culprit (RFC 3416 section 4.2.1): ask for the others."""
        culprit = pdu.index - 1
        if pdu.status != NO_SUCH_NAME:  # which is how version 1 says "not there": no fault, and as many as there are
            self._setbacks += 1
            self._note(ErrorStatus(f"{pdu.error} for {chunk.oids[culprit]}"))
        if len(chunk) > 1:
            self.todo.appendleft(chunk.part([i for i in range(len(chunk)) if i != culprit]))

    def _refused(self, chunk: Chunk, fault: DeviceFault, answers_at_all: bool) -> None:
        if isinstance(fault, BadAnswer):
            if len(chunk) == 1 or self._setbacks >= _SETBACKS_BORNE:
                self._note(fault)
                return
            if isinstance(fault, TooBig):
                self._limits.fewer_cells(self._cells, (len(chunk) + 1) // 2)
            else:
                self._setbacks += 1
            self.todo.extendleft(reversed(chunk.halves()))
            return
        if isinstance(fault, NoAnswer) and answers_at_all and len(chunk) > _WORTH_HALVING and not self._silences:
            # It answers, but not this: so look large answers that are dropped on the way, or that the agent chokes on.
            self._silences += 1
            self._limits.fewer_cells(self._cells, (len(chunk) + 1) // 2)
            self.todo = deque(half for whole in (chunk, *self.todo) for half in _halves(whole))
            return
        self._note(fault)
        self.todo.clear()

    def _note(self, fault: DeviceFault | None) -> None:
        """Keep the first thing that went wrong, unless a later one ended it all."""
        if fault is not None and (self.problem is None or not isinstance(fault, BadAnswer)):
            self.problem = fault


def _halves(chunk: Chunk) -> tuple[Chunk, ...]:
    return chunk.halves() if len(chunk) > 1 else (chunk,)


def _named(chunk: Chunk) -> str:
    return chunk.oids[0] if len(chunk) == 1 else f"{chunk.oids[0]} and {len(chunk) - 1} more"
