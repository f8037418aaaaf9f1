"""NetBox's devices, asked over its REST API with pynetbox, and nothing written to it.

What answers may be hostile or broken: answers are bounded in size, number and time, the token goes to the address that
was given and nowhere else (pages link to the next one, and redirects lead anywhere), and what NetBox says of an error
is not repeated, because it may hold what we sent.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MOST_DEVICES = 200_000
MOST_OCTETS = 64_000_000  # of one answer
MOST_REQUESTS = 10_000
PAGE = 500  # devices a request
ANSWER_SECONDS = 30.0  # without a sign of life
PATIENCE = 600.0  # for everything
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class NetBoxRefused(Exception):
    """NetBox cannot be asked, or its answer cannot be used; says why, never with the token in it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Where NetBox is, and which devices are wanted: filter > values, as its API has them (status, site, role ...)."""

    url: str
    filters: Mapping[str, Sequence[str]]
    ca_file: str = ""  # certificates to trust instead of the system's (PEM)
    patience: float = PATIENCE
    answer_seconds: float = ANSWER_SECONDS
    most_octets: int = MOST_OCTETS


def check_url(url: str) -> str:
    """The address without its last slash; NetBoxRefused where the token would go over the network in plain text."""
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise NetBoxRefused("--url holds a name or a password; NetBox wants a token, by --token")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NetBoxRefused("--url: an address is wanted, for example https://netbox.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise NetBoxRefused("--url: the token would cross the network in plain text; https is wanted")
    return url.rstrip("/")


def devices(ask: Ask, token: str) -> list[dict[str, Any]]:
    """Every device that the filters fit, as plain data. Blocking; NetBoxRefused."""
    try:
        import pynetbox  # type: ignore[import-untyped]  # an optional extra
        import requests  # what pynetbox asks with
    except ImportError:
        raise NetBoxRefused("NetBox needs an extra library: pip install 'hartwatch[netbox]'") from None
    url = check_url(ask.url)
    with _in_words(pynetbox, requests, url), _session(requests, ask, url) as session:
        api = pynetbox.api(url, token=token)
        api.http_session.close()
        api.http_session = session
        api.status()
        found: list[dict[str, Any]] = []
        filters = {key: list(values) for key, values in ask.filters.items() if values}
        listed = (
            api.dcim.devices.filter(**filters, exclude="config_context", limit=PAGE)
            if filters
            else api.dcim.devices.all(limit=PAGE)
        )
        for record in listed:
            if len(found) >= MOST_DEVICES:
                raise NetBoxRefused(f"more than {MOST_DEVICES:,} devices: ask for fewer, for example by --site")
            found.append(dict(record))
        return found


def _session(requests: Any, ask: Ask, url: str) -> Any:
    """A session that asks this NetBox only, and takes no more than is bearable."""
    until = time.monotonic() + ask.patience
    origin = _origin(url)
    broken = requests.packages.urllib3.exceptions

    class Bounded(requests.adapters.HTTPAdapter):  # type: ignore[misc]  # published without types
        """Reads each answer itself, so that a huge or endless one ends."""

        def __init__(self) -> None:
            super().__init__()
            self.asked: set[str] = set()

        def send(self, request: Any, **how: Any) -> Any:
            if _origin(str(request.url)) != origin:
                raise NetBoxRefused(f"NetBox leads elsewhere, and the token stays at {url}: give the address it is at")
            left = until - time.monotonic()
            if len(self.asked) > MOST_REQUESTS or left <= 0:
                raise NetBoxRefused(
                    f"NetBox is not done after {ask.patience:g} s; ask for fewer, for example by --site"
                )
            if request.url in self.asked:
                raise NetBoxRefused("NetBox's pages lead in circles")
            self.asked.add(request.url)
            how |= {"timeout": min(ask.answer_seconds, left), "stream": True}
            answer = super().send(request, **how)
            octets = bytearray()
            try:
                # What has come, and not what was asked for: an answer that trickles would never fill a piece.
                while piece := answer.raw.read1(64 * 1024, decode_content=True):
                    octets += piece
                    if len(octets) > ask.most_octets:
                        raise NetBoxRefused(f"an answer of NetBox is larger than {ask.most_octets // 1_000_000} MB")
                    if time.monotonic() > until:
                        raise NetBoxRefused(f"NetBox is not done after {ask.patience:g} s")
            except broken.TimeoutError:
                raise requests.exceptions.Timeout from None
            except broken.HTTPError:
                raise requests.exceptions.ConnectionError from None
            finally:
                answer.close()
            answer._content = bytes(octets)
            return answer

    session = requests.Session()
    session.adapters.clear()
    session.mount(origin + "/", Bounded())
    session.max_redirects = 3
    session.auth = lambda request: request  # else requests would put a password of ~/.netrc in the token's place
    session.verify = ask.ca_file or True
    return session


def _origin(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    usual = (parts.scheme, port) in (("http", 80), ("https", 443))
    return f"{parts.scheme}://{host}" + ("" if usual else f":{port}")


@contextmanager
def _in_words(pynetbox: Any, requests: Any, url: str) -> Iterator[None]:
    """What can go wrong, in our own words: those of libraries hold addresses, answers, and what was sent."""
    errors = requests.exceptions
    try:
        yield
    except pynetbox.RequestError as problem:
        status = int(getattr(problem.req, "status_code", 0))
        why = {401: "it does not take the token", 403: "it does not take the token, or the token may not read devices",
               404: "there is no NetBox API there", 400: "it does not know a value of a filter (site, role ...)",
               429: "it wants to be asked later"}.get(status, "")  # fmt: skip
        raise NetBoxRefused(f"{url}: NetBox answered with status {status}" + (f": {why}" if why else "")) from None
    except (pynetbox.ContentError, errors.JSONDecodeError):
        raise NetBoxRefused(f"{url}: the answer is not JSON; is this the address of NetBox itself?") from None
    except errors.SSLError:
        raise NetBoxRefused(
            f"{url}: its certificate cannot be verified; name the authority that signed it by --ca"
        ) from None
    except errors.InvalidSchema:
        raise NetBoxRefused(f"{url}: NetBox leads elsewhere, and the token stays: give the address it is at") from None
    except errors.TooManyRedirects:
        raise NetBoxRefused(f"{url}: it redirects in circles") from None
    except (errors.Timeout, TimeoutError):
        raise NetBoxRefused(f"{url}: no answer in time") from None
    except (errors.RequestException, OSError) as problem:
        raise NetBoxRefused(f"{url}: NetBox cannot be reached ({type(problem).__name__})") from None
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError):
        raise NetBoxRefused(f"{url}: the answer is not what NetBox says of devices") from None
