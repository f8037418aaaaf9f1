"""Make a Debian package of this work tree: the wheel and its locked dependencies below /opt/hartwatch, and a service.

    deploy/debian/build --out dist                       dependencies by pip, each as its hash in requirements/run.txt
    deploy/debian/build --out dist --installed FOLDER    dependencies copied from a site-packages folder: no network

Nothing is fetched when the package is installed. /opt/hartwatch is laid out as `python -m venv` lays an environment
out, so that worker processes find what the agent finds. With SOURCE_DATE_EPOCH the same tree gives the same package.
"""

# ruff: noqa: S603, S607 - the programs that a build runs are its own and Debian's, by their known names

from __future__ import annotations

import argparse
import base64
import csv
import gzip
import hashlib
import importlib.metadata
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
EXTRAS = ("postgres", "vault", "netbox")
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
HOME = Path("opt/hartwatch")
PACKAGES = HOME / "lib" / f"python{MINOR}" / "site-packages"
DOCUMENTS = Path("usr/share/doc/hartwatch")
# What the compiled parts of our dependencies are linked against (NEEDED), and the interpreter they are for;
# time zones, which Python leaves to the system; kill(1) for a reload.
DEPENDS = (
    f"python{MINOR}", "libc6 (>= 2.34)", "libgcc-s1", "libstdc++6", "tzdata", "procps",
    "systemd | systemd-standalone-sysusers",
    "systemd | systemd-standalone-tmpfiles",
)  # fmt: skip
SUMMARY = "infrastructure and network health agent"
DESCRIPTION = """\
Hartwatch polls network devices, servers, storage and power over SNMP and
SSH, exports Prometheus metrics, and keeps a ledger of outages and a register
of hardware.
.
This package brings its own Python libraries below /opt/hartwatch, at the
versions that it was tested with. The service starts once there is an
inventory at /etc/hartwatch/inventory.yaml."""


def main() -> None:
    arguments = argparse.ArgumentParser(prog="deploy/debian/build", description="Make a Debian package of this tree.")
    arguments.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the package (dist)")
    arguments.add_argument("--wheel", type=Path, help="a wheel of Hartwatch; built from this tree without one")
    arguments.add_argument("--installed", type=Path, help="take dependencies from this site-packages folder")
    arguments.add_argument("--maintainer", default="Hartwatch <hartwatch@hartwatch.example>", help="NAME <ADDRESS>")
    arguments.add_argument(
        "--compress", choices=("xz", "zstd", "gzip"), default="xz", help="xz is smallest and slowest"
    )
    given = arguments.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hartwatch-deb-") as folder:
        work = Path(folder)
        wheel = given.wheel or built(work / "wheel")
        tree = work / "tree"
        lay_out(tree, wheel, given.installed or installed(work / "environment"))
        print(packed(tree, given.out, wheel, given.maintainer, given.compress))


def refuse(message: str) -> None:
    sys.exit(f"build: {message}")


