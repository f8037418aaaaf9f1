"""A real Alertmanager on loopback, and what it tells whom: a sink for its webhooks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from agent.ledger import Ledger


@dataclass
class Sink:
    """Takes what is posted to it over HTTP, and answers 200 (or `status`)."""

    port: int
    status: int = 200
    bodies: list[dict[str, Any]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = [line.partition(":") for line in head.decode().lower().split("\r\n")]
                length = int(next((value for name, _, value in fields if name == "content-length"), "0"))
                body = await reader.readexactly(length)
                self.bodies.append(json.loads(body or b"{}"))
                writer.write(f"HTTP/1.1 {self.status} said\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def notified(self, status: str = "firing") -> list[tuple[str, str]]:
        """(alertname, subject) of the alerts of each notification of Alertmanager that has any of this status."""
        return [
            (alert["labels"]["alertname"], alert["labels"].get("subject", ""))
            for body in self.bodies
            for alert in body.get("alerts", ())
            if alert["status"] == status
        ]


@pytest.fixture
async def sink(free_port: Callable[[], int]) -> AsyncIterator[Sink]:
    made = Sink(free_port())
    server = await asyncio.start_server(made.serve, "127.0.0.1", made.port)
    yield made
    server.close()


class Server:
    """One prometheus-alertmanager, that may be stopped and started again with what it kept."""

    def __init__(self, program: Path, folder: Path, port: int, sink: int) -> None:
        self.url, self._port, self._program, self._folder = f"http://127.0.0.1:{port}", port, program, folder
        self._process: subprocess.Popen[bytes] | None = None
        config = {
            "route": {"receiver": "sink", "group_by": ["alertname", "subject"], "group_wait": "100ms",
                      "group_interval": "300ms", "repeat_interval": "1h"},
            "receivers": [
                {"name": "sink", "webhook_configs": [{"url": f"http://127.0.0.1:{sink}/", "send_resolved": True}]}
            ],
        }  # fmt: skip
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, f"--config.file={self._folder / 'alertmanager.yml'}",
             f"--storage.path={self._folder / 'data'}", f"--web.listen-address=127.0.0.1:{self._port}",
             "--cluster.listen-address="],
            cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/-/ready").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        pytest.fail("prometheus-alertmanager does not get ready")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def silences(self, *states: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/api/v2/silences").json()
        return [one for one in found if one["status"]["state"] in (states or ("active", "pending"))]

    def alerts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/api/v2/alerts").json()
        return found


@pytest.fixture
def alertmanager(
    server: Callable[[str], Path], tmp_path: Path, free_port: Callable[[], int], sink: Sink
) -> Iterator[Server]:
    folder = tmp_path / "alertmanager"
    folder.mkdir()
    made = Server(server("prometheus-alertmanager"), folder, free_port(), sink.port)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def opened() -> Iterator[Callable[..., Ledger]]:
    made: list[Ledger] = []

    def open_at(place: Path, **more: Any) -> Ledger:
        made.append(Ledger.open(place, "agent-1", **more))
        return made[-1]

    yield open_at
    for ledger in made:
        ledger.close()
