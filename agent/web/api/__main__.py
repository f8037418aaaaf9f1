"""`python -m agent.web.api openapi | page`: the kept copies of the API's description."""

from __future__ import annotations

import json
import sys

from agent.web.api.openapi import document, page

if sys.argv[1:] == ["page"]:
    print(page(), end="")
else:
    print(json.dumps(document(), indent=1, ensure_ascii=False))
