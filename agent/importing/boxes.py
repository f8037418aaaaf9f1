"""What NetBox says of a device, as a record. Pure; every value may be of any type.

record, why_not = record_of(data, words, find_site, {"purchased": "purchase_date"}, today)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic_core import PydanticCustomError

from agent.hostile import plain
from agent.importing.records import Field, Record, Value, Words, address_in
from agent.lifecycle.placeholders import usable
from agent.purchases.cells import BLANK, LONGEST, MOST_POUNDS, day_in
from agent.purchases.faults import CellRefused, quoted


def record_of(
    data: Mapping[str, Any],
    words: Words,
    find_site: Callable[..., str | None],
    custom: Mapping[Field, str],
    today: date,
) -> Record | str:
    """The record of a device, or why there is none. `custom`: field > the custom field of NetBox that says it."""
    number = data.get("id")
    origin = f"NetBox device {number}" if isinstance(number, int) else "a device of NetBox"
    name = _text(data.get("name"))
    if not name:
        return f"{origin}: it has no name"
    values: dict[Field, Value] = {}
    odd: dict[str, str] = {}

    address = _address(data, odd)
    if address:
        values["address"] = address
    role = _names(data.get("role")) or _names(data.get("device_role"))  # device_role before NetBox 3.6
    if (kind := words.class_of(*role)) is not None:
        values["class"] = kind
    elif role:
        odd["class"] = f"role {quoted(role[0])} is no class that is known; --role {role[-1]}=CLASS says which"
    site = _names(data.get("site"))
    if (found := find_site(*site)) is not None:
        values["site"] = found
    elif site:
        odd["site"] = f"the inventory has no site {quoted(site[0])}; --site-map {site[-1]}=SITE says which"

    made = data.get("device_type")
    if isinstance(made, dict):
        if model := _text(made.get("model")) or _text(made.get("display")):
            values["model"] = model
        if vendor := next(iter(_names(made.get("manufacturer"))), ""):
            values["vendor"] = vendor
    if serial := usable(_text(data.get("serial"))):
        values["serial"] = serial
    own = data.get("custom_fields")
    for field, called in custom.items():
        said = own.get(called) if isinstance(own, dict) else None
        if said is None or str(said).casefold() in BLANK:
            continue
        try:
            values[field] = _custom(field, said, today)
        except CellRefused as problem:
            odd[field] = f"custom field {called}: {problem.message}"
    return Record(f"{origin} ({name})", name, values, odd)


def _address(data: Mapping[str, Any], odd: dict[str, str]) -> str:
    for key in ("primary_ip", "primary_ip4", "primary_ip6"):
        given = data.get(key)
        said = _text(given.get("address")) if isinstance(given, dict) else ""
        if said:
            try:
                return address_in(said)
            except PydanticCustomError:
                odd["address"] = f"{quoted(said)} is no address"
    return ""


def _names(value: Any) -> list[str]:
    """The names of something that NetBox refers to: its name, then its slug."""
    if not isinstance(value, dict):
        return []
    return [text for key in ("name", "slug") if (text := _text(value.get(key)))]


def _text(value: Any) -> str:
    return plain(value, LONGEST).strip() if isinstance(value, str) else ""


def _custom(field: Field, said: Any, today: date) -> Value:
    if isinstance(said, dict):  # a selection: {"value": ..., "label": ...}
        said = said.get("label") or said.get("value")
    if field in ("purchased", "installed", "support_until"):
        return day_in(_text(said), today, ahead=field == "support_until")
    if field == "price":
        try:
            price = Decimal(re.sub(r"^£|,", "", str(said).strip())[:40])
        except InvalidOperation:
            raise CellRefused(f"{quoted(str(said))} is no amount of money") from None
        if not price.is_finite() or not 0 <= price <= MOST_POUNDS:
            raise CellRefused(f"{quoted(str(said))} is no price")
        return price.quantize(Decimal("0.01"))
    text = _text(said)
    if not text:
        raise CellRefused("it is no text")
    return text
