"""When two readings are of the same hardware: how serial numbers and the names of makers are compared. Pure.

serial_key("fcw 2140 l0ab") == "FCW2140L0AB"
same_vendor("HPE", "HPE Aruba Networking")
"""

from __future__ import annotations


def serial_key(serial: str) -> str:
    """By what serial numbers are compared: without blanks, in capital letters."""
    return serial.upper() if serial.isalnum() else "".join(serial.split()).upper()


def same_vendor(one: str | None, other: str | None) -> bool:
    """Makers number alike; their names are written in full or not. One that is not known contradicts none."""
    if not one or not other:
        return True
    one, other = one.casefold(), other.casefold()
    return one.startswith(other) or other.startswith(one)
