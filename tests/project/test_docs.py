"""Documentation that can be wrong is run: links, commands, targets, inventories, the worked device family."""

from __future__ import annotations

import asyncio
import importlib
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.core
import typer.main
import yaml

from agent.cli import COMMANDS
from agent.inventory import load
from collectors import Cadence, Memory, Replay, SnmpAccess, Target, collect, load_profiles
from tests.families.test_recordings import told

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


# What may stand before our command: who runs it, with what, and where. `systemctl start hartwatch` is none of ours.
BEFORE = re.compile(
    r"^\s*(\$ )?((sudo( -u \S+)?|[A-Z_]+=\S*|time|docker exec \S+|kubectl .*exec \S+ --)\s+)*(\S*/)?(?=hartwatch\s)"
)


def relative(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def anchors(page: Path) -> set[str]:
    """The anchors a Markdown renderer makes of a page's headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# ---------------------------------------------------------------- links
@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{relative(page)}: {link}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{relative(page)}: {link}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        for link in LINK.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
            path = link.partition("#")[0]
            if path and not re.match(r"[a-z]+:", path):
                waiting.append((page.parent / path).resolve())
    lost = [relative(page) for page in PAGES if page not in seen]
    assert not lost, lost


# ---------------------------------------------------------------- commands
@cache
def commands() -> typer.core.TyperGroup:
    """The whole command line, put together as `agent.cli.main` does it."""
    app = typer.Typer()
    for module in COMMANDS:
        importlib.import_module(f"agent.cli.{module}").register(app)
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return group


def spoken() -> Iterator[tuple[str, list[str]]]:
    """Every command line that a page tells people to type, or names in running text as `hartwatch ...`."""
    for page in PAGES:
        for body in (*blocks(page, "sh"), *blocks(page, "")):
            for line in body.splitlines():
                words = line.partition(" #")[0].split("|")[0].split(">")[0]
                if BEFORE.sub("", words).startswith("hartwatch ") or words.startswith("make "):
                    yield relative(page), shlex.split(BEFORE.sub("", words))
        prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
        for inline in re.findall(r"`((?:hartwatch|make) [^`]+)`", prose):
            yield relative(page), shlex.split(inline.replace("...", "X"))


SPOKEN = sorted({(page, tuple(words)) for page, words in spoken()})


@pytest.mark.parametrize(("page", "words"), SPOKEN, ids=[f"{p}: {' '.join(w)}" for p, w in SPOKEN])
def test_commands_in_the_documentation_exist(page: str, words: tuple[str, ...]) -> None:
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert [w for w in words[1:] if "=" not in w and w not in targets] == []
        return
    at = next(i for i, word in enumerate(words) if word.rpartition("/")[2] == "hartwatch")
    command: Any = commands()
    rest = list(words[at + 1 :])
    # Down the groups: `hartwatch inventory check FILE` is the command `check` of the group `inventory`. Alternatives
    # are written `check|schema`.
    while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
        name = rest.pop(0)
        for alternative in name.split("|"):
            assert alternative in command.commands, f"{page}: there is no command {' '.join(words)}"
        command = command.commands[name.split("|")[0]]
        if getattr(command, "invoke_without_command", False) and rest and rest[0] not in command.commands:
            break
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    for word in rest:
        if word.startswith("--"):
            assert word.partition("=")[0] in options | {"--help"}, f"{page}: {' '.join(words)}: no option {word}"


def test_make_help_lists_every_target_that_the_readme_names(root: Path) -> None:
    shown = subprocess.run(["make", "-s", "help"], cwd=root, capture_output=True, text=True, check=True).stdout
    for target in ("demo", "test"):
        assert f"make {target}" in shown


# ---------------------------------------------------------------- examples
EXAMPLES = [(page, body) for page in PAGES for body in blocks(page, "yaml") if body.startswith("# inventory.yaml")]


@pytest.mark.parametrize(("page", "body"), EXAMPLES, ids=[relative(page) for page, _ in EXAMPLES])
def test_inventories_in_the_documentation_are_valid(page: Path, body: str, tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(body, encoding="utf-8")
    assert load(path).devices


def test_the_worked_device_family_gives_what_its_page_says(root: Path, tmp_path: Path) -> None:
    page = root / "docs" / "add-a-device.md"
    profile, expected_text = blocks(page, "yaml")
    (recording,) = blocks(page, "")
    name = yaml.safe_load(profile)["profile"]
    (tmp_path / f"{name}.yaml").write_text(profile, encoding="utf-8")
    (tmp_path / "rack-2.snmprec").write_text(recording, encoding="utf-8")

    target = Target(name="rack", address=str(tmp_path / "rack-2.snmprec"), snmp=SnmpAccess())
    visit = asyncio.run(collect(target, Cadence.INVENTORY, Replay(), Memory(), load_profiles(tmp_path)))

    assert visit.profile == name
    assert told(visit) == yaml.safe_load(expected_text)
