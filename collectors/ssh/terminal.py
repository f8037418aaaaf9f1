"""Reading a terminal: where an answer ends, what of it is echo, pager and prompt.

Written here and not left to netmiko's `send_command`, which looks for the bare host name anywhere in the output ("sw1"
ends the answer at "sw1 uptime is ...") and searches everything again after each read.
"""

from __future__ import annotations

import re
import time
from typing import Protocol

from collectors.errors import OutOfTime, Unreachable
from collectors.ssh.platforms import ANY_PROMPT, PAGER, PAGER_TEXT, Platform

TAIL = 600  # characters looked at for a prompt or a pager
SETTLE_SECONDS = 0.04  # silence after a prompt before it counts: output may hold a line that looks like it
NO_ECHO_SECONDS = 1.0  # a prompt without the command's echo counts after this silence
_ANSI = re.compile(
    r"\x1b(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|[()#][0-9A-Za-z]|[=>78cDEHMNOZ])"
)
# VT100 NEL, and "to the first column" where text follows: ProCurve moves the cursor instead of breaking the line, and
# moves it to and fro after its prompt.
_NEW_LINE = re.compile(r"\x1bE|\x1b\[\d{1,3};1H(?=[^\x1b\r\n])")
_CONTROL = re.compile(r"[\x00-\x07\x0b-\x1f\x7f-\x9f]")


class Line(Protocol):
    """The wire under a terminal. Both methods raise a `DeviceFault` when it is broken, capped or out of time."""

    def take(self, seconds: float) -> bytes:
        """What came, after waiting for at most so long; empty when nothing did."""
        ...

    def put(self, text: str) -> None: ...


