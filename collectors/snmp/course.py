"""A walk of columns, as a course of requests: what to ask next, and what the answers leave to be asked. Pure.

Each column has its own cursor, the last name it answered, so an answer that was cut anywhere loses nothing, and columns
may be ragged, absent or longer than their neighbours. A column is done when it leaves its root, meets endOfMibView, or
answers a name a second time (`Looped`). Names that go backwards without repeating are taken: real agents keep tables
in an order of their own, and their rows are as true as others. What is invented without end is stopped by `Capped`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collectors.errors import BadAnswer, Capped, DeviceFault, ErrorStatus, Looped, Malformed, NoAnswer, TooBig
from collectors.session import Value
from collectors.snmp import ber
from collectors.snmp.ber import Bind
from collectors.snmp.limits import Limits
from collectors.snmp.message import NO_ERROR, NO_SUCH_NAME, RESPONSE, TOO_BIG, Pdu, Request

_ENDS = ber.ABSENT - {ber.NULL}


class Column:
    """What a column has given so far: row suffix > value, and where to go on."""

    __slots__ = ("cursor", "done", "prefix", "root", "rows", "tags")

    def __init__(self, root: str) -> None:
        self.root = root
        self.prefix = root + "."
        self.cursor = root
        self.rows: dict[str, Value] = {}
        self.tags: list[int] = []
        self.done = False


@dataclass(frozen=True, slots=True)
class Ask:
    """The next request of a course."""

    request: Request
    columns: tuple[Column, ...]
    repetitions: int

    @property
    def oids(self) -> list[str]:
        return [column.cursor for column in self.columns]


class Course:
    """One walk. Ask what `next` says, give the outcome to `take`, until `next` says None."""

    def __init__(
        self, roots: Iterable[str], limits: Limits, *, bulk: bool, max_rows: int, tags: bool = False,
        most: int | None = None,
    ) -> None:  # fmt: skip
        self.columns = [Column(root) for root in dict.fromkeys(roots)]
        self.problem: DeviceFault | None = None
        self._limits = limits
        self._bulk = bulk and limits.bulk_works
        self._suspicion: DeviceFault | None = None  # of GETBULK, until GETNEXT at the same place has answered
        self._one_by_one = False
        self._max_rows = max_rows
        self._most = most  # variable bindings in one request
        self._tags = tags
        self._reduced: int | None = None  # repetitions, while an answer is too big

    def next(self) -> Ask | None:
        """The next request: as many unfinished columns side by side as the device takes."""
        width = 1 if self._one_by_one else self._limits.columns
        if self._most is not None:
            width = max(1, min(width, self._most))
        columns = []
        for column in self.columns:
            if not column.done:
                columns.append(column)
                if len(columns) == width:
                    break
        if not columns:
            return None
        if not self._bulk:
            return Ask(Request.GET_NEXT, tuple(columns), 0)
        repetitions = self._limits.repetitions(len(columns))
        if self._most is not None:
            repetitions = max(1, min(repetitions, self._most // len(columns)))
        return Ask(Request.GET_BULK, tuple(columns), min(repetitions, self._reduced or repetitions))

    def take(self, ask: Ask, outcome: Pdu | DeviceFault, answers_at_all: bool, *, retried: bool = False) -> None:
        """The outcome of `ask`. `answers_at_all`: the device has answered something in this session.

        `retried`: not for the first time of asking.
        """
        if isinstance(outcome, DeviceFault):
            self._failed(ask, outcome, answers_at_all)
        elif outcome.tag != RESPONSE:
            self._failed(ask, Malformed("a report instead of an answer"), answers_at_all)
        elif outcome.status == NO_ERROR:
            self._rows(ask, outcome, retried)
        elif outcome.status == TOO_BIG:
            self._failed(ask, TooBig(f"tooBig for {len(ask.columns)} columns"), answers_at_all)
        elif outcome.status == NO_SUCH_NAME and ask.request is Request.GET_NEXT and self._named(ask, outcome.index):
            ask.columns[outcome.index - 1].done = True  # version 1's way of saying that nothing follows
            self._next_works()
        else:
            self._error_status(ask, outcome)

    def stop(self, fault: DeviceFault) -> None:
        """End it here, for a reason, and keep what came; at its end anyway, nothing changes."""
        if all(column.done for column in self.columns):
            return
        self._note(fault)
        for column in self.columns:
            column.done = True

    # ------------------------------------------------------------ good answers
    def _rows(self, ask: Ask, pdu: Pdu, retried: bool) -> None:
        binds, columns = pdu.binds, ask.columns
        if not self._take_binds(columns, binds):
            self._failed(ask, Malformed("an answer that leads nowhere"), True)
            return
        if len(binds) < len(columns):
            self._limits.fewer_columns(len(binds))  # not even one row fits
        if ask.request is Request.GET_BULK:
            self._limits.bulk_worked()
            self._reduced = None
            if binds[-1][1] not in _ENDS:  # after the end of everything agents may stop early: that is no cut
                self._limits.bulk_gave(ask.repetitions * len(columns), len(binds), retried=retried)
        else:
            self._next_works()

    def _take_binds(self, columns: Sequence[Column], binds: Sequence[Bind]) -> bool:
        """Sort an answer into its columns. False when it moved none of them."""
        width = len(columns)
        for position, column in enumerate(columns[: len(binds)]):
            rows, prefix, cut, tags = column.rows, column.prefix, len(column.prefix), column.tags
            mine = binds[position::width]
            careful = self._tags or len(rows) + len(mine) > self._max_rows
            cursor = column.cursor
            for oid, tag, value in mine:
                suffix = oid[cut:]
                # A value of its own column under a new name: whatever is not that is looked at closely.
                if careful or value is None or suffix in rows or not oid.startswith(prefix):
                    if not self._admit(column, oid, tag, cursor):
                        column.done = True
                        break
                    if self._tags:
                        tags.append(tag)
                rows[suffix] = value
                cursor = oid
            column.cursor = cursor
        return bool(binds)

    def _admit(self, column: Column, oid: str, tag: int, cursor: str) -> bool:
        """Whether a binding that is not plain is one more row of its column; if not, the column is at its end."""
        if tag in _ENDS:
            return False
        if not oid.startswith(column.prefix):
            if not _follows(oid, cursor):
                self._note(Looped(f"{oid} came after {cursor}"))
            return False
        if oid[len(column.prefix) :] in column.rows:
            self._note(Looped(f"{oid} came a second time"))
            return False
        if len(column.rows) >= self._max_rows:
            self._note(Capped(f"more than {self._max_rows} rows below {column.root}"))
            return False
        if tag not in ber.KNOWN:
            self._note(Malformed(f"{oid} has a value of unknown type 0x{tag:02x}"))
        return True

    # ------------------------------------------------------------ bad answers
    def _error_status(self, ask: Ask, pdu: Pdu) -> None:
        fault = ErrorStatus(f"{pdu.error} after {ask.columns[0].cursor}")
        if ask.request is Request.GET_NEXT and self._named(ask, pdu.index):
            column = ask.columns[pdu.index - 1]
            column.done = True
            self._note(ErrorStatus(f"{pdu.error} after {column.cursor}"))
            return
        self._failed(ask, fault, True)

    def _failed(self, ask: Ask, fault: DeviceFault, answers_at_all: bool) -> None:
        """Ask for less, then in the plainest way, then column by column; what still fails then is that column's end."""
        if ask.request is Request.GET_BULK:
            if isinstance(fault, TooBig) and ask.repetitions > 1:
                self._limits.bulk_too_big(ask.repetitions * len(ask.columns))
                self._reduced = ask.repetitions // 2
                return
            silent = isinstance(fault, NoAnswer) and answers_at_all and not self._limits.bulk_proven
            if silent or (isinstance(fault, BadAnswer) and not isinstance(fault, TooBig)):
                self._bulk = False
                self._suspicion = fault
                return
        if not isinstance(fault, BadAnswer):
            self.stop(fault)
            return
        if len(ask.columns) > 1:
            if isinstance(fault, TooBig):
                self._limits.fewer_columns(len(ask.columns) // 2)
            else:
                self._one_by_one = True
            return
        ask.columns[0].done = True
        self._note(fault)

    def _next_works(self) -> None:
        if self._suspicion is not None:
            self._limits.bulk_failed()
            self._suspicion = None

    @staticmethod
    def _named(ask: Ask, index: int) -> bool:
        return 0 < index <= len(ask.columns)

    def _note(self, fault: DeviceFault) -> None:
        """Keep the first thing that went wrong, unless a later one ended it all."""
        if self.problem is None or not isinstance(fault, BadAnswer):
            self.problem = fault


def _follows(oid: str, cursor: str) -> bool:
    return tuple(map(int, oid.split("."))) > tuple(map(int, cursor.split(".")))
