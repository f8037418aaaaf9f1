"""What is learnt about how one device answers, kept between visits in the caller's dictionary. Pure.

Nothing here is needed for a right answer, only for a quick one: lost, it is learnt anew.
"""

from __future__ import annotations

from typing import Any

from collectors.session import Cells

CELLS_PER_REQUEST = 56
VARBINDS_PER_BULK = 140  # asked for in one GETBULK, over all columns
REPETITIONS_AT_MOST = 50
COLUMNS_PER_REQUEST = 28
_CELL_SETS_REMEMBERED = 16
_BULK_FAILURES_FORGIVEN = 2
_GOOD_ANSWERS_TO_FORGET = 64
_BACK_OFF = 1.5
SILENCES_TO_BACK_OFF = 3  # visits in a row: as many as it takes to tell people
ATTEMPTS_AT_THE_SILENT = 2


class Limits:
    """A typed view of one device's dictionary of limits; the dictionary stays the caller's."""

    __slots__ = ("_known",)

    def __init__(self, known: dict[str, Any]) -> None:
        self._known = known

    # ------------------------------------------------------------ GET
    def cells(self, cells: Cells) -> int:
        """How many of these cells go into one request. Remembered by set of cells: texts are longer than counters."""
        sets: dict[str, int] | None = self._known.get("cells")
        return sets.get(_signature(cells), CELLS_PER_REQUEST) if sets else CELLS_PER_REQUEST

    def fewer_cells(self, cells: Cells, fit: int) -> None:
        """A request of more than `fit` of these cells was too big."""
        sets: dict[str, int] = self._known.setdefault("cells", {})
        signature = _signature(cells)
        sets[signature] = max(1, min(fit, sets.pop(signature, CELLS_PER_REQUEST)))
        while len(sets) > _CELL_SETS_REMEMBERED:
            del sets[next(iter(sets))]

    # ------------------------------------------------------------ GETBULK
    def repetitions(self, columns: int) -> int:
        """How many rows to ask for, over so many columns."""
        varbinds: int = self._known.get("varbinds", VARBINDS_PER_BULK)
        return max(1, min(varbinds // columns, REPETITIONS_AT_MOST))

    def bulk_gave(self, asked: int, given: int, *, retried: bool = False) -> None:
        """A GETBULK for `asked` varbinds brought `given`; `retried` when it was not answered the first time.

        A cut answer costs nothing, so we dare more each time. One that never came (long ones may be dropped on the way)
        costs a time-out: we stay below it, until so many have come at once that it was chance.
        """
        known: int = self._known.get("varbinds", VARBINDS_PER_BULK)
        if retried:
            self.bulk_too_big(asked)
        elif given < asked:
            self._known["varbinds"] = max(1, min(given, known))
        elif known < VARBINDS_PER_BULK:
            ceiling: int = self._known.get("varbinds_ceiling", VARBINDS_PER_BULK)
            if ceiling < VARBINDS_PER_BULK:
                self._known["varbinds_good"] = good = self._known.get("varbinds_good", 0) + 1
                if good >= _GOOD_ANSWERS_TO_FORGET:
                    self._known["varbinds_ceiling"] = ceiling = ceiling + ceiling // 4 + 1
                    self._known["varbinds_good"] = 0
            self._known["varbinds"] = min(known + known // 4 + 1, ceiling)

    def bulk_too_big(self, asked: int) -> None:
        """A GETBULK for `asked` varbinds was refused or did not come."""
        self._known["varbinds"] = self._known["varbinds_ceiling"] = max(1, asked // 2)
        self._known["varbinds_good"] = 0

    @property
    def columns(self) -> int:
        """How many columns go into one request."""
        columns: int = self._known.get("columns", COLUMNS_PER_REQUEST)
        return columns

    def fewer_columns(self, fit: int) -> None:
        self._known["columns"] = max(1, min(fit, self.columns))

    @property
    def bulk_works(self) -> bool:
        """False where GETBULK has failed and GETNEXT at the same place has not."""
        failures: int = self._known.get("bulk_failures", 0)
        return failures < _BULK_FAILURES_FORGIVEN

    def bulk_failed(self) -> None:
        worth = 1 if self._known.get("bulk_worked") else _BULK_FAILURES_FORGIVEN
        self._known["bulk_failures"] = self._known.get("bulk_failures", 0) + worth

    def bulk_worked(self) -> None:
        self._known["bulk_worked"] = True

    @property
    def bulk_proven(self) -> bool:
        return bool(self._known.get("bulk_worked"))

    # ------------------------------------------------------------ silence
    def attempts(self, configured: int) -> int:
        """How often to ask before that is silence: less often where it has been silent for a while.

        A dead device holds its place in the schedule for as long as its time-outs last, and its retries bring nothing;
        one is left, so that a single lost datagram does not hide that it is back.
        """
        silences: int = self._known.get("silences", 0)
        return min(configured, ATTEMPTS_AT_THE_SILENT) if silences >= SILENCES_TO_BACK_OFF else configured

    def stayed_silent(self) -> None:
        """Nothing was answered in a whole session, retries included."""
        self._known["silences"] = self._known.get("silences", 0) + 1

    # ------------------------------------------------------------ time
    def timeout(self, configured_seconds: float, attempt: int) -> float:
        """How long to wait for an answer: by the round trips seen (RFC 6298), from half to four times as configured.

        The lower bound keeps an agent that is quick for one table and slow for the next from being asked twice.
        """
        trip: float | None = self._known.get("round_trip_seconds")
        seconds = configured_seconds
        if trip is not None:
            estimate = trip + 4 * float(self._known["round_trip_spread_seconds"])
            seconds = min(max(estimate, configured_seconds / 2), configured_seconds * 4)
        return float(seconds * _BACK_OFF**attempt)

    def answered_after(self, seconds: float) -> None:
        self._known.pop("silences", None)
        trip: float | None = self._known.get("round_trip_seconds")
        if trip is None:
            self._known["round_trip_seconds"] = seconds
            self._known["round_trip_spread_seconds"] = seconds / 2
            return
        self._known["round_trip_spread_seconds"] += (abs(trip - seconds) - self._known["round_trip_spread_seconds"]) / 4
        self._known["round_trip_seconds"] = trip + (seconds - trip) / 8


def _signature(cells: Cells) -> str:
    return f"{len(cells)}+{cells.oids[0]}"
