"""A fuzzer's octets as a script of choices."""

from __future__ import annotations


class Script:
    """Choices, one octet each or more. When the octets run out every choice is 0 and every piece is empty.

    Nothing here is refused: a fuzzer learns little from inputs that are thrown away.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._from = 0

    def __bool__(self) -> bool:
        """Whether there is anything left."""
        return self._at < len(self._data)

    def octet(self) -> int:
        octet = self._data[self._at] if self._at < len(self._data) else 0
        self._at += 1
        return octet

    def below(self, bound: int) -> int:
        return self.octet() % bound

    def piece(self) -> bytes:
        """Octets, after how many they are in two."""
        size = self.octet() << 8 | self.octet()
        start, self._at = self._at, self._at + size
        return self._data[start : self._at]

    def mark(self) -> None:
        """`again` goes back to here."""
        self._from = self._at

    def again(self) -> None:
        self._at = self._from


def piece(octets: bytes) -> bytes:
    """As `Script.piece` reads it, for seeds."""
    return len(octets).to_bytes(2, "big") + octets
