"""A real Alertmanager with the shipped configuration, and a sink that keeps what it sends. For tests.

with sink() as (address, got), alertmanager(program, folder, address) as manager: ...
got                     Notification(receiver, status, alerts) in the order in which they came
"""

from __future__ import annotations

import contextlib
import http.server
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "alertmanager"


@dataclass(frozen=True, slots=True)
class Notification:
    receiver: str
    status: str
    alerts: tuple[dict[str, Any], ...]

    @property
    def firing(self) -> list[dict[str, Any]]:
        return [alert for alert in self.alerts if alert["status"] == "firing"]


@contextlib.contextmanager
def sink() -> Iterator[tuple[str, list[Notification]]]:
    """Takes webhooks on loopback: its address, and what came."""
    got: list[Notification] = []

    class Taking(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append(Notification(self.path.strip("/"), body["status"], tuple(body["alerts"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def rewritten(webhooks: str, **faster: str) -> Any:
    """The shipped configuration with every receiver's way replaced by a webhook, and with other waits if given.

    Routes, matchers, hours and inhibition are as they are shipped.
    """
    config = yaml.safe_load((FOLDER / "alertmanager.yml").read_text(encoding="utf-8"))
    for receiver in config["receivers"]:
        resolved = any(
            way.get("send_resolved", False) for ways in receiver.values() if isinstance(ways, list) for way in ways
        )
        name = receiver["name"]
        receiver.clear()
        receiver["name"] = name
        receiver["webhook_configs"] = [{"url": f"{webhooks}/{name}", "send_resolved": resolved}]
    for route in (config["route"], *config["route"]["routes"]):
        route.update({wait: value for wait, value in faster.items() if wait in route or route is config["route"]})
    return config


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def alertmanager(program: Path, folder: Path, webhooks: str, **faster: str) -> Iterator[str]:
    """A running Alertmanager, by its address. It has no cluster: it tells without waiting for others."""
    shutil.copytree(FOLDER / "templates", folder / "templates")
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(rewritten(webhooks, **faster), sort_keys=False))
    address = f"127.0.0.1:{free_port()}"
    with (folder / "alertmanager.log").open("wb") as log, subprocess.Popen(
        [program, f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'data'}",
         f"--web.listen-address={address}", "--cluster.listen-address="], stdout=log, stderr=log,
    ) as process:  # fmt: skip
        try:
            until = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{address}/-/ready", timeout=5):
                    break
                assert process.poll() is None, (folder / "alertmanager.log").read_text()
                assert time.monotonic() < until, "Alertmanager does not come up"
                time.sleep(0.1)
            yield f"http://{address}"
        finally:
            process.terminate()
