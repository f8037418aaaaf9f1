"""Walks led by a device that does as it likes: they end, and what they give is what was said, or the loss is named.

An input is a walk (columns, GETBULK or not, the most rows) and a script of what the device does with each request. When
the script is at its end the device is honest from then on, or begins the script again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from collectors.errors import DeviceFault, Malformed, NoAnswer, OutOfTime
from collectors.session import Value
from collectors.snmp import ber
from collectors.snmp.course import Ask, Course
from collectors.snmp.limits import REPETITIONS_AT_MOST, VARBINDS_PER_BULK, Limits
from collectors.snmp.message import NO_ERROR, NO_SUCH_NAME, RESPONSE, TOO_BIG, Pdu, Request, read_pdu, request_tail
from tests.fuzz.campaign import lead
from tests.fuzz.script import Script, piece
from tests.snmp import hostile
from tests.snmp.hostile import Mib, Name, dotted

ROOT: Name = (1, 3, 6, 1, 4, 1, 99999, 2, 1)
COLUMNS = 6
MOST_ROWS = 16
END = 0x82
ROWS: dict[int, list[Name]] = {
    1: [(row,) for row in range(1, 13)],
    2: [(1,), (3,), (5,)],
    3: [],
    4: [(4, 10, row) for row in range(7)],
    5: [(row,) for row in range(1, 40)],  # more than any walk here takes
    6: [(1,)],
}
MIB = Mib({(*ROOT, column, *row): b"" for column, rows in ROWS.items() for row in rows} | {(1, 3, 9): b""})
# Tags that lies have: plain ones, absences, ends, and types that SNMP has not.
TAGS = (0x02, 0x04, 0x41, 0x05, 0x80, 0x81, END, 0x24, 0x1F)
# Names elsewhere: before and after the table, its own root, and one that begins like a column and is in none.
ELSEWHERE = ("0.0", "1.3.6.1.2.1.1.1.0", "1.3.6.1.4.1.99999.2.1", "1.3.6.1.4.1.99999.2.1.11.1", "1.3.9", "2.999")

# Between two answers that add a row or end a column a walk may be refused: GETBULK six times by halves down to one
# row, then GETNEXT in its place, then fewer columns (three halvings), then one at a time.
REFUSALS_BETWEEN = 12


def text(name: Name) -> str:
    return ".".join(map(str, name))


def held(name: Name) -> tuple[str, int, Value]:
    """What an honest device says of an object that it has: the value is the name, so that none can be mistaken."""
    return text(name), ber.OCTET_STRING, text(name).encode()


TRUTH = {
    text((*ROOT, column)): [(text(row), text((*ROOT, column, *row)).encode()) for row in rows]
    for column, rows in ROWS.items()
}


def honest(ask: Ask) -> list[ber.Bind]:
    found: list[ber.Bind] = []
    cursors = [dotted(name) for name in ask.oids]
    for _ in range(ask.repetitions or 1):
        for place, cursor in enumerate(cursors):
            name, value = MIB.after(cursor)
            ended = value == hostile.END_OF_MIB_VIEW
            found.append((text(name), END, None) if ended else held(name))
            cursors[place] = name
    return found


# ---------------------------------------------------------------- what the device does
HONEST, CUT, REFUSES, REPORTS, FAILS, LIES, OCTETS = range(7)
FAULTS = (Malformed("spoilt"), NoAnswer("silence"), OutOfTime("late"))
_FRESH, _ANY_ROW, _ELSEWHERE, _OCTETS = range(4)


@dataclass
class Device:
    """A script's way of answering. `truthful` until it has said something that is not so."""

    script: Script
    for_ever: bool
    truthful: bool = True
    faultless: bool = True
    invented: int = 0

    def answer(self, ask: Ask) -> Pdu | DeviceFault:
        if not self.script:
            if not self.for_ever:
                return Pdu(RESPONSE, 1, NO_ERROR, 0, honest(ask))
            self.script.again()
        act = self.script.below(7)
        if act == HONEST:
            return Pdu(RESPONSE, 1, NO_ERROR, 0, honest(ask))
        if act == CUT:
            return Pdu(RESPONSE, 1, NO_ERROR, 0, honest(ask)[: 1 + self.script.octet()])
        if act in (LIES, OCTETS):
            self.truthful = False
            return self._lie(ask) if act == LIES else self._octets()
        self.faultless = False
        if act == REFUSES:
            status = (TOO_BIG, NO_SUCH_NAME, 5, 18, 19, -1)[self.script.below(6)]
            index = self.script.below(9) - 1
            self.truthful &= status != NO_SUCH_NAME  # which may say of a column that it has come to its end
            return Pdu(RESPONSE, 1, status, index, [])
        if act == REPORTS:
            return Pdu(0xA8, 1, NO_ERROR, 0, honest(ask))
        return FAULTS[self.script.below(len(FAULTS))]

    def _octets(self) -> Pdu | DeviceFault:
        octets = self.script.piece()
        try:
            return read_pdu(octets, 0, len(octets))
        except Malformed as fault:
            return fault

    def _lie(self, ask: Ask) -> Pdu:
        binds: list[ber.Bind] = []
        for place in range(self.script.below(20)):
            column = ask.columns[place % len(ask.columns)]
            tag, about = TAGS[self.script.below(len(TAGS))], self.script.octet()
            name = column.prefix + "1"
            if about % 4 == _FRESH:  # a row that nobody has heard of, without end
                self.invented += 1
                name = f"{column.prefix}{1000 + self.invented}"
            elif about % 4 == _ANY_ROW:
                name = text((*ROOT, 1 + self.script.below(COLUMNS), self.script.below(8)))
            elif about % 4 == _ELSEWHERE:
                name = ELSEWHERE[self.script.below(len(ELSEWHERE))]
            else:  # a row of the column whose suffix is the fuzzer's: huge numbers, many of them
                with suppress(Malformed):
                    name = ber.oid_text(ber.oid_content(column.root) + self.script.piece())
            value = None if tag in ber.ABSENT or tag not in ber.KNOWN else self.script.octet()
            binds.append((name, tag, value))
        return Pdu(RESPONSE, 1, NO_ERROR, 0, binds)


