"""What the page of neighbours says, worked out from a view. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.neighbours import Neighbour, neighbours
from agent.view import View
from agent.web.names import Named, name_of
from collectors.readings import Cadence

MOST = 500  # lines of a table
MOST_PLACES = 6  # where one of them is seen


@dataclass(frozen=True, slots=True)
class Line:
    """An unknown neighbour, and where it is seen: (device, port, their port, protocol)."""

    neighbour: Neighbour
    places: tuple[tuple[Named, str, str, str], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Beside:
    """Everything on the page. `looked`: devices whose inventory visit is fresh; `telling`: those that see anybody."""

    unknown: Sequence[Line]
    more: int
    known: int
    phones: int
    hosts: int
    looked: int
    telling: int


def neighbours_page(view: View) -> Beside:
    visits = view.latest.told(Cadence.INVENTORY, view.watched, view.now)
    every = neighbours(view.estate, visits)
    unknown = [one for one in every if one.unknown]
    others = [one for one in every if not one.known and not one.unknown]
    return Beside(
        [_line(view, one) for one in unknown[:MOST]],
        max(0, len(unknown) - MOST),
        sum(bool(one.known) for one in every),
        sum(one.kind == "phone" for one in others),
        sum(one.kind == "host" for one in others),
        len(visits),
        len({seen.device for one in every for seen in one.seen}),
    )


def _line(view: View, one: Neighbour) -> Line:
    places = dict.fromkeys((row.device, row.port, row.their_port, row.by) for row in one.seen)
    told = tuple((name_of(f"device:{device}", view.estate), *rest) for device, *rest in list(places)[:MOST_PLACES])
    return Line(one, told, max(0, len(places) - MOST_PLACES))  # type: ignore[arg-type]
