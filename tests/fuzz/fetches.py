"""A GET of many cells from a device that does as it likes: it ends, and no cell has a value that is another's.

An input is a number of cells, how many a request takes, and a script of what the device does with each request; then
the device is honest, or begins the script again. Every answer goes through octets, written apart from the codec.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from collectors.errors import Malformed, NoAnswer, OutOfTime
from collectors.session import Cells, Value
from collectors.snmp.chunks import Chunk, read_cells
from collectors.snmp.fetch import Fetch, Outcome
from collectors.snmp.limits import Limits
from collectors.snmp.message import NO_SUCH_NAME, TOO_BIG, V2C, CommunityEnvelope
from tests.fuzz import second_reader
from tests.fuzz.campaign import lead
from tests.fuzz.script import Script, piece
from tests.fuzz.second_reader import Refused, same
from tests.snmp import hostile
from tests.snmp.hostile import dotted

COMMUNITY = b"hart"
ENVELOPE = CommunityEnvelope(V2C, COMMUNITY.decode())
REQUEST_ID = 0x1234_5678
MOST_CELLS = 24
NAMES = [f"1.3.6.1.2.1.2.2.1.{2 + place % 9}.{place}" for place in range(MOST_CELLS)]


def _held(place: int) -> bytes:
    """Every cell has a value of its own, so that none can be mistaken; a few are not there."""
    return (
        hostile.num(10_000 + place, 0x41),
        hostile.text(b"port %d" % place),
        hostile.num((1 << 40) + place, 0x46),
        hostile.NO_SUCH_INSTANCE,
        hostile.tlv(0x40, bytes([192, 0, 2, place])),
        hostile.num(-10_000 - place),
        hostile.oid((1, 3, 6, 1, 4, 1, place)),
    )[place % 7]


HELD = {name: _held(place) for place, name in enumerate(NAMES)}
BINDS = {name: hostile.tlv(0x30, hostile.oid(dotted(name)) + value) for name, value in HELD.items()}
TRUTH: dict[str, Value] = {
    name: second_reader.value(held[0], second_reader.Reader(held).element()[1].octets) for name, held in HELD.items()
}


def message(binds: list[bytes], status: int = 0, index: int = 0) -> bytes:
    body = hostile.num(REQUEST_ID) + hostile.num(status) + hostile.num(index) + hostile.tlv(0x30, b"".join(binds))
    return hostile.tlv(0x30, hostile.num(1) + hostile.text(COMMUNITY) + hostile.tlv(0xA2, body))


# ---------------------------------------------------------------- what the device does
HONEST, CUT, LEAVES_OUT, SWAPS, REFUSES, FAILS, SPOILS, LIES, OCTETS = range(9)
FAULTS = (Malformed("spoilt"), NoAnswer("silence"), OutOfTime("late"))


@dataclass
class Device:
    """A script's way of answering. `truthful` until it has said something that is not so."""

    script: Script
    for_ever: bool
    truthful: bool = True
    faultless: bool = True
    said: dict[str, list[Value]] = field(default_factory=dict)  # to a request that asked for it

    def answer(self, chunk: Chunk) -> Outcome:
        if self.script or self.for_ever:
            if not self.script:
                self.script.again()
            act = self.script.below(9)
            if act == FAILS:
                self.faultless = False
                return FAULTS[self.script.below(len(FAULTS))]
            datagram = self._datagram(chunk, act)
        else:
            datagram = self._datagram(chunk, HONEST)
        try:
            for name, _, value in second_reader.community_answer(datagram, COMMUNITY).binds:
                if name in chunk.oids:
                    self.said.setdefault(name, []).append(value)
        except Refused:
            pass
        try:
            plain, at, end = ENVELOPE.open(datagram, REQUEST_ID)
            return read_cells(chunk, plain, at, end, REQUEST_ID)
        except Malformed as fault:
            return fault

    def _datagram(self, chunk: Chunk, act: int) -> bytes:
        take = self.script.below
        binds = [BINDS[name] for name in chunk.oids]
        if act == CUT:
            binds = binds[: 1 + take(len(binds))]
        elif act == LEAVES_OUT and len(binds) > 1:
            del binds[take(len(binds))]
        elif act == SWAPS:
            place = take(len(binds))
            binds = binds[place:] + binds[:place]
        elif act == REFUSES:
            self.faultless = False
            status, index = (TOO_BIG, NO_SUCH_NAME, 5, 18, 19)[take(5)], take(len(binds) + 2)
            if status == NO_SUCH_NAME and 0 < index <= len(chunk):
                self.truthful &= TRUTH[chunk.oids[index - 1]] is None  # it says of a cell that it is not there
            return message(binds, status, index)
        elif act == LIES:  # values under the names of others
            self.truthful = False
            order = [take(len(chunk)) for _ in binds]
            names = [hostile.oid(dotted(name)) for name in chunk.oids]
            binds = [hostile.tlv(0x30, names[take(len(names))] + HELD[chunk.oids[place]]) for place in order]
        elif act == SPOILS:
            self.truthful = False
            whole = bytearray(message(binds))
            whole[(take(256) << 8 | take(256)) % len(whole)] ^= take(256)
            return bytes(whole)
        elif act == OCTETS:
            self.truthful = False
            return self.script.piece()
        return message(binds)