# ---------------------------------------------------------------- what must come of it
@dataclass
class Model:
    """The walk's rows in the plainest way: by position, until something is not one more row of its column."""

    most: int
    rows: dict[str, list[tuple[str, Value]]] = field(default_factory=dict)
    tags: dict[str, list[int]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)  # as an honest column ends
    broken: set[str] = field(default_factory=set)  # cut in a way that must be told
    doubtful: bool = False  # a row came with a type that SNMP has not

    def take(self, ask: Ask, outcome: Pdu | DeviceFault) -> None:
        if isinstance(outcome, DeviceFault) or outcome.tag != RESPONSE:
            return
        if outcome.status == NO_SUCH_NAME and ask.request is Request.GET_NEXT and 0 < outcome.index <= len(ask.columns):
            self.ended.add(ask.columns[outcome.index - 1].root)
        if outcome.status != NO_ERROR:
            return
        for place, asked in enumerate(ask.oids):
            self._column(ask.columns[place].root, asked, outcome.binds[place :: len(ask.columns)])

    def _column(self, root: str, last: str, binds: list[ber.Bind]) -> None:
        rows, tags = self.rows.setdefault(root, []), self.tags.setdefault(root, [])
        for name, tag, value in binds:
            if tag in (0x80, 0x81, END):
                self.ended.add(root)
                return
            if dotted(name)[: len(dotted(root))] != dotted(root) or name == root:
                (self.ended if dotted(name) > dotted(last) else self.broken).add(root)
                return
            suffix = name[len(root) + 1 :]
            if suffix in dict(rows) or len(rows) == self.most:
                self.broken.add(root)
                return
            self.doubtful |= tag not in ber.KNOWN
            rows.append((suffix, value))
            tags.append(tag)
            last = name


def check(data: bytes) -> None:
    script = Script(data)
    options, which = script.octet(), script.octet()
    roots = [
        text((*ROOT, column))
        for column in range(1, COLUMNS + 1)
        if which >> column & 1 or which % COLUMNS + 1 == column
    ]
    most, answers_at_all = 1 + script.below(MOST_ROWS), bool(options & 4)
    script.mark()
    device, model = Device(script, for_ever=bool(options & 8)), Model(most)
    known: dict[str, Any] = {"varbinds": (VARBINDS_PER_BULK, 30, 7, 2)[options >> 6]}
    course = Course(roots, Limits(known), bulk=bool(options & 1), max_rows=most, tags=bool(options & 2))
    for _ in range(REFUSALS_BETWEEN * (len(roots) * (most + 1) + 1)):
        ask = course.next()
        if ask is None:
            break
        sane(ask)
        outcome = device.answer(ask)
        model.take(ask, outcome)
        course.take(ask, outcome, answers_at_all, retried=bool(options & 16))
        compare(course, model, with_tags=bool(options & 2))
    else:
        raise AssertionError("the walk does not end")
    judge(course, model, device)


