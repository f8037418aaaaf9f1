"""Coverage-guided runs of the harnesses: each in a process of its own, with what it finds told and kept.

The codec is instrumented while it is imported, so nothing here may import it, or a harness, before that.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import logging
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HARNESSES = ("answers_v2c", "answers_v3", "fetches", "walks")
ROOT = Path(__file__).resolve().parents[2]
INSTALL = "atheris is not installed: `pip install -e .[fuzz]` (it has wheels for Linux on x86-64, Python 3.11 to 3.13)"
FOUND, NOTHING_FOUND, CANNOT = 1, 0, 2
_LONGEST_INPUT = 2048  # octets: more than one Ethernet frame tells nothing new
_SLOWEST_INPUT_SECONDS = 20  # of wall clock, on a busy machine: a check takes well below one
_SLACK_SECONDS = 120  # for starting, for seeds, and for the last input


@dataclass(frozen=True)
class Result:
    """What came of one harness' run."""

    harness: str
    executions: int
    inputs: list[Path]  # that fail
    output: str
    status: int

    @property
    def failed(self) -> bool:
        return bool(self.inputs) or self.status != 0

    def __str__(self) -> str:
        if not self.failed:
            return f"{self.harness}: {self.executions:,} executions, nothing found"
        lines = [f"{self.harness}: {self.executions:,} executions, FAILED (status {self.status})"]
        lines += [self.output.rstrip()[-4000:]] if not self.inputs else _traceback(self.output)
        for path in self.inputs:
            lines += [f"  input: {path}", f"  hex:   {path.read_bytes().hex()}"]
        return "\n".join(lines)


def _traceback(output: str) -> list[str]:
    """From the exception to where libFuzzer begins to speak of it."""
    found = re.search(r"=== Uncaught Python exception: ===\n(.*?)^==\d+==", output, re.DOTALL | re.MULTILINE)
    return ["  " + line for line in found[1].rstrip().splitlines()] if found else []


def lead(harness: str, words: Sequence[str]) -> int:
    """What a harness' own `main` does."""
    return main([*words, harness])


def main(words: Sequence[str]) -> int:
    """`python -m tests.fuzz`: the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the SNMP codec with atheris.")
    parser.add_argument("harness", nargs="*", help=f"which (all of them): {', '.join(HARNESSES)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each harness (60)")
    parser.add_argument("--corpus", type=Path, help="a folder that keeps the inputs worth keeping (a temporary one)")
    chosen = parser.parse_args(words)
    unknown = sorted(set(chosen.harness) - set(HARNESSES))
    if unknown:
        parser.error(f"no such harness: {', '.join(unknown)}")
    if importlib.util.find_spec("atheris") is None:
        print(INSTALL, file=sys.stderr)
        return CANNOT
    folder = chosen.corpus or Path(tempfile.mkdtemp(prefix="hartwatch-fuzz-"))
    failed = False
    for harness in chosen.harness or HARNESSES:
        result = run(harness, chosen.seconds, folder)
        print(result, flush=True)
        failed |= result.failed
    if chosen.corpus is None and not failed:
        shutil.rmtree(folder)  # inputs that fail outlive us, or nobody could look at them
    return FOUND if failed else NOTHING_FOUND


def run(harness: str, seconds: int, folder: Path) -> Result:
    """One harness in a process of its own: libFuzzer ends its process when it finds something."""
    corpus, findings = (folder / harness).resolve(), (folder / "findings" / harness).resolve()
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    known = set(findings.iterdir())
    command = [sys.executable, "-m", "tests.fuzz.campaign", harness, str(seconds), str(corpus), str(findings)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds + _SLACK_SECONDS
        )
        output, status = done.stdout.decode("utf-8", "replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        output, status = (late.output or b"").decode("utf-8", "replace"), -1
    counted = re.findall(r"stat::number_of_executed_units:\s*(\d+)", output) or re.findall(r"^#(\d+)", output, re.M)
    found = sorted(set(findings.iterdir()) - known)
    return Result(harness, int(counted[-1]) if counted else 0, found, output, status)


def _inside(harness: str, seconds: str, corpus: str, findings: str) -> None:
    """In the process of its own. Does not return: libFuzzer exits."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["collectors"]):
        importlib.import_module("collectors.snmp.engine")
    module = importlib.import_module(f"tests.fuzz.{harness}")
    logging.disable()  # what the code warns of, a hostile device makes it warn of at every input
    for seed in module.corpus():
        name = hashlib.sha256(seed).hexdigest()[:40]
        (Path(corpus) / name).write_bytes(seed)
    options = {
        "max_total_time": seconds,
        "artifact_prefix": f"{findings}/",
        "max_len": _LONGEST_INPUT,
        "timeout": _SLOWEST_INPUT_SECONDS,
        "print_final_stats": 1,
    }
    atheris.Setup([harness, corpus, *(f"-{name}={value}" for name, value in options.items())], module.check)
    atheris.Fuzz()


if __name__ == "__main__":
    _inside(*sys.argv[1:])
