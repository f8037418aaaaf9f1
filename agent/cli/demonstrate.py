"""`hartwatch demo`: a simulated estate that is watched like a real one, and faults to try on it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

StateDirectory = Annotated[
    Path | None,
    typer.Option("--state", help="Where the demo keeps its files.", show_default="temporary, removed at the end"),
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        invoke_without_command=True,
        help="Watch a simulated estate on this machine, and try faults on it.",
    )
    group.callback()(demo)
    group.command()(fault)
    group.command()(status)
    app.add_typer(group, name="demo")


def _fail(message: str, status: int) -> Any:
    for line in message.splitlines():
        print(f"hartwatch: {line}", file=sys.stderr)
    raise typer.Exit(status)


def demo(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the pages.", show_default="9640, or a free one")
    ] = None,
    runs_for: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="End by itself after so long: 60s, 5m.")
    ] = None,
    state: StateDirectory = None,
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="The inventory that is simulated.")] = Path(
        "inventory.yaml"
    ),
    script: Annotated[str, typer.Option(help="Faults over time: gentle, afternoon or none.")] = "gentle",
    speed: Annotated[float, typer.Option(min=0.1, max=1000, help="How much faster days and scripts pass.")] = 1.0,
    prometheus: Annotated[bool, typer.Option(help="Start Prometheus too, if it is installed.")] = True,
    seed: Annotated[int, typer.Option(help="Other numbers, the same estate.")] = 1,
    history: Annotated[bool, typer.Option(help="Fill the ledger with a made-up quarter.")] = True,
    log_level: Annotated[str, typer.Option(help="The least that is logged: debug, info, warning, error.")] = "error",
) -> None:
    """Start simulated devices of every class (SNMP and SSH), the agent, and Prometheus where it is installed.

    Prints one address, of the pages and /metrics. Ctrl-C ends all of it.
    """
    if context.invoked_subcommand is not None:
        return
    from pydantic_core import PydanticCustomError

    from agent.demo.script import SCRIPTS
    from agent.inventory.values import parse_duration

    if script not in SCRIPTS:
        _fail(f"--script: {script!r} is none of {', '.join(SCRIPTS)}", 2)
    if not inventory.is_file():
        _fail(f"there is no {inventory} here to simulate; run it in the project's folder or give --inventory", 2)
    if log_level not in ("debug", "info", "warning", "error"):
        _fail(f"--log-level: {log_level!r} is none of debug, info, warning, error", 2)
    try:
        seconds = parse_duration(runs_for) if runs_for is not None else None
    except PydanticCustomError as problem:
        _fail(f"--for: {problem.message()}", 2)
    try:
        import asyncssh  # noqa: F401 - asked for here, to say what to do
    except ImportError:
        _fail("the demo's SSH servers need asyncssh: pip install 'hartwatch[demo]'", 1)

    from agent.demo.begin import CannotBegin, Options, begin

    options = Options(inventory, port, seconds, state, speed, prometheus, script, seed, history)
    try:
        with begin(options) as begun:
            # The devices come up while we import the agent.
            import uvloop

            from agent import logs
            from agent.demo.run import run
            from agent.serving import CannotStart

            logs.set_up("text", log_level)
            try:
                ended = uvloop.run(run(begun))
            except CannotStart as problem:
                raise CannotBegin(str(problem), problem.status) from None
    except CannotBegin as problem:
        _fail(str(problem), problem.status)
    raise typer.Exit(ended)


def _ask(state: Path | None, request: dict[str, Any]) -> tuple[dict[str, Any], Path]:
    """What the running demo answers, and its directory; ends with status 1 where none runs."""
    from agent.demo.control import CONTROL, DemoUnreachable, ask, running_demos

    found = [state / CONTROL] if state is not None else running_demos()
    for place in found:
        try:
            answer = ask(place, request)
        except DemoUnreachable as problem:
            if state is not None:
                _fail(str(problem), 1)
            continue
        if len(found) > 1:
            print(f"hartwatch: several demos seem to run; this is the one in {place.parent}", file=sys.stderr)
        return answer, place.parent
    raise _fail("no demo is running; start one with: hartwatch demo", 1)


def fault(
    name: Annotated[str, typer.Argument(help="A fault; `list` shows all, `clear` ends them.")],
    target: Annotated[str | None, typer.Argument(help="Which device, link or site; with clear: which fault.")] = None,
    runs_for: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="End by itself after so long.")
    ] = None,
    state: StateDirectory = None,
) -> None:
    """Begin or end a fault in the running demo.

    Faults: core-switch, wan-bt, wan-link, wan-both, ups-battery, ha-failover, ap-loss, agent-cut-off, psu, hot-room,
    slow-device, reboot. `list` shows what each is and which are on; `clear` ends all, or those of one name.
    """
    from pydantic_core import PydanticCustomError

    from agent.inventory.values import parse_duration

    if name == "list":
        said, _ = _ask(state, {"do": "list"})
        for kind, words in said.get("kinds", {}).items():
            print(f"{kind:<14} {words}")
        for on in said.get("on", []):
            print(f"now on: {on['name']} {on['target']}: {on['words']}")
        return
    try:
        seconds = parse_duration(runs_for).total_seconds() if runs_for is not None else None
    except PydanticCustomError as problem:
        _fail(f"--for: {problem.message()}", 2)
    if name == "clear":
        said, _ = _ask(state, {"do": "clear", "name": target})
    else:
        said, _ = _ask(state, {"do": "fault", "name": name, "target": target, "seconds": seconds})
    if not said.get("ok"):
        _fail(str(said.get("text", "the demo did not understand")), 2)
    print(said["text"])


def status(state: StateDirectory = None) -> None:
    """What the running demo simulates, and where its Prometheus is."""
    said, directory = _ask(state, {"do": "status"})
    for key, value in said.items():
        if key != "ok":
            print(f"{key.replace('_', ' ')}: {value}")
    address = directory / "prometheus.address"
    if address.is_file():
        print(f"prometheus: {address.read_text().strip()}")
