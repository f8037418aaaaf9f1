"""Purchase records of the simulated estate, as a buyer keeps them in a spreadsheet: what the inventory does not say.

path = write_records(world, directory)        purchases.csv, which `hartwatch register import` takes
import_records(path, ledger, estate, now)     as that command does
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from agent.calendar_uk import LONDON
from agent.demo.families import aireos, arubaos, idrac, wireless
from agent.demo.world import World
from agent.facts import Facts
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.purchases import matched, records_of, table_of

FILE = "purchases.csv"
HEADER = ("Serial number", "Purchase date", "Unit price", "Supplier", "Council share")
SUPPLIER = "Example Networks Ltd"
ACCESS_POINT = "£465.00"
EAST_HERTS_ONLY = "stevenage 0%, east-herts 100%"
AP_SERIALS = {"wlc-": aireos.ap_serial, "aruba-7": arubaos.ap_serial}  # by the beginning of the model

Row = tuple[str, str, str, str, str]


def write_records(world: World, directory: Path) -> Path:
    path = directory / FILE
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        writer.writerows(_rows(world))
    return path


def import_records(path: Path, ledger: Ledger, estate: Estate, author: str, now: datetime) -> None:
    """Into the ledger; what is refused of our own file is a mistake of ours."""
    councils = {name: council.title for name, council in estate.councils.items()}
    reading = records_of(table_of(path.read_bytes(), path.name), councils, now.astimezone(LONDON).date())
    report = matched(reading, ledger.assets(), ledger.purchases(), author, now)
    if report.faults:
        raise ValueError("; ".join(map(str, report.faults)))
    ledger.record(Facts(purchases=report.purchases))


def _rows(world: World) -> Iterator[Row]:
    for device in world.devices.values():
        model = device.kit.model
        serial = next((found for make, found in AP_SERIALS.items() if model.startswith(make)), None)
        if device.kit.device_class == "wifi_controller" and serial is not None:
            for point in wireless.access_points(device):
                share = "" if point.number % 4 else EAST_HERTS_ONLY  # what a building paid for by itself
                bought = wireless.bought_on(device, point.number)
                yield serial(device, point.number), _day(bought), ACCESS_POINT, SUPPLIER, share
        if model.startswith("idrac"):  # the price is with the host
            yield idrac.service_tag(device), _day(device.kit.bought_on), "", SUPPLIER, ""


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
