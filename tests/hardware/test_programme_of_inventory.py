"""The programme's terms as the inventory has them, and prices that were paid for all members together."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from agent.facts import Asset, Purchase
from agent.hardware.register import pieces_of
from agent.inventory.model import Estate
from agent.programme import items_of, terms_from
from tests.hardware.owned import FIRST, TERMS

TODAY = date(2026, 11, 24)


def estate() -> Estate:
    return Estate.model_validate(
        {
            "councils": {"sbc": {"title": "Stevenage", "share": "1"}},
            "sites": {"hq": {"title": "HQ", "kind": "office", "owner": "sbc"}},
            "devices": {
                "stack": {"name": "stack", "address": "192.0.2.1", "class": "switch", "site": "hq",
                          "owned": {"purchased": "2021-05-01", "price": "1000.00"}},
                "wlc": {"name": "wlc", "address": "192.0.2.2", "class": "wifi_controller", "site": "hq"},
            },
            "hardware": {"spare": {"class": "ups", "site": "hq", "part": "battery", "battery_years": 3.0}},
            "class_defaults": {"wifi_ap": {"replace_years": 5.0}, "switch": {"replace_years": 8.0}},
            "programme": {"prices_of": "2025-26", "uplift": "0.03", "cap": "1200.50",
                          "costs": [{"models": ["AP*"], "price": "480.10", "title": "Access point"}]},
        }
    )  # fmt: skip


def seen(device: str, part: str, serial: str) -> Asset:
    at = datetime(2025, 1, 1, tzinfo=UTC)
    return Asset(
        UUID(int=int.from_bytes(serial.encode(), "big")), f"serial:{serial}", device, part, serial, serial, "Maker",
        "AP-505", serial, None, None, None, None, at, at,
    )  # fmt: skip


def test_a_member_with_a_record_of_its_own_has_its_part_of_the_price_for_all_of_them() -> None:
    members = [seen("stack", "stack_member", f"M{n}") for n in range(3)]
    said = Purchase("M1", datetime(2026, 1, 1, tzinfo=UTC), "jo", "purchases.csv:2", purchased="2022-01-01")
    pieces = pieces_of(members, estate(), TODAY, [said])
    paid = [d.price.pence for d in items_of(pieces, TERMS).dated if d.price and d.piece.asset.device == "stack"]
    assert sorted(paid) == [333_33, 333_33, 333_34]


def test_the_terms_are_those_of_the_inventory_and_things_last_as_the_register_has_it() -> None:
    terms = terms_from(estate(), FIRST)
    assert (str(terms.priced), terms.uplift, terms.cap) == ("2025-26", Decimal("0.03"), 1200_50)
    assert [(rule.pence, rule.models) for rule in terms.rules] == [(480_10, ("AP*",))]
    assert terms_from(estate(), FIRST, cap=None, uplift=Decimal(0)).cap is None
    assets = [seen("stack", "stack_member", "M1"), seen("wlc", "access_point", "AP1"), seen("stack", "battery", "B1")]
    pieces = {piece.asset.serial or piece.entry: piece for piece in pieces_of(assets, estate(), TODAY)}
    lasting = {name: terms.years_of(pieces[name]) for name in ("M1", "AP1", "B1", "spare")}
    assert lasting == {"M1": 8.0, "AP1": 5.0, "B1": 4.0, "spare": 3.0}
