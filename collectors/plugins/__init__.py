"""Named pure parsers: the text a command printed in, `Findings` out. For what data cannot say.

One module per command line (netmiko's platform name). A parser takes the text of one command and gives `Findings`; it
raises `Unparsed` when the text is not what the command prints, and never anything else: the text is whatever a device,
or somebody who took its place, wrote. No I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from collectors.readings import Cadence, Findings

Parse = Callable[[str], Findings]


@dataclass(frozen=True, slots=True)
class Command:
    """One read-only command of a platform: when it is worth asking, and who reads the answer.

    `needed` is False where devices of the platform may rightly lack it (no stack, no cluster): "unknown command" is
    then no failure.
    """

    text: str
    every: Cadence
    parse: Parse
    needed: bool = False