def decoded(raw: bytes) -> str:
    """UTF-8 where it is; else Windows-1252, which is what older web consoles let people type into descriptions."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def plain(text: str) -> str:
    """Without ANSI sequences, with back-space and carriage return carried out, other control characters dropped."""
    text = _ANSI.sub("", _NEW_LINE.sub("\n", text))
    text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\n\r", "\n")
    if "\r" in text or "\b" in text:
        text = "\n".join(_struck_over(line) if "\r" in line or "\b" in line else line for line in text.split("\n"))
    return _CONTROL.sub("", text)


def _struck_over(line: str) -> str:
    shown: list[str] = []
    column = 0
    for char in line:
        if char == "\r":
            column = 0
        elif char == "\b":
            column = max(column - 1, 0)
        else:
            shown[column : column + 1] = char
            column += 1
    return "".join(shown).rstrip(" ")


def prompt_pattern(prompt: str) -> re.Pattern[str]:
    """What ends every answer, learnt from one prompt. Counters (EXOS `sw.12 #`) and change marks (`* `) may vary."""
    text = re.sub(r"^[*!] ?", "", prompt.strip())
    counted = re.fullmatch(r"(.{1,100}\.)\d{1,6}( ?[#>])", text)
    core = re.escape(counted[1]) + r"\d{1,6}" + re.escape(counted[2]) if counted else re.escape(text)
    return re.compile(r"(?:^|\n)(?:[*!] ?)?" + core + r" ?$")


class Terminal:
    """One interactive session on a `Line`."""

    def __init__(self, line: Line, platform: Platform, return_key: str = "\n") -> None:
        self._line = line
        self._platform = platform
        self._return = return_key
        self._questions = [(re.compile(pattern), answer) for pattern, answer in platform.questions]
        self.prompt = ""
        self._ends: re.Pattern[str] = ANY_PROMPT

    def settle(self, until: float, greet: bool = True) -> str:
        """Wait for the first prompt, learn it, and see it twice, because a banner may look like one.

        Gives the text that is not a greeting we know: the caller judges log-in questions in it.
        """
        seen = self._first_prompt(until, greet)
        for _ in range(4):
            last = seen.rstrip().rsplit("\n", 1)[-1].strip()
            self._line.put(self._return)
            seen = self._until(ANY_PROMPT, until, quiet=0.15)
            now = seen.rstrip().rsplit("\n", 1)[-1].strip()
            if last and prompt_pattern(last).search(now):
                self.prompt, self._ends = now, prompt_pattern(now)
                return seen
        raise OutOfTime("the device shows no steady prompt")

    def _first_prompt(self, until: float, greet: bool) -> str:
        greetings = [(re.compile(p), key) for p, key in self._platform.greetings] if greet else []
        seen = ""
        nudged = 0
        while True:
            data = self._line.take(2.0)
            seen = (seen + decoded(data))[-65_536:]
            tail = plain(seen[-TAIL:])
            for greeting in list(greetings):
                if greeting[0].search(tail):
                    greetings.remove(greeting)  # each once: a device that repeats it is not let through for ever
                    self._line.put(greeting[1])
                    seen = ""
                    break
            else:
                if ANY_PROMPT.search(tail) and not (rest := self._line.take(0.15)):
                    return tail
                if ANY_PROMPT.search(tail):
                    seen += decoded(rest)
                elif not data and nudged < 5:
                    nudged += 1
                    self._line.put(self._return)
            if time.monotonic() > until:
                raise OutOfTime("the device shows no prompt")

    def _until(self, ends: re.Pattern[str], until: float, quiet: float = SETTLE_SECONDS) -> str:
        seen = bytearray()
        while True:
            seen += self._line.take(min(max(until - time.monotonic(), 0.0), 0.5))
            tail = plain(decoded(bytes(seen[-TAIL:])))
            if ends.search(tail):
                more = self._line.take(quiet)
                if not more:
                    return plain(decoded(bytes(seen)))
                seen += more
            if time.monotonic() > until:
                raise OutOfTime("the device shows no prompt")

    def expect(self, pattern: str, until: float) -> str:
        """Read until the end of the output matches, for dialogues such as `enable`."""
        return self._until(re.compile(pattern), until)

    def type(self, text: str) -> None:
        self._line.put(text + self._return)

    def relearn(self, until: float) -> None:
        """Learn the prompt again, after something that changes it (`enable`)."""
        self._ends = ANY_PROMPT
        self.settle(until, greet=False)

    def ask(self, command: str, until: float, got: bytearray) -> str:
        """Run a command, turn its pages, and give what it printed. `got` keeps the raw bytes for when this fails."""
        while self._line.take(0):
            pass  # a log message after the last prompt is no part of this answer
        self._line.put(command + self._return)
        started = time.monotonic()
        echoed = False
        while True:
            data = self._line.take(min(max(until - time.monotonic(), 0.0), 0.5))
            got += data
            tail = plain(decoded(bytes(got[-TAIL:])))
            if not echoed and data:
                echoed = _squeezed(command) in _squeezed(plain(decoded(bytes(got[:2048]))))
            if PAGER.search(tail):
                del got[_pager_start(got) :]
                self._line.put(" ")
            elif (answer := self._answer_to(tail)) is not None:
                got += b"\n"
                self._line.put(answer)
            elif self._ends.search(tail) and (echoed or (not data and time.monotonic() - started > NO_ECHO_SECONDS)):
                more = self._line.take(SETTLE_SECONDS)
                if not more:
                    return self.answer(command, got)
                got += more
            if time.monotonic() > until:
                raise OutOfTime("the answer was not complete at the deadline")

    def _answer_to(self, tail: str) -> str | None:
        return next((answer for pattern, answer in self._questions if pattern.search(tail)), None)

    def answer(self, command: str, got: bytes | bytearray) -> str:
        """What a command printed: without echo, prompt, pager and questions."""
        lines = plain(decoded(bytes(got))).split("\n")
        want = _squeezed(command)
        for number, line in enumerate(lines[:4]):
            if want and want in _squeezed(line):
                lines = lines[number + 1 :]
                break
        # Junos prints {master:0} above the prompt; a device that takes "\r\n" as two returns shows its prompt twice.
        while lines and (
            not lines[-1].strip()
            or re.fullmatch(r"\{[a-z:\d -]{1,40}\}", lines[-1].strip())
            or (self.prompt and self._ends.search("\n" + lines[-1]))
        ):
            lines.pop()
        kept = [line for line in lines if not any(pattern.search(line) for pattern, _ in self._questions)]
        return "\n".join(kept).lstrip("\n") + "\n" if kept else ""

    def check(self, until: float) -> None:
        """Make sure that a kept session still answers; raises where it does not."""
        self._line.put(self._return)
        try:
            self._until(self._ends, until)
        except OutOfTime:
            raise Unreachable("the kept session does not answer any more") from None


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _pager_start(got: bytearray) -> int:
    # Searched in Latin-1, where one character is one byte, because the cut is made in the bytes.
    start = max(len(got) - TAIL, 0)
    pagers = list(PAGER_TEXT.finditer(got[start:].decode("latin-1")))
    return start + pagers[-1].start() if pagers else len(got)
