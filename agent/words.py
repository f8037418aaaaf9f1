"""Times, spans, sizes and counts as people read them. Pure. Times are shown in Europe/London."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def count(number: int, one: str, many: str = "") -> str:
    """0 devices, 1 device, 2 devices."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def span(duration: timedelta) -> str:
    """2 d 3 h, 3 h 10 min, 4 min 5 s, 12 s: two units at most, so that it can be read at a glance."""
    seconds = max(0, int(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 600:
        return f"{seconds // 60} min {seconds % 60} s" if seconds % 60 else f"{seconds // 60} min"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    hours = minutes // 60
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def moment(at: datetime, now: datetime) -> str:
    """14:05 today; 12 May 14:05 this year; 12 May 2025 14:05 before."""
    local, today = at.astimezone(LONDON), now.astimezone(LONDON)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.year == today.year:
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y %H:%M}"


def full(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{local.day} {local:%B %Y, %H:%M:%S %Z}"


def day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"


def years(age: timedelta) -> str:
    return f"{age.total_seconds() / (365.25 * 86400):.1f} years"


def bits(per_second: float) -> str:
    """10 Gbit/s, 2.5 Gbit/s, 100 Mbit/s."""
    for size, unit in ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")):
        if per_second >= size:
            return f"{per_second / size:g} {unit}"
    return f"{per_second:g} bit/s"


def octets(number: float) -> str:
    """1.5 GB and so on, in powers of ten."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if value < 1000 or unit == "PB":
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError  # the loop returns at PB


_UNITS = {
    "celsius": "°C", "volts": "V", "amperes": "A", "watts": "W", "voltamperes": "VA", "joules": "J", "hertz": "Hz",
    "rpm": "rpm", "dbm": "dBm", "pascals": "Pa", "decibels": "dB", "bits_per_second": "bit/s",
    "litres_per_minute": "l/min", "cubic_metres_per_hour": "m³/h",
}  # fmt: skip


def reading(value: float, unit: str) -> str:
    """21.5 °C, 45 %, 1 h 10 min; of the end of a licence its day."""
    if unit == "ratio":
        return f"{100 * value:.3g} %"
    if unit == "seconds":
        return span(timedelta(seconds=value)) if 0 <= value < 1e9 else f"{value:g} s"
    if unit == "timestamp_seconds":
        return datetime.fromtimestamp(value, UTC).date().isoformat()
    return f"{value:,.4g} {_UNITS.get(unit, unit if unit != 'count' else '')}".rstrip()


_CLASSES = {
    "firewall": ("firewall", "firewalls"), "switch": ("switch", "switches"), "router": ("router", "routers"),
    "wifi_controller": ("Wi-Fi controller", "Wi-Fi controllers"), "wifi_ap": ("access point", "access points"),
    "ups": ("UPS", "UPSs"), "pdu": ("PDU", "PDUs"),
    "environment": ("environment sensor", "environment sensors"),
    "bmc": ("server controller", "server controllers"), "storage": ("storage system", "storage systems"),
    "hypervisor": ("virtualisation host", "virtualisation hosts"), "server": ("server", "servers"),
    "load_balancer": ("load balancer", "load balancers"), "voice": ("telephony gateway", "telephony gateways"),
}  # fmt: skip


def class_name(name: str, number: int = 1) -> str:
    one, many = _CLASSES.get(name, (name.replace("_", " "),) * 2)
    return one if number == 1 else many


def percent(share: float) -> str:
    """Two decimals, rounded down: 99.999 % is never printed as 100 %."""
    return f"{int(share * 10_000 + 1e-7) / 100:.2f} %"


def listed(names: list[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def pounds(pence: int, *, exact: bool = False) -> str:
    """£1,234.50; whole pounds without pennies, unless it is to be `exact`, as records are."""
    sign, pence = ("-", -pence) if pence < 0 else ("", pence)
    whole, odd = divmod(pence, 100)
    return f"{sign}£{whole:,}.{odd:02d}" if odd or exact else f"{sign}£{whole:,}"


def number_word(number: int) -> str:
    """Numbers below ten in words, as papers have them."""
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else f"{number:,}"


def spelt(number: int, one: str, many: str = "") -> str:
    """no outages, one outage, two outages, 10 outages."""
    return f"{number_word(number)} {one if number == 1 else many or one + 's'}"


def some(number: int, one: str, many: str) -> str:
    """Some of a known whole, with its verb: none is, one is, two are, 10 are."""
    return f"none {one}" if number == 0 else spelt(number, one, many)


def long_span(duration: timedelta) -> str:
    """4 hours 10 minutes, 1 day 2 hours, 50 seconds."""
    seconds = max(0, int(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds} {'second' if seconds == 1 else 'seconds'}"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} {'minute' if minutes == 1 else 'minutes'}"
    units = (("day", minutes // 1440), ("hour", minutes // 60 % 24), ("minute", minutes % 60))
    kept = [(name, number) for name, number in units if number][:2]
    return " ".join(f"{number} {name}{'' if number == 1 else 's'}" for name, number in kept)
