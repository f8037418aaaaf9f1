"""The command `hartwatch`: one module per group of commands, and only the one that is used is imported."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import NoReturn

import typer

from agent.rest import READING

# Module (in this folder) -> the commands its `register(app)` adds.
COMMANDS: dict[str, tuple[str, ...]] = {
    "serve": ("run", "check"),
    "look": ("try", "record", "lint", "coverage"),
    "estate": ("inventory",),
    "channels": ("channels",),
    "configure": ("config",),
    "discover": ("discover",),
    "neighbours": ("neighbours",),
    "shell": ("ssh",),
    "demonstrate": ("demo",),
    "outages": ("outages",),
    "availability": ("availability", "period", "redundancy", "readiness"),
    "papers": ("report", "metrics"),
    "register": ("register",),
    "programme": ("programme",),
    "ledger": ("ledger",),
    "maintenance": ("maintenance",),
    "notices": ("notices",),
    "backup": ("backup", "restore"),
    "users": ("user",),
    "audit": ("audit",),
}

# They read the whole of a ledger, answer and end, with nothing left to write.
BRIEF = ("register", "programme")


def application(*modules: str) -> typer.Typer:
    """The command with the groups of these modules; of all where none is named."""
    app = typer.Typer(
        name="hartwatch",
        help="Watches infrastructure: polls devices, exports Prometheus metrics, keeps outages and hardware on record.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
    )
    for module in modules or COMMANDS:
        importlib.import_module(f"agent.cli.{module}").register(app)
    # A second command keeps typer from taking the only one as the program itself.
    app.command("version")(version)
    return app


def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    print(installed("hartwatch"))


def main() -> None:
    """Entry point: status 0 done, 1 a problem was found, 2 wrong usage or configuration, 130 interrupted."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    modules = [module for module, commands in COMMANDS.items() if wanted in commands]
    # A hundred thousand flips are looked through again and again for garbage that is not there: a third of the time.
    if wanted in BRIEF:
        gc.disable()
    else:
        gc.set_threshold(*READING)
    try:
        application(*modules)()
    except KeyboardInterrupt:
        sys.exit(130)
    except SystemExit as ending:
        if wanted in BRIEF and isinstance(ending.code, int):
            _end(ending.code)
        raise


def _end(status: int) -> NoReturn:
    """End at once: to take a million objects apart one by one, when the answer is printed, is a tenth of the time."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # whoever read it has seen enough: `hartwatch register | head`
        status = 1
    os._exit(status)
