"""Access points that left their controller's table, told by name. Pure.

    points = Points()
    visit = points.told(visit, known)      known(device): the names that the register has of those behind a controller

Most controllers keep a row for an access point that is down, and say so. Others drop the row, now or after an hour, and
then nothing in their answers says that it is missing. The register remembers (agent.lifecycle.known): what it has and
the table has not is lost, until it comes back, shows at another controller, or has been missed for so long that the
register holds it to be gone. Nothing is said where the table was not read whole, where the inventory expects no more
than there are, and of as many as have a new name: whoever renames an access point has not lost it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agent.lifecycle.known import NEEDED
from collectors.readings import Cadence, Check, Level, Visit

CHECK, EXPECTED = "access_point", "access_points_expected"
LOST = "not on the controller"


class Points:
    """Which access points each controller showed last."""

    def __init__(self) -> None:
        self._shown: dict[str, frozenset[str]] = {}

    def told(self, visit: Visit, known: Callable[[str], frozenset[str]]) -> Visit:
        """The visit with a check for each access point that is lost."""
        if not visit.reached or visit.cadence is Cadence.PULSE:
            return visit
        shown = frozenset(check.subject for check in visit.checks if check.check == CHECK)
        if not shown and visit.device not in self._shown:
            return visit  # nearly all: no controller, or one whose table nobody has read yet
        if any(failure.stage in NEEDED for failure in visit.failures):
            return visit
        self._shown[visit.device] = shown
        if any(check.check == EXPECTED and check.level is Level.OK for check in visit.checks):
            return visit
        names = known(visit.device)
        lost = names - shown - frozenset().union(*(s for device, s in self._shown.items() if device != visit.device))
        if len(lost) <= len(shown - names):
            return visit
        checks = tuple(Check(CHECK, name, LOST, Level.CRITICAL) for name in sorted(lost))
        return replace(visit, checks=(*visit.checks, *checks))

    def forget(self, device: str) -> None:
        self._shown.pop(device, None)
