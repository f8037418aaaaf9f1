"""The simulator as a process of its own, and the control socket that a running demo listens on.

`python -m agent.demo.process DIRECTORY` reads `DIRECTORY/plan.json`, writes `DIRECTORY/ready.json` when everything
answers, listens on `DIRECTORY/control.sock`, and ends when its standard input ends: that is how it dies with whoever
started it, however that one died.

The control protocol is one JSON object a line, one answer a line:

    {"do": "fault", "name": "wan-bt", "target": null, "seconds": null}  >  {"ok": true, "text": "..."}
    {"do": "clear", "name": null, "target": null}, {"do": "list"}, {"do": "status"}
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.demo.begin import READY, read_plan
from agent.demo.control import CONTROL
from agent.demo.faults import KINDS, NoSuchFault
from agent.demo.script import SCRIPTS, Script, due
from agent.demo.simulator import Simulator


class Control:
    """Answers requests on the control socket."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request; never raises for what a client may say."""
        simulator, what = self._simulator, request.get("do")
        name, target, seconds = request.get("name"), request.get("target"), request.get("seconds")
        if not all(value is None or isinstance(value, str) for value in (name, target)):
            return {"ok": False, "text": "name and target are texts"}
        if seconds is not None and not (isinstance(seconds, int | float) and seconds > 0):
            return {"ok": False, "text": "seconds is a number above 0"}
        if what == "fault":
            try:
                fault = simulator.fault(str(name), target, seconds)
            except NoSuchFault as problem:
                return {"ok": False, "text": str(problem)}
            lasts = "until cleared" if fault.until is None else f"for {fault.until - time.time():.0f} s"
            return {"ok": True, "text": f"{fault.words} ({lasts})"}
        if what == "clear":
            ended = simulator.clear(name, target)
            words = ", ".join(f"{f.name} ({f.target})" for f in ended)
            return {"ok": True, "text": f"ended: {words}" if ended else "there was no such fault to end"}
        if what == "list":
            on = [{"name": f.name, "target": f.target, "words": f.words, "since": f.since} for f in simulator.faults]
            return {"ok": True, "on": on, "kinds": {k.name: k.words for k in KINDS.values()}}
        if what == "status":
            world = simulator.world
            return {
                "ok": True,
                "devices": len(world.devices),
                "snmp_port": simulator.snmp_port,
                "ssh_port": simulator.ssh_port,
                "sets_refused": world.sets_refused,
            }
        return {"ok": False, "text": f"do what? {what!r} is none of fault, clear, list, status"}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, line by line."""
        try:
            while line := await reader.readline():
                try:
                    request = json.loads(line)
                except ValueError:
                    request = None
                answer = self.answer(request) if isinstance(request, dict) else {"ok": False, "text": "not a request"}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):  # the client went away, or sent a line without end
            return
        finally:
            writer.close()


async def run(directory: Path, script: Script) -> int:
    """Serve the plan in `directory` until standard input ends or a signal comes."""
    plan = read_plan(directory)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    _end_with_input(loop, stop)
    async with Simulator(plan) as simulator:
        control = directory / CONTROL
        server = await asyncio.start_unix_server(Control(simulator).serve, path=str(control))
        control.chmod(0o600)
        ready = {"snmp_port": simulator.snmp_port, "ssh_port": simulator.ssh_port, "gateway": simulator.gateway}
        part = directory / f"{READY}.part"
        part.write_text(json.dumps(ready))
        part.rename(directory / READY)  # complete or not there
        begun = last = time.monotonic()
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), 1.0)
            except TimeoutError:
                simulator.expire()
                now = time.monotonic()
                for step in due(script, last - begun, now - begun, plan.speed):
                    with contextlib.suppress(NoSuchFault):  # an estate without a UPS has afternoons without its battery
                        simulator.fault(step.fault, step.target, step.seconds / plan.speed)
                last = now
        server.close()
        control.unlink(missing_ok=True)
    return 0


def _end_with_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Our parent holds the other end of standard input and never writes: readable means that it is gone."""

    def readable() -> None:
        if not os.read(0, 1024):
            loop.remove_reader(0)
            stop.set()

    os.set_blocking(0, False)
    loop.add_reader(0, readable)


def main(arguments: list[str]) -> int:
    """Entry of the process: DIRECTORY [SCRIPT]. One line on standard error and status 1 where it cannot start."""
    directory, script = Path(arguments[0]), SCRIPTS[arguments[1] if len(arguments) > 1 else "none"]
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # clients that hang up in the middle are no news here
    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    try:
        return asyncio.run(run(directory, script))
    except (OSError, ValidationError) as problem:
        print(f"the simulated estate cannot start: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
