"""The command `hartwatch`: one module per group of commands, imported only when it is used, so that `--help` is quick."""

from __future__ import annotations

import importlib
import sys

import typer

app = typer.Typer(name="hartwatch", no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)

# Module (in this folder) -> commands it registers by its `register(app)` function.
COMMANDS = (
    "look",  # try, record, lint, coverage
    "estate",  # inventory check|schema|diff
    "shell",  # ssh trust|list
    "serve",  # run, check
    "demonstrate",  # demo, demo fault
    "papers",  # report, outages, register
)


def main() -> None:
    """Entry point: status 0 done, 1 a problem was found, 2 wrong usage or configuration, 130 interrupted."""
    for module in COMMANDS:
        importlib.import_module(f"agent.cli.{module}").register(app)
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
