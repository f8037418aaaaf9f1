"""The man page of `hartwatch` in roff, written from the commands themselves: manual.py DATE > hartwatch.1"""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from typing import Any

import typer.main

from agent.cli import application

FILES = {
    "/etc/hartwatch/inventory.yaml": "The estate to watch. The service starts once it is there.",
    "/etc/hartwatch/hartwatch.yaml": "Settings of the agent itself.",
    "/etc/hartwatch/environment": "Secrets for the service, NAME=value, read by the service manager only.",
    "/var/lib/hartwatch": "The ledger, pinned SSH host keys, imported notices, papers.",
}


def text(words: str) -> str:
    """Words as roff: no line begins a request, and a hyphen is the one that is typed."""
    plain = re.sub(r"\s+", " ", words or "").strip().replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain[:1] in (".", "'") else plain


def options(command: Any) -> list[str]:
    lines = []
    for parameter in command.params:
        if getattr(parameter, "hidden", False) or parameter.name in ("help", "install_completion", "show_completion"):
            continue
        names = [*parameter.opts, *parameter.secondary_opts]
        shown = ", ".join(names) if parameter.param_type_name == "option" else parameter.name.upper()
        lines += [".TP", f".B {text(shown)}", text(getattr(parameter, "help", "") or "") or "\\&"]
    return lines


def commands(command: Any, words: str = "hartwatch") -> list[str]:
    if not getattr(command, "commands", None):
        return [f".SS {text(words)}", text(command.help), *options(command)]
    lines = [f".SS {text(words)}", text(command.help)] if words != "hartwatch" else []
    for name, inner in sorted(command.commands.items()):
        lines += commands(inner, f"{words} {name}")
    return lines


def page(day: str) -> str:
    command = typer.main.get_command(application())
    lines = [
        f'.TH HARTWATCH 1 "{day}" "hartwatch {version("hartwatch")}" "User Commands"',
        ".SH NAME", "hartwatch \\- infrastructure and network health agent",
        ".SH SYNOPSIS", ".B hartwatch", ".I COMMAND", "[OPTIONS] ...",
        ".SH DESCRIPTION", text(command.help or ""),
        ".PP", "Every command tells of itself with", ".BR \\-\\-help .",
        ".SH COMMANDS", *commands(command),
        ".SH FILES", *(line for path, words in FILES.items() for line in (".TP", f".I {path}", text(words))),
        ".SH EXIT STATUS", text("0 done, 1 a problem was found, 2 wrong usage or configuration. `hartwatch check` has "
                                "the statuses of a Nagios plugin."),
        ".SH SEE ALSO", "/usr/share/doc/hartwatch/index.md",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page(sys.argv[1]))
