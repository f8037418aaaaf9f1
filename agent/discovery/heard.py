"""What one address said when it was asked who is there. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Outcome = Literal["found", "refused", "alive", "silent"]
# found: SNMP said who it is. refused: SNMP knows none of our users. alive: it answers a ping, and not SNMP.


@dataclass(frozen=True, slots=True)
class Heard:
    """What one address said. Text is the device's own; `booted`: Unix time, by its uptime."""

    address: str
    outcome: Outcome
    credential: str = ""
    name: str | None = None  # sysName
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    version: str | None = None
    location: str | None = None
    descr: str | None = None
    object_id: str | None = None
    engine_id: str | None = None
    booted: float | None = None
    profile: str | None = None
    device_class: str | None = None
    open_ports: tuple[int, ...] = ()
    ssh: str = ""  # what the SSH server calls itself
    asks: int = 0  # requests sent
    problems: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value not in (None, "", ())}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Heard:
        """What `as_json` gave. TypeError or ValueError for anything else."""
        known = {one.name for one in fields(cls)}
        if not known >= data.keys() or data.get("outcome") not in ("found", "refused", "alive", "silent"):
            raise ValueError("not what an address said")
        lists: dict[str, Any] = {key: tuple(data[key]) for key in ("open_ports", "problems") if key in data}
        return cls(**{**data, **lists})
