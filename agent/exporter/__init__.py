"""Prometheus pages: what devices last said and how the agent itself is, rendered when somebody asks."""