def epoch() -> int:
    """When this is said to be built: SOURCE_DATE_EPOCH, else the last commit, else now."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    said = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(said.stdout) if said.returncode == 0 and said.stdout.strip() else int(datetime.now(UTC).timestamp())


# ---------------------------------------------------------------- the wheel and what it needs
def built(to: Path) -> Path:
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(to)]
    subprocess.run(
        words, cwd=ROOT, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch())}, check=True, stdout=sys.stderr
    )
    return next(to.glob("*.whl"))


def installed(to: Path) -> Path:
    """A fresh environment with the locked dependencies, every one checked against its hash."""
    subprocess.run([sys.executable, "-m", "venv", str(to)], check=True)
    pip = [str(to / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    lock = str(ROOT / "requirements" / "run.txt")
    subprocess.run([*pip, "--require-hashes", "--only-binary=:all:", "-r", lock], check=True, stdout=sys.stderr)
    return next((to / "lib").glob("python*/site-packages"))


def pins() -> dict[str, set[str]]:
    """Package > its versions in the lock (more than one where Pythons differ)."""
    text = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def needed(wheel: Path, site: Path) -> list[importlib.metadata.Distribution]:
    """What the wheel needs to run, and what that needs; all as the lock pins it."""
    there = {canonicalize_name(one.metadata["Name"]): one for one in importlib.metadata.distributions(path=[str(site)])}
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(name).decode()
    wanted = [Requirement(line) for line in re.findall(r"^Requires-Dist: (.*)$", text, re.MULTILINE)]
    waiting = [(one, EXTRAS) for one in wanted]
    locked, found = pins(), {}
    seen: set[str] = set()
    while waiting:
        requirement, extras = waiting.pop()
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            continue
        key = canonicalize_name(requirement.name)
        if (again := f"{key}[{','.join(sorted(requirement.extras))}]") in seen:
            continue
        seen.add(again)
        if key not in there:
            refuse(f"{requirement.name} is wanted and not in {site}")
        if there[key].version not in locked.get(key, set()):
            refuse(f"{requirement.name} {there[key].version} is installed, and the lock says {locked.get(key)}")
        found[key] = there[key]
        waiting += [(Requirement(line), tuple(requirement.extras)) for line in there[key].requires or ()]
    return [found[key] for key in sorted(found)]


def files_of(distribution: importlib.metadata.Distribution) -> Iterator[tuple[Path, bytes]]:
    """A distribution's files below site-packages, each as its RECORD says."""
    record = distribution.read_text("RECORD")
    if record is None:
        refuse(f"{distribution.metadata['Name']} has no RECORD: it was not installed by pip")
    for name, said, _ in csv.reader((record or "").splitlines()):
        path = Path(name)
        unwanted = path.suffix == ".pyc" or path.name in (
            ".DS_Store",
            "RECORD",
            "INSTALLER",
            "REQUESTED",
            "direct_url.json",
        )
        if path.is_absolute() or ".." in path.parts or unwanted:
            continue  # scripts in bin/, byte code, and what only says how it was installed
        text = Path(str(distribution.locate_file(name))).read_bytes()
        kind, _, digest = said.partition("=")
        if kind and base64.urlsafe_b64encode(hashlib.new(kind, text).digest()).rstrip(b"=").decode() != digest:
            refuse(f"{name} is not as {distribution.metadata['Name']} brought it: install it anew")
        yield path, text


# ---------------------------------------------------------------- the tree
def put(tree: Path, at: Path, text: str | bytes, mode: int = 0o644) -> None:
    path = tree / at
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)


def lay_out(tree: Path, wheel: Path, site: Path) -> None:
    """Everything that the package installs."""
    for distribution in needed(wheel, site):
        for path, text in files_of(distribution):
            put(tree, PACKAGES / path, text)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith(("/", ".dist-info/RECORD")):
                put(tree, PACKAGES / name, archive.read(name))
    settings = f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {MINOR}\n"
    put(tree, HOME / "pyvenv.cfg", settings)
    put(tree, HOME / "bin" / "hartwatch", (HERE / "hartwatch.in").read_text(), 0o755)
    (tree / HOME / "bin" / "python3").symlink_to(f"/usr/bin/python{MINOR}")
    _compile(tree)
    systemd = ROOT / "deploy" / "systemd"
    put(tree, Path("lib/systemd/system/hartwatch.service"), (systemd / "hartwatch.service").read_text())
    put(tree, Path("usr/lib/sysusers.d/hartwatch.conf"), (systemd / "hartwatch.sysusers").read_text())
    put(tree, Path("usr/lib/tmpfiles.d/hartwatch.conf"), (systemd / "hartwatch.tmpfiles").read_text())
    put(tree, Path("etc/hartwatch/hartwatch.yaml"), (HERE / "hartwatch.yaml").read_text())
    put(tree, Path("etc/hartwatch/environment"), (HERE / "environment").read_text(), 0o600)
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/hartwatch").symlink_to("/opt/hartwatch/bin/hartwatch")
    put(tree, Path("usr/share/bash-completion/completions/hartwatch"), completion())
    put(tree, Path("usr/share/man/man1/hartwatch.1.gz"), zipped(manual(tree)))
    put(tree, Path("usr/share/lintian/overrides/hartwatch"), (HERE / "lintian-overrides").read_text())
    _documents(tree)
    for folder in tree.rglob("*"):
        if folder.is_dir():
            folder.chmod(0o755)


