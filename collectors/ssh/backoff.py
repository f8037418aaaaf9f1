"""When a login may be tried: after refused ones we hold back, so that we never lock an account.

Two brakes. Per device: after a refused login the next one waits 5, 15, 45 and then 60 minutes, three tries in the first
hour and one in each after it. Per credential: an account on a central server (TACACS+, RADIUS, LDAP) is locked by the
sum over all devices, so three refusals on any devices without a success in between hold that credential everywhere. A
credential that has never worked is tried on at most two devices at the same time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from collectors.errors import LockedOut, OutOfTime, Unreachable, WrongCredentials
from collectors.target import SshAccess

DEVICE_WAITS_SECONDS = (300.0, 900.0, 2700.0, 3600.0)
CREDENTIAL_WAITS_SECONDS = (600.0, 1800.0, 3600.0)
CREDENTIAL_REFUSALS = 3
UNPROVEN_AT_ONCE = 2

_PEPPER = os.urandom(32)  # so that the marks below say nothing about the secrets outside this process


def credential_mark(access: SshAccess) -> str:
    """A mark that changes when user, password, key file or passphrase change, and tells none of them."""
    text = "\0".join((access.user, access.password, access.key_file, access.key_passphrase, access.enable_secret))
    return hashlib.blake2b(text.encode(), key=_PEPPER, digest_size=16).hexdigest()


class HungUp(Unreachable):
    """The connection ended during authentication. Some devices say "wrong password" in this way: it counts as refused
    for this device, and not for the credential, because a lost link looks the same."""

    @property
    def kind(self) -> str:
        return "unreachable"


@dataclass(slots=True)
class _Refusals:
    count: int = 0
    next_at: float = 0.0


@dataclass(slots=True)
class _Credential:
    refusals: _Refusals = field(default_factory=_Refusals)
    in_a_row: int = 0
    proven: bool = False
    gate: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(UNPROVEN_AT_ONCE))


class LoginBackoff:
    """Refused logins by device and by credential. Safe to use from threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._devices: dict[str, tuple[str, _Refusals]] = {}
        self._credentials: dict[str, _Credential] = {}

    def held(self, device: str, mark: str) -> LockedOut | None:
        """Why no login may be tried now, or None. Changed credentials begin anew."""
        with self._lock:
            now = self._clock()
            known = self._devices.get(device)
            if known is not None and known[0] == mark and now < known[1].next_at:
                return LockedOut(
                    f"no login tried: {known[1].count} refused so far, next try in {_minutes(known[1].next_at - now)}"
                )
            credential = self._credentials.get(mark)
            if credential is not None and now < credential.refusals.next_at:
                return LockedOut(
                    f"no login tried: this credential was refused by {credential.in_a_row} devices in a row, "
                    f"next try in {_minutes(credential.refusals.next_at - now)}"
                )
            return None

    @contextlib.contextmanager
    def attempt(self, device: str, mark: str, seconds: float) -> Iterator[None]:
        """Around one authentication: counts `WrongCredentials` as refused and an ordinary end as success."""
        with self._lock:
            credential = self._credentials.setdefault(mark, _Credential())
            gate = None if credential.proven else credential.gate
        if gate is not None and not gate.acquire(timeout=max(seconds, 0.0)):
            raise OutOfTime("waited for other logins with a credential that has not worked yet")
        try:
            if (held := self.held(device, mark)) is not None:
                raise held
            yield
        except (WrongCredentials, HungUp) as fault:
            self._refused(device, mark, isinstance(fault, WrongCredentials))
            raise
        else:
            self._worked(device, mark)
        finally:
            if gate is not None:
                gate.release()

    def forget(self, device: str) -> None:
        """Drop what is known of a device that left the inventory."""
        with self._lock:
            self._devices.pop(device, None)

    def _refused(self, device: str, mark: str, surely: bool) -> None:
        with self._lock:
            now = self._clock()
            known = self._devices.get(device)
            refusals = known[1] if known is not None and known[0] == mark else _Refusals()
            _count(refusals, DEVICE_WAITS_SECONDS, now)
            self._devices[device] = (mark, refusals)
            if not surely:
                return
            credential = self._credentials.setdefault(mark, _Credential())
            credential.in_a_row += 1
            if credential.in_a_row >= CREDENTIAL_REFUSALS:
                _count(credential.refusals, CREDENTIAL_WAITS_SECONDS, now)

    def _worked(self, device: str, mark: str) -> None:
        with self._lock:
            self._devices.pop(device, None)
            credential = self._credentials.setdefault(mark, _Credential())
            credential.in_a_row = 0
            credential.refusals = _Refusals()
            credential.proven = True


def _count(refusals: _Refusals, waits: tuple[float, ...], now: float) -> None:
    refusals.next_at = now + waits[min(refusals.count, len(waits) - 1)]
    refusals.count += 1


def _minutes(seconds: float) -> str:
    whole = max(int(seconds + 0.999), 1)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
