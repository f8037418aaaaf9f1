"""The layers: which module may import what. The rules are .importlinter's; what a linter cannot say is said here."""

from __future__ import annotations

import ast
import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )


def contracts(root: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(root / ".importlinter", encoding="utf-8")
    return parser


def names(root: Path, contract: str, option: str) -> list[str]:
    lines = contracts(root)[f"importlinter:contract:{contract}"][option].splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith(";")]


def test_every_contract_is_kept(root: Path) -> None:
    result = lint(root)
    assert result.returncode == 0, result.stdout


# One planted line per contract: a rule that cannot be broken protects nothing.
BREACHES = {
    "arrow": ("collectors/planted.py", "import agent.facts\n"),
    "face": ("agent/planted.py", "import collectors.snmp.engine\n"),
    "network": ("collectors/planted.py", "import socket\n"),
    "pure": ("agent/health/held.py", "import time\n"),
    "readers": ("agent/exporter/planted.py", "import agent.web\n"),
    "facts": ("agent/web/planted.py", "import agent.ledger.write\n"),
}


def test_every_contract_has_a_breach(root: Path) -> None:
    named = {section.rpartition(":")[2] for section in contracts(root).sections() if ":contract:" in section}
    assert named == set(BREACHES)


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_is_found(contract: str, root: Path, tmp_path: Path) -> None:
    for package in ("agent", "collectors"):
        shutil.copytree(root / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / ".importlinter", tmp_path)
    (tmp_path / "collectors" / "planted.py").touch()
    where, line = BREACHES[contract]
    target = tmp_path / where
    target.write_text(target.read_text() + "\n" + line if target.exists() else line)
    result = lint(tmp_path)
    assert result.returncode != 0
    name = contracts(root)[f"importlinter:contract:{contract}"]["name"]
    assert f"{name} BROKEN" in result.stdout


# ---------------------------------------------------------------- sockets by way of asyncio
ASYNCIO_SOCKETS = {
    "open_connection", "open_unix_connection", "create_connection", "create_datagram_endpoint", "create_server",
    "start_server", "sock_connect", "sock_sendto",
}  # fmt: skip
MAY_OPEN_SOCKETS = (
    "collectors.snmp", "collectors.ssh", "collectors.probe", "agent.selfcheck", "agent.demo", "agent.web.listening",
)  # fmt: skip


def opens_sockets(tree: ast.Module) -> set[str]:
    """Network calls that an import contract cannot see, because asyncio is also for waiting."""
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {func.attr for func in called if isinstance(func, ast.Attribute)} & ASYNCIO_SOCKETS


def test_sockets_are_opened_by_sessions_the_self_check_the_http_side_and_the_demo_only(root: Path) -> None:
    opened = {name: calls for name, tree in modules(root) if (calls := opens_sockets(tree))}
    assert any(name.startswith("collectors.probe") for name in opened)
    strangers = {name for name in opened if not any(f"{name}.".startswith(f"{may}.") for may in MAY_OPEN_SOCKETS)}
    assert not strangers


# ---------------------------------------------------------------- readers
READING = {
    "LedgerError",
    "LedgerUnusable",
    "Outbox",
    "Pending",
    "read",
}  # of agent.ledger's names, those that write no fact


def taken_from_the_ledger(tree: ast.Module) -> set[str]:
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "agent.ledger"
        for alias in node.names
    }


def test_readers_take_nothing_that_writes_facts_from_the_ledger(root: Path) -> None:
    readers = names(root, "facts", "source_modules")
    taken = {
        name: found
        for name, tree in modules(root)
        if any(name == reader or name.startswith(f"{reader}.") for reader in readers)
        if (found := taken_from_the_ledger(tree) - READING)
    }
    assert not taken
    assert taken_from_the_ledger(ast.parse("from agent.ledger import Writer, read")) - READING == {"Writer"}


# ---------------------------------------------------------------- modules that call themselves pure
CLOCKS_AND_FILES = {"now", "today", "utcnow", "open", "read_text", "read_bytes", "write_text", "write_bytes"}

# Data that comes with a package, the same on every machine, read once and kept: part of the program, not of the world.
SHIPPED_DATA = {
    "collectors.decode.identity": "collectors/families/__vendors.yaml and __classes.yaml",
    "collectors.plugins.templates": "the templates of ntc-templates",
}

# Modules that import others only for the classes of the values they are given.
TYPES_ONLY = {"agent.figures": "the statistics of pipeline, schedule, ledger and alerts, which it turns into samples"}


def modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for package in ("agent", "collectors"):
        for path in sorted((root / package).rglob("*.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def claims_to_be_pure(tree: ast.Module) -> bool:
    """The docstring's first line says "Pure." ("Pure but for ..." is a claim to less)."""
    first = (ast.get_docstring(tree) or "").partition("\n")[0]
    return re.search(r"\bPure[.:;]", first) is not None


def reads_clock_or_files(tree: ast.Module) -> list[str]:
    """Calls by which the world comes in without an import that a contract would see."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in CLOCKS_AND_FILES:
                found.append(f"line {node.lineno}: {called}()")
    return found


def test_what_calls_itself_pure_reads_no_clock_and_no_file(root: Path) -> None:
    pure = [(name, tree) for name, tree in modules(root) if claims_to_be_pure(tree) and name not in SHIPPED_DATA]
    assert pure
    assert {name: calls for name, tree in pure if (calls := reads_clock_or_files(tree))} == {}


def test_what_calls_itself_pure_reaches_nothing_impure(root: Path) -> None:
    graph = grimp.build_graph(
        "agent", "collectors", include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )
    forbidden = [name for name in names(root, "pure", "forbidden_modules") if name in graph.modules]
    chains = [
        " > ".join(chain)
        for name, tree in modules(root)
        if claims_to_be_pure(tree) and name not in TYPES_ONLY
        for bad in forbidden
        if (chain := graph.find_shortest_chain(name, bad))
    ]
    assert not chains, chains


def test_what_the_contract_calls_pure_says_so_itself(root: Path) -> None:
    claims = {name: claims_to_be_pure(tree) for name, tree in modules(root)}
    assert [name for name in names(root, "pure", "source_modules") if not claims[name]] == []


def test_reading_a_clock_or_a_file_is_seen() -> None:
    tree = ast.parse("from datetime import UTC, datetime\nx = datetime.now(UTC)\ny = open('z')\n")
    assert reads_clock_or_files(tree) == ["line 2: now()", "line 3: open()"]
