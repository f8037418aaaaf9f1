"""How pages are made: templates, the words and figures in them, and an answer for the browser.

Everything a device says passes `plain` (no control characters, bounded) and then Jinja's escaping. Pages are made of a
`View`, so that no page asks a database by itself.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from agent import words
from agent.hostile import plain
from agent.programme.money import percentage
from agent.traffic import key_of
from agent.view import View
from agent.web.names import reason_of, shown
from agent.web.offered import offered
from agent.web.visitor import flash, visitor

Look = Callable[[], Awaitable[View]]


def _spoken(word: str) -> str:
    """power_supply and lowerLayerDown as people say them."""
    apart = "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(word)) if word.isalpha() else word
    return apart.replace("_", " ")


def _sentence(text: str) -> str:
    """With a capital letter, unless it begins with the name of something: sw-wf-1 is not Sw-wf-1."""
    return text[:1].upper() + text[1:] if re.match(r"[a-z]+(?:[\s,.;:]|$)", text) else text


def _shown_text(value: Any) -> Any:
    """Applied to every expression of every template: no control character reaches a page."""
    return plain(value, 2000) if isinstance(value, str) and not isinstance(value, Markup) else value


def _kept(text: str) -> Markup:
    """What somebody wrote, for a text field: its line ends are kept, each line is made plain and escaped by join."""
    return Markup("\n").join(plain(line, 8000) for line in text.splitlines())


@cache
def environment() -> Environment:
    """One for all pages: each of them has the same frame, and no template is compiled twice."""
    made = Environment(
        loader=PackageLoader("agent.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        finalize=_shown_text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        span=words.span,
        moment=words.moment,
        full=words.full,
        day=words.day,
        years=words.years,
        bits=words.bits,
        octets=words.octets,
        reading=words.reading,
        class_name=words.class_name,
        count=lambda number, one, many="": words.count(number, one, many),
        words=_spoken,
        percent=words.percent,
        pounds=words.pounds,
        percentage=percentage,
        sentence=_sentence,
        key_of=key_of,
        shown=lambda held: shown(held).value,
        kept=_kept,
    )
    made.globals.update(visitor=visitor, flash=flash, offered=offered)
    return made


class Pages:
    """The templates, and who says what they show."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._templates = environment()

    def page(self, view: View, template: str, here: str, status: int = 200, **given: Any) -> Response:
        """`here`: the address of the page of the head's list that it belongs to."""
        own = {"q": "", "files_query": "", "reason": lambda text: reason_of(text, view.estate), **given}
        text = self._templates.get_template(template).render(view=view, here=here, **own)
        return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})

    def problem(self, view: View, problem: str, advice: str, status: int = 404) -> Response:
        return self.page(view, "problem.html", "", status, problem=problem, advice=advice)

    def missing(self, view: View, what: str) -> Response:
        return self.problem(view, f"No such {what}", f"The inventory has no such {what}.")
