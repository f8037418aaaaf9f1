"""A look at the layout of a dashboard without Grafana: `python -m deploy.grafana.preview`. It is not Grafana.

agent.demo.asking fills variables and asks a Prometheus, `frames` does what the panels' transformations do, `drawing`
draws panels on Grafana's grid of 24 columns.
"""
