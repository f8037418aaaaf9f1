"""What may be written of something, by whoever looks at it: for the links on its page."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from agent.deeds import DEEDS, Deed, Scene
from agent.facts import Outage, Window
from agent.view import View
from agent.web.visitor import visitor


def scene_of(view: View, *, outage: Outage | None = None, window: Window | None = None) -> Scene:
    """As the desk will see it, a little older: good for what to offer, and never for what to record."""
    scene = Scene(view.now, visitor().who.user, uuid4, view.every_outage, view.notes, view.estate)
    return replace(scene, outage=outage, window=window)


def offered(view: View, *, outage: Outage | None = None, window: Window | None = None) -> list[Deed]:
    """The deeds that make sense and that this visitor may do, in order. Nothing for most who look."""
    who = visitor().who
    if not who.user or who.role is None:
        return []
    about = "outage" if outage is not None else "window" if window is not None else "nothing"
    able = [deed for deed in DEEDS.values() if deed.about == about and who.may(deed.role)]
    if not able:
        return []
    scene = scene_of(view, outage=outage, window=window)
    return [deed for deed in able if deed.fits(scene)]
