"""What can be wrong with a device, drawn as a tree.

    DeviceFault                  the device, or the way to it, is at fault
    ├── Unreachable              nothing usable came back
    │   ├── NoAnswer             silence (also a TimeoutError)
    │   ├── Refused              the port is closed
    │   └── Unroutable           no route, no such host
    ├── OutOfTime                the visit's deadline came first (also a TimeoutError)
    ├── AccessDenied             it is there and will not talk to us
    │   ├── WrongCredentials     user, password, community or SNMPv3 key refused
    │   ├── HostKeyUnknown       SSH: no key is pinned for this device
    │   ├── HostKeyChanged       SSH: another key than the pinned one
    │   └── LockedOut            we hold back after failed logins, so that the account is not locked
    └── BadAnswer                it answered, and the answer cannot be used
        ├── Malformed            not BER, not SNMP, not what was asked
        ├── Looped               GETNEXT or GETBULK went backwards or in circles
        ├── TooBig               not even one value fits into an answer
        ├── ErrorStatus          SNMP error-status such as genErr (RFC 3416 section 3)
        ├── Unparsed             text that no parser understood
        └── Capped               more rows or octets than we are willing to take

A device's fault never leaves `collectors` as an exception: sessions return it as a *problem* beside what they got, and
a visit carries it as a `Failure` value. A programmer's fault is any other exception and reaches one catch in the
agent's pipeline.
"""

from __future__ import annotations


class DeviceFault(Exception):
    """The device, or the way to it, is at fault. `str()` is one line that is safe to log: it never holds a secret."""

    @property
    def kind(self) -> str:
        """The fault's name as metrics, failures and alerts carry it, for example `no_answer`."""
        name = type(self).__name__
        return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


class Unreachable(DeviceFault):
    """Nothing usable came back."""


class NoAnswer(Unreachable, TimeoutError):
    """Silence after every retry."""


class Refused(Unreachable):
    """The port is closed (ICMP port unreachable, TCP reset)."""


class Unroutable(Unreachable):
    """No route to the address, or the name does not resolve."""


class OutOfTime(DeviceFault, TimeoutError):
    """The visit's deadline came before the device was done."""


class AccessDenied(DeviceFault):
    """It is there and will not talk to us."""


class WrongCredentials(AccessDenied):
    """User, password, community or SNMPv3 key refused (RFC 3414 usmStats* reports, SSH authentication)."""


class HostKeyUnknown(AccessDenied):
    """No SSH host key is pinned for this device; `hartwatch ssh trust DEVICE` shows and records one."""


class HostKeyChanged(AccessDenied):
    """The SSH host key is not the pinned one: a replaced device, or somebody in between."""


class LockedOut(AccessDenied):
    """We hold back after failed logins, so that the account is not locked."""


class BadAnswer(DeviceFault):
    """It answered, and the answer cannot be used."""


class Malformed(BadAnswer):
    """Not BER, not SNMP, or not what was asked."""


class Looped(BadAnswer):
    """GETNEXT or GETBULK answered identifiers that do not increase (RFC 3416 section 4.2.2)."""


class TooBig(BadAnswer):
    """Not even one value fits into an answer."""


class ErrorStatus(BadAnswer):
    """An SNMP error-status other than tooBig and noSuchName (RFC 3416 section 3), for example genErr."""


class Unparsed(BadAnswer):
    """Text that no parser understood."""


class Capped(BadAnswer):
    """More rows or octets than we are willing to take from one device."""
