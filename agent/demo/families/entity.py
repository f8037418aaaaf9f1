"""Parts and sensors of simulated devices: ENTITY-MIB (RFC 6933), ENTITY-SENSOR-MIB (RFC 3433)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from agent.demo.families.base import present
from agent.demo.tree import Cell, Tree, gauge, pointer, text, ticks, whole

ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
ENTITY_SENSOR = "1.3.6.1.2.1.99.1.1.1"

OTHER, UNKNOWN, CHASSIS, BACKPLANE, CONTAINER, POWER, FAN, SENSOR, MODULE, PORT, STACK = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One row of entPhysicalTable."""

    index: int
    descr: str
    kind: int
    name: str
    parent: int = 0
    position: int = -1
    model: str = ""
    serial: str = ""
    hardware: str = ""
    firmware: str = ""
    software: str = ""
    maker: str = ""
    replaceable: bool = False
    vendor_type: str = "0.0"
    made_on: date | None = None
    there: Callable[[float], bool] | None = None


def physical(tree: Tree, parts: Iterable[Part]) -> None:
    """entPhysicalTable."""
    for part in parts:
        cells: dict[int, Cell] = {
            2: text(part.descr),
            3: pointer(part.vendor_type),
            4: whole(part.parent),
            5: whole(part.kind),
            6: whole(part.position),
            7: text(part.name),
            8: text(part.hardware),
            9: text(part.firmware),
            10: text(part.software),
            11: text(part.serial),
            12: text(part.maker),
            13: text(part.model),
            14: text(""),
            15: text(""),
            16: whole(1 if part.replaceable else 2),
        }
        if part.made_on is not None:
            made = part.made_on
            cells[17] = text(made.year.to_bytes(2, "big") + bytes((made.month, made.day, 0, 0, 0, 0)))
        if part.there is not None:
            cells = present(part.there, cells)
        tree.row(ENTITY, part.index, cells)
    tree.put("1.3.6.1.2.1.47.1.4.1.0", ticks(1500))


# EntitySensorDataType and EntitySensorDataScale
VOLTS_AC, VOLTS_DC, AMPERES, WATTS, HERTZ, CELSIUS, HUMIDITY, RPM, CMM, TRUTH = 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
MILLI, UNITS = 8, 9


def sensor(
    tree: Tree,
    index: int,
    kind: int,
    value: Callable[[float], float],
    *,
    scale: int = UNITS,
    places: int = 0,
    ok: Callable[[float], bool] | None = None,
) -> None:
    """One row of entPhySensorTable. `value` is in the units of `kind`; `scale` and `places` say how it is sent."""
    factor = 10.0**places * (1000.0 if scale == MILLI else 1.0)
    tree.row(
        ENTITY_SENSOR,
        index,
        {
            1: whole(kind),
            2: whole(scale),
            3: whole(places),
            4: whole(lambda t: round(value(t) * factor)),
            5: whole(1 if ok is None else lambda t: 1 if ok(t) else 3),
            6: text({CELSIUS: "celsius", RPM: "rpm", WATTS: "watts", VOLTS_DC: "volts"}.get(kind, "")),
            7: ticks(0),
            8: gauge(0),
        },
    )
