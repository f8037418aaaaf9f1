"""`python -m tests.fuzz [--seconds 60] [--corpus FOLDER] [HARNESS ...]`: fuzz the SNMP codec.

The status is 0 when nothing was found, 1 with the input when something was, 2 where atheris is not installed.
"""

from __future__ import annotations

import sys

from tests.fuzz.campaign import main

sys.exit(main(sys.argv[1:]))