def _compile(tree: Path) -> None:
    """Byte code that is not compared with times: the service may not write any, and would compile at every start."""
    words = ["-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s", str(tree), "-p", "/"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    # Some libraries ship files for other Pythons, which do not compile: they are never imported.
    subprocess.run([sys.executable, *words, str(tree / PACKAGES)], env=environment, check=False, stdout=sys.stderr)


def _documents(tree: Path) -> None:
    for path in sorted((ROOT / "docs").rglob("*")):
        if path.suffix in (".md", ".svg", ".png", ".json"):
            put(tree, DOCUMENTS / path.relative_to(ROOT / "docs"), path.read_bytes())
    put(tree, DOCUMENTS / "examples" / "inventory.yaml", (ROOT / "inventory.yaml").read_text())
    for part in ("prometheus", "alertmanager", "grafana"):
        for path in sorted((ROOT / "deploy" / part).rglob("*")):
            if path.is_file() and path.suffix in (".yml", ".yaml", ".json", ".tmpl"):
                put(tree, DOCUMENTS / "examples" / part / path.relative_to(ROOT / "deploy" / part), path.read_bytes())
    put(tree, DOCUMENTS / "copyright", (HERE / "copyright").read_text())
    put(tree, DOCUMENTS / "changelog.gz", zipped((ROOT / "CHANGELOG.md").read_text()))


def zipped(text: str) -> bytes:
    return gzip.compress(text.encode(), 9, mtime=0)


def completion() -> str:
    from typer.completion import get_completion_script

    words = {"prog_name": "hartwatch", "complete_var": "_HARTWATCH_COMPLETE", "shell": "bash"}
    return get_completion_script(**words) + "\n"


def manual(tree: Path) -> str:
    """The man page, from the command itself as it was just laid out."""
    words = [sys.executable, str(HERE / "manual.py"), f"{datetime.fromtimestamp(epoch(), UTC):%Y-%m-%d}"]
    environment = {**os.environ, "PYTHONPATH": str(tree / PACKAGES), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout


# ---------------------------------------------------------------- the package
def packed(tree: Path, out: Path, wheel: Path, maintainer: str, compress: str) -> Path:
    version = re.sub(r"(?<=\d)(a|b|rc|\.dev)(?=\d)", r"~\1", wheel.name.split("-")[1]) + "-1"
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout
    octets = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    when = format_datetime(datetime.fromtimestamp(epoch(), UTC))
    log = f"hartwatch ({version}) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- {maintainer}  {when}\n"
    put(tree, DOCUMENTS / "changelog.Debian.gz", zipped(log))
    control = {
        "Package": "hartwatch", "Version": version, "Architecture": architecture.strip(), "Maintainer": maintainer,
        "Installed-Size": str(octets // 1024), "Depends": ", ".join(DEPENDS), "Recommends": "ca-certificates",
        "Suggests": "prometheus, prometheus-alertmanager, postgresql", "Section": "net", "Priority": "optional",
        "Description": SUMMARY + "\n" + textwrap.indent(DESCRIPTION, " "),
    }  # fmt: skip
    put(tree, Path("DEBIAN/control"), "".join(f"{name}: {value}\n" for name, value in control.items()))
    put(tree, Path("DEBIAN/conffiles"), "/etc/hartwatch/environment\n/etc/hartwatch/hartwatch.yaml\n")
    for script in ("postinst", "prerm", "postrm"):
        put(tree, Path("DEBIAN") / script, (HERE / script).read_text(), 0o755)
    sums = [
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(tree)}\n"
        for path in sorted(tree.rglob("*"))
        if path.is_file() and not path.is_symlink() and not path.is_relative_to(tree / "DEBIAN")
    ]
    put(tree, Path("DEBIAN/md5sums"), "".join(sums))
    file = out / f"hartwatch_{version}_{control['Architecture']}.deb"
    words = ["dpkg-deb", "--root-owner-group", f"-Z{compress}", "--build", str(tree), str(file)]
    subprocess.run(words, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch())}, check=True, stdout=sys.stderr)
    return file


if __name__ == "__main__":
    main()
