"""The dashboards as code: `python -m deploy.grafana.builders` writes them, and the page that lists their panels.

One module for each dashboard, each with a function `build()`. `look`, `panels` and `board` say how they are made,
`promql` has the expressions that many of them share, `reference` makes docs/reference/dashboards.md. Built with
Grafana's own grafana-foundation-sdk, which is needed for nothing else: an agent runs without it.
"""

import warnings

# Classic v1 on purpose: Grafana 9 to 13 read it, and later ones turn it into v2 themselves.
warnings.filterwarnings("ignore", message="Prefer using dashboardv2", category=DeprecationWarning)