def sane(ask: Ask) -> None:
    """A request that a device can be asked: it can be written, and names what it must."""
    assert ask.columns, "a request for nothing"
    assert not any(column.done for column in ask.columns), "a column is asked for after its end"
    assert len({column.root for column in ask.columns}) == len(ask.columns)
    if ask.request is Request.GET_BULK:
        assert 1 <= ask.repetitions <= REPETITIONS_AT_MOST
        assert ask.repetitions * len(ask.columns) <= max(VARBINDS_PER_BULK, len(ask.columns))
    tail = hostile.tlv(int(ask.request), hostile.num(1) + request_tail(ask.oids, ask.repetitions))
    _, _, _, repetitions, names = hostile.read_pdu(tail)
    assert (repetitions, [text(name) for name in names]) == (ask.repetitions, ask.oids), (
        "the request says another thing"
    )


def compare(course: Course, model: Model, *, with_tags: bool) -> None:
    for column in course.columns:
        rows = model.rows.get(column.root, [])
        assert len(column.rows) <= model.most, "more rows than the cap"
        assert list(column.rows.items()) == rows, f"other rows of {column.root} than were said"
        assert column.tags == (model.tags.get(column.root, []) if with_tags else [])
        assert column.cursor == (f"{column.root}.{rows[-1][0]}" if rows else column.root), "the walk goes on elsewhere"
        assert column.done or column.root not in model.ended | model.broken, "a column goes on after its end"


def judge(course: Course, model: Model, device: Device) -> None:
    """A walk without a problem is whole; a problem has a cause."""
    lost = [column.root for column in course.columns if column.root not in model.ended]
    if course.problem is None:
        assert not lost, f"rows of {lost} may be missing, and nothing says so"
        assert not model.broken
        assert not model.doubtful
    elif device.faultless and device.truthful:
        assert model.broken, f"an honest device is blamed: {course.problem!r}"
    if device.truthful:
        for column in course.columns:
            rows, truth = list(column.rows.items()), TRUTH[column.root]
            assert rows == truth[: len(rows)], "rows are left out"
            assert len(rows) == len(truth) or course.problem is not None, "rows are missing, and nothing says so"


# ---------------------------------------------------------------- seeds
def _lies(*binds: bytes) -> bytes:
    return bytes([LIES, len(binds)]) + b"".join(binds)


def corpus() -> Iterator[bytes]:
    number, unknown, told = TAGS.index(0x02), TAGS.index(0x24), b"\x05"
    fresh = _lies(*[bytes([number, _FRESH]) + told] * 3)
    long = _lies(bytes([number, _OCTETS]) + piece(b"\x83\xff\xff\xff\xff\xff\xff\xff\x7f" * 12) + told)
    wrong = _lies(bytes([unknown, _FRESH]), bytes([number, _FRESH]) + told)
    away = _lies(*[bytes([number, _ELSEWHERE, which]) + told for which in (4, 1)])
    twice = _lies(*[bytes([number, _ANY_ROW, 0, 1]) + told] * 2)
    ends = _lies(*[bytes([TAGS.index(tag), _FRESH]) for tag in (0x05, END)])
    genuine = hostile.response(1, [((*ROOT, 1, 1), hostile.num(5)), ((*ROOT, 2, 1), hostile.text(b"x"))])
    acts = [
        b"",
        bytes([HONEST, HONEST]),
        bytes([CUT, 0, CUT, 4, CUT, 1]),
        bytes([REFUSES, 0, 0, CUT, 2, REFUSES, 0, 0, REFUSES, 0, 0]),
        bytes([REFUSES, 0, 0] * 9),
        bytes([REFUSES, 1, 2, HONEST]),
        bytes([REFUSES, 2, 3, REFUSES, 2, 2]),
        bytes([REPORTS, REPORTS, HONEST]),
        *(bytes([HONEST, FAILS, fault, HONEST]) for fault in range(3)),
        *(bytes([FAILS, fault, HONEST]) for fault in range(3)),
        fresh,
        long,
        wrong,
        away,
        twice,
        ends,
        bytes([OCTETS]) + piece(genuine) + fresh,
        bytes([OCTETS]) + piece(genuine) + bytes([CUT, 3]) + long + away,
    ]
    for options in (0, 65, 2, 131, 5, 205, 12, 9, 93):
        for which, most in ((0b0110, 15), (0b1111110, 11), (0b100000, 3)):
            for act in acts:
                yield bytes([options, which, most]) + act


def main() -> int:
    return lead("walks", sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
