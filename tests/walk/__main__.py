"""The walk by hand.

python -m tests.walk                          a wheel in a fresh environment
python -m tests.walk --deb FILE               the package in a fresh Debian 12 (root, debootstrap)
python -m tests.walk --deb FILE --root DIR    ... in one that is there already
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.walk.places import bootstrap, debian, environment
from tests.walk.steps import PROGRAMS, Walk

PROJECT = Path(__file__).resolve().parents[2]


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.walk", description=__doc__)
    arguments.add_argument("--deb", type=Path, help="a package that deploy/debian/build made")
    arguments.add_argument("--root", type=Path, help="a Debian to install it in; made fresh without one")
    given = arguments.parse_args()
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    programs = {name: Path(found) for name in PROGRAMS if (found := shutil.which(name, path=path))}
    if missing := sorted(set(PROGRAMS) - set(programs)):
        sys.exit(f"walk: not installed: {', '.join(missing)} (make servers)")
    with tempfile.TemporaryDirectory(prefix="hw-walk-") as made:
        folder = Path(made)
        if given.deb is None:
            place = environment(PROJECT, folder)
        else:
            root = given.root or folder / "root"
            if given.root is None:
                print("making a Debian: a minute or two", flush=True)
                bootstrap(root)
            place = debian(given.deb, root)
        with place as there:
            Walk(there, programs, folder, PROJECT, lambda line: print(line, flush=True)).go()
        print("removed as it should be")


if __name__ == "__main__":
    main()
