"""Prometheus beside a demo: a process that never outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

STOP_SECONDS = 5.0
PR_SET_PDEATHSIG = 1


def die_with_parent() -> Callable[[], None] | None:
    """What a child runs first on Linux, so that the kernel ends it when we are killed; None elsewhere."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return tie


async def _wait_or_kill(process: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def free_port() -> int:
    """A TCP port of loopback that is free just now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class PrometheusProcess:
    """A Prometheus of the demo's own, scraping the agent; `address` when it runs."""

    def __init__(self, directory: Path, agent: str, rules: Path | None = None) -> None:
        """`agent` is host:port of the agent's pages."""
        self._directory, self._agent, self._rules = directory, agent, rules
        self._process: asyncio.subprocess.Process | None = None
        self.address = ""

    @staticmethod
    def installed() -> bool:
        return shutil.which("prometheus") is not None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def start(self, scrape_seconds: int = 15) -> None:
        """Start it; that it came up is not waited for, the demo does not need it."""
        self._directory.mkdir(exist_ok=True)
        config = self._directory / "prometheus.yml"
        config.write_text(json.dumps(self._config(scrape_seconds), indent=1))  # JSON is YAML
        port = free_port()
        with (self._directory / "prometheus.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={self._directory / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--storage.tsdb.retention.time=6h",
                "--log.level=warn",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )
        self.address = f"http://127.0.0.1:{port}"

    def _config(self, seconds: int) -> dict[str, Any]:
        relabel = [
            {"source_labels": ["__meta_hartwatch_site"], "target_label": "target_site"},
            {"source_labels": ["__meta_hartwatch_class"], "target_label": "target_class"},
        ]
        config: dict[str, Any] = {
            "global": {"scrape_interval": f"{seconds}s", "scrape_timeout": "10s", "evaluation_interval": f"{seconds}s"},
            "scrape_configs": [
                {
                    "job_name": "snmp-hartwatch",
                    "http_sd_configs": [{"url": f"http://{self._agent}/sd/prometheus", "refresh_interval": "30s"}],
                    "relabel_configs": relabel,
                },
                {
                    "job_name": "hartwatch",
                    "metrics_path": "/agent/metrics",
                    "static_configs": [{"targets": [self._agent], "labels": {"instance": "hartwatch"}}],
                },
            ],
        }
        if self._rules is not None and self._rules.is_dir():
            config["rule_files"] = [str(self._rules.absolute() / "*.yml")]
        return config

    async def stop(self) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await _wait_or_kill(self._process)