# ---------------------------------------------------------------- what must come of it
def check(data: bytes) -> None:
    script = Script(data)
    count, fit, options = 1 + script.below(MOST_CELLS), 1 + script.below(MOST_CELLS), script.octet()
    script.mark()
    cells, limits = Cells(NAMES[:count]), Limits({})
    limits.fewer_cells(cells, fit)
    device = Device(script, for_ever=bool(options & 1))
    fetch = Fetch(cells, limits)
    # Each request settles a chunk, cuts it in two or makes it shorter: 2n - 1 times for n cells, then nothing is left.
    for _ in range(2 * count):
        if not fetch.todo:
            break
        chunk = fetch.todo.popleft()
        assert [cells.oids[place] for place in chunk.places] == list(chunk.oids), "a chunk has lost its places"
        fetch.take(chunk, device.answer(chunk), bool(options & 2))
        waiting = [place for waits in fetch.todo for place in waits.places]
        assert len(set(waiting)) == len(waiting), "a cell waits to be asked for twice"
    assert not fetch.todo, "the fetch does not end"
    judge(cells, fetch, device)


def judge(cells: Cells, fetch: Fetch, device: Device) -> None:
    assert len(fetch.values) == len(cells)
    for name, value in zip(cells.oids, fetch.values, strict=True):
        assert value is None or any(same(value, said) for said in device.said.get(name, [])), f"not the value of {name}"
        if device.truthful:
            true = same(value, TRUTH[name])
            assert true or value is None, f"a wrong value for {name}"
            assert true or fetch.problem is not None, f"{name} is lost, and nothing says so"
    if device.truthful and device.faultless:
        assert fetch.problem is None, f"an honest device is blamed: {fetch.problem!r}"


# ---------------------------------------------------------------- seeds
def corpus() -> Iterator[bytes]:
    genuine = message([BINDS[name] for name in NAMES[:3]])
    acts = [
        b"",
        bytes([CUT, 0, CUT, 3, CUT, 9]),
        bytes([LEAVES_OUT, 1, SWAPS, 2, LEAVES_OUT, 0]),
        bytes([REFUSES, 0, 0] * 3),
        bytes([REFUSES, 1, 4, REFUSES, 1, 1]),
        bytes([REFUSES, 2, 2, REFUSES, 3, 0, REFUSES, 2, 200]),
        *(bytes([HONEST, FAILS, fault]) for fault in range(3)),
        *(bytes([FAILS, fault] * 2) for fault in range(3)),
        bytes([LIES, 1, 0, 2, 2, 1, 0]),
        bytes([SPOILS, 0, 30, 1]),
        bytes([OCTETS]) + piece(genuine),
        bytes([OCTETS]) + piece(genuine + b"\x00"),
    ]
    for count, fit in ((0, 0), (2, 23), (11, 4), (23, 19)):
        for options in range(4):
            for act in acts:
                yield bytes([count, fit, options]) + act


def main() -> int:
    return lead("fetches", sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
