"""NetBox's API as far as an import asks it, on loopback: status, tokens, pages; and how it can misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "0123456789abcdef-the-token-of-the-test"


def device(number: int, name: str, **more: Any) -> dict[str, Any]:
    """A device as NetBox 4 says it."""
    address = more.pop("address", f"192.0.2.{number}/24")
    site, role = more.pop("site", "wallfields"), more.pop("role", "access-switch")
    ip = None if address is None else {"id": number, "family": {"value": 4}, "address": address, "display": address}
    return {
        "id": number,
        "url": f"http://127.0.0.1/api/dcim/devices/{number}/",
        "display": name,
        "name": name,
        "device_type": {"id": 1, "model": more.pop("model", "C9300-48P"), "slug": "c9300-48p",
                        "manufacturer": {"id": 1, "name": more.pop("vendor", "Cisco"), "slug": "cisco"}},
        "role": {"id": 1, "name": role.replace("-", " ").title(), "slug": role},
        "site": {"id": 1, "name": site.title(), "slug": site},
        "status": {"value": "active", "label": "Active"},
        "serial": more.pop("serial", ""),
        "primary_ip": ip,
        "primary_ip4": ip,
        "primary_ip6": None,
        "custom_fields": more.pop("custom_fields", {}),
        **more,
    }  # fmt: skip


class FakeNetBox(ThreadingHTTPServer):
    """`asked` holds every path with its query; `trouble` how it misbehaves."""

    daemon_threads = True

    def __init__(self, devices: list[Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.devices, self.asked = devices, list[str]()
        self.trouble = ""
        self.page = 2

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeNetBox

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        box = self.server
        box.asked.append(self.path)
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if self.headers.get("Authorization") not in (f"Token {TOKEN}", f"Bearer {TOKEN}"):
            self._say({"detail": f"Invalid token {self.headers.get('Authorization')}"}, 403)
        elif box.trouble == "error":
            self._say({"detail": f"your token is {TOKEN}"}, 500)
        elif box.trouble == "not json":
            self._octets(b"<html>It works!</html>", 200, "text/html")
        elif box.trouble == "redirect":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.2:{box.server_address[1]}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif parts.path == "/api/status/":
            self._say({"netbox-version": "4.2.3"})
        elif parts.path == "/api/dcim/devices/":
            self._devices(query)
        else:
            self._say({"detail": "Not found."}, 404)

    def _devices(self, query: dict[str, list[str]]) -> None:
        box = self.server
        if box.trouble == "huge":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b'"' + b"x" * 65536)
            except OSError:
                self.close_connection = True
            return
        if box.trouble == "trickle":
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b" ")
                    time.sleep(0.1)
            except OSError:
                self.close_connection = True
            return
        if box.trouble == "slow":
            time.sleep(1.5)
        if box.trouble == "types":
            self._say({"count": "many", "next": None, "previous": None, "results": [1, None, "x", []]})
            return
        chosen = [one for one in box.devices if not query.get("site") or one["site"]["slug"] in query["site"]]
        at = int(query.get("offset", ["0"])[0])
        page = chosen[at : at + box.page]
        after = f"{box.url}/api/dcim/devices/?limit={box.page}&offset={at + box.page}"
        if box.trouble == "elsewhere":
            after = after.replace("127.0.0.1", "127.0.0.2")
        if box.trouble == "endless":
            after = f"{box.url}/api/dcim/devices/?limit={box.page}&offset=0"
        more = at + box.page < len(chosen) or box.trouble == "endless"
        self._say({"count": len(chosen), "next": after if more else None, "previous": None, "results": page})

    def _say(self, data: Any, status: int = 200) -> None:
        self._octets(json.dumps(data).encode(), status, "application/json")

    def _octets(self, octets: bytes, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        try:
            self.wfile.write(octets)
        except OSError:
            self.close_connection = True


@contextmanager
def fake_netbox(devices: list[Any]) -> Iterator[FakeNetBox]:
    box = FakeNetBox(devices)
    thread = threading.Thread(target=box.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.shutdown()
        box.server_close()
        thread.join(10)
