"""The refresh programme: money to the penny, what falls due when, smoothing that loses nothing, slipping, risk."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.calendar_uk import FinancialYear
from agent.facts import Outage
from agent.lifecycle import Owning, Reason
from agent.programme import (
    CostRule,
    Due,
    Plan,
    Price,
    Risk,
    divide,
    items_of,
    plan_of,
    programme_of,
    slipped,
    tolls_of,
    uplifted,
)
from agent.words import pounds
from tests.hardware.owned import FIRST, NOW, TERMS, due, piece


def bought_in(plan: Plan) -> dict[str, list[str]]:
    return {str(year.year): [one.item.key for one in year.bought] for year in plan.years if year.bought}


# ---------------------------------------------------------------- financial years
@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 3, 31), "2025-26"), (date(2026, 4, 1), "2026-27"), (date(2027, 3, 31), "2026-27"),
        (date(2099, 12, 31), "2099-00"), (date(2100, 1, 1), "2099-00"),
    ],
)  # fmt: skip
def test_a_day_lies_in_the_financial_year_that_began_on_the_first_of_april_before_it(day: date, year: str) -> None:
    found = FinancialYear.of(day)
    assert str(found) == year
    assert FinancialYear.parse(year) == found
    assert found.begins_on <= day <= found.last_day
    assert found.next.begins_on == found.last_day + timedelta(days=1)
    assert found.next.previous == found


def test_an_instant_lies_in_the_year_of_its_day_in_london() -> None:
    assert str(FinancialYear.of(datetime(2026, 3, 31, 23, 30, tzinfo=UTC))) == "2026-27"


@pytest.mark.parametrize("text", ["2026", "2026-28", "26-27", "2026-2027", "", "next year"])
def test_what_is_no_financial_year_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="2026-27"):
        FinancialYear.parse(text)


# ---------------------------------------------------------------- money
@pytest.mark.parametrize(
    ("pence", "uplift", "years", "found"),
    [
        (100_00, "0.03", 0, 100_00), (100_00, "0.03", 1, 103_00), (100_00, "0.03", 2, 106_09),
        (50, "0.01", 1, 51), (49, "0.01", 1, 49), (100_00, "0.03", -3, 100_00), (100_00, "0", 9, 100_00),
        (1, "0.5", 1, 2), (1, "0.499", 1, 1), (12_345, "0.025", 3, 13_294),
    ],
)  # fmt: skip
def test_uplift_is_compounded_and_rounded_half_up_once(pence: int, uplift: str, years: int, found: int) -> None:
    assert uplifted(pence, Decimal(uplift), years) == found


@pytest.mark.parametrize(
    ("pence", "shares", "found"),
    [
        (101, {"sbc": "0.5", "ehdc": "0.5"}, {"sbc": 50, "ehdc": 51}),
        (100, {"b": "0.335", "a": "0.665"}, {"a": 67, "b": 33}),
        (10, {"a": "0.3333", "b": "0.3333", "c": "0.3334"}, {"a": 3, "b": 3, "c": 4}),
        (1, {"a": "0", "b": "1"}, {"a": 0, "b": 1}),
        (0, {"a": "0.2", "b": "0.8"}, {"a": 0, "b": 0}),
    ],
)
def test_the_penny_that_is_left_goes_to_the_largest_remainder_and_then_by_name(
    pence: int, shares: dict[str, str], found: dict[str, int]
) -> None:
    assert divide(pence, {name: Decimal(share) for name, share in shares.items()}) == found


@st.composite
def any_shares(draw: st.DrawFn) -> tuple[tuple[str, Decimal], ...]:
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=0, max_size=4)))
    edges = [0, *cuts, 10_000]
    return tuple((f"c{n}", Decimal(b - a) / 10_000) for n, (a, b) in enumerate(pairwise(edges)))


@given(st.integers(0, 10**12), any_shares())
def test_shares_sum_to_the_penny_and_nobody_is_a_penny_off(pence: int, shares: tuple[tuple[str, Decimal], ...]) -> None:
    given_ = divide(pence, shares)
    assert sum(given_.values()) == pence
    assert all(abs(given_[name] - pence * share) < 1 for name, share in shares)


@pytest.mark.parametrize(
    "shares", [(("a", Decimal("0.5")),), (("a", Decimal(2)), ("b", Decimal(-1))), (("a", Decimal("0.5")),) * 2]
)
def test_shares_that_are_no_shares_divide_nothing(shares: tuple[tuple[str, Decimal], ...]) -> None:
    with pytest.raises(ValueError, match="share"):
        divide(100, shares)


def test_money_is_written_with_pence_only_where_there_are_any() -> None:
    assert [pounds(p) for p in (0, 5, 1_234_500, -250)] == ["£0", "£0.05", "£12,345", "-£2.50"]


# ---------------------------------------------------------------- what falls due
PRICES = (
    CostRule(1000_00, class_="switch"), CostRule(300_00, part="battery"),
    CostRule(310_00, part="battery", class_="ups"),
    CostRule(5000_00, models=("63*",)), CostRule(480_00, class_="wifi_ap"), CostRule(90_00, part="power_supply"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("part", "role", "model", "price"),
    [
        ("chassis", "switch", "2930F", 1000_00),
        ("stack_member", "switch", "2930F", 1000_00),
        ("chassis", "switch", "6300m", 5000_00),
        ("battery", "ups", "RBC7", 310_00),
        ("battery", "switch", "RBC7", 300_00),
        ("access_point", "wifi_controller", "AP-505", 480_00),
        ("power_supply", "switch", "JL086A", 90_00),
        ("chassis", "router", "C1111", None),
        ("chassis", "switch", None, 1000_00),
    ],
)
def test_the_most_specific_price_holds(part: str, role: str, model: str | None, price: int | None) -> None:
    (item,) = items_of([piece(part=part, role=role, model=model)], replace(TERMS, rules=PRICES)).dated
    assert (item.price and item.price.pence) == price


def test_prices_of_classes_and_models_make_no_fan_a_thing_that_is_bought() -> None:
    terms = replace(TERMS, rules=PRICES)
    fan, supply = piece("fan", part="fan", unit=False), piece("psu", part="power_supply", unit=False, model="JL086A")
    paid = piece("card", part="line_card", unit=False, model="X", owned=Owning(price_pence=7))
    found = {item.key: item.price.pence for item in items_of([fan, supply, paid], terms).dated if item.price}
    assert found == {"psu": 90_00, "card": 7}


def test_where_no_price_is_listed_the_price_paid_once_is_taken_for_the_year_it_was_paid_in() -> None:
    bought = piece(owned=Owning(purchased=date(2021, 4, 1), price_pence=1000_00))
    (item,) = items_of([bought], TERMS).dated
    assert item.price == Price(1000_00, FinancialYear(2021), "price paid in 2021-22")
    (year,) = [y for y in plan_of([item], replace(TERMS, uplift=Decimal("0.1"))).years if y.bought]
    assert (str(year.year), year.pence) == ("2028-29", 1948_72)


def test_a_price_for_all_members_of_a_device_is_counted_once() -> None:
    owned = Owning(purchased=date(2021, 4, 1), price_pence=1000_00, origin="inventory.yaml:7")
    members = [piece(f"m{n}", part="stack_member", device="stack", owned=owned) for n in range(3)]
    found = [item.price for item in items_of(members, TERMS).dated]
    assert [price.pence for price in found if price] == [333_34, 333_33, 333_33]
    assert found[0] is not None
    assert found[0].basis.endswith("for 3 members together")
    single = [replace(m, owned=replace(owned, origin=f"purchases.csv:{n}")) for n, m in enumerate(members)]
    assert sum(item.price.pence for item in items_of(single, TERMS).dated if item.price) == 3000_00


def test_what_has_no_price_is_counted_and_is_not_free() -> None:
    programme = programme_of([piece("a"), piece("b", model="other")], TERMS, (), NOW)
    assert (programme.plan.unpriced, programme.plan.pence) == (2, 0)
    assert [(lot.model, lot.number, lot.unpriced) for lot in programme.unpriced] == [("6300M", 1, 1), ("other", 1, 1)]
    free = programme_of([piece("a")], replace(TERMS, rules=(CostRule(0, class_="switch"),)), (), NOW)
    assert free.plan.unpriced == 0


def test_only_what_is_there_counts() -> None:
    items = items_of([piece("a", presence="gone"), piece("b", presence="withdrawn"), piece("c")], TERMS)
    assert [item.key for item in items.dated] == ["c"]


def test_what_nothing_dates_stands_apart_with_its_price() -> None:
    terms = replace(TERMS, rules=PRICES)
    first_seen = piece("a", stage="unknown")
    (undated,) = items_of([first_seen], terms).undated
    assert undated.price is not None
    assert undated.price.pence == 5000_00
    ends = Reason("end_of_support", date(2029, 1, 31), (), "the vendor's support ends")
    (item,) = items_of([piece("a", stage="unknown", reasons=(ends,))], terms).dated
    assert (item.due_on, item.support_ends_on) == (date(2029, 1, 31), date(2029, 1, 31))


def test_the_money_is_that_of_the_records_before_that_of_all_councils() -> None:
    own = (("sbc", Decimal(1)),)
    wrong = (("sbc", Decimal("0.9")),)
    pieces = [
        piece("a", owned=Owning(shares=own)),
        piece("b"),
        piece("c", owned=Owning(shares=wrong, origin="x.csv:3")),
    ]
    found = programme_of(pieces, replace(TERMS, rules=PRICES), (), NOW, {"sbc": "Stevenage", "ehdc": "East Herts"})
    assert found.plan.councils == {"sbc": 10_000_00, "ehdc": 5000_00}
    assert found.councils == {"sbc": "Stevenage", "ehdc": "East Herts"}
    (doubt,) = found.doubts
    assert "x.csv:3" in doubt
    assert "sum to 1" in doubt


def test_what_was_due_before_falls_in_the_first_year_and_is_called_backlog() -> None:
    plan = plan_of([due("old", date(2021, 1, 1)), due("new", date(2026, 4, 1))], TERMS)
    assert bought_in(plan)["2026-27"] == ["old", "new"]
    assert plan.years[0].backlog == 1


def test_what_is_replaced_falls_due_again_when_its_years_are_over() -> None:
    plan = plan_of([due("battery", date(2026, 9, 1), lasts=4), due("switch", date(2026, 9, 1), lasts=7)], TERMS)
    assert bought_in(plan) == {"2026-27": ["battery", "switch"], "2030-31": ["battery"]}
    assert [(y.again, y.number) for y in plan.years if y.bought] == [(0, 2), (1, 1)]
    (again,) = plan.years[4].bought
    assert (again.item.again, again.item.due_on, again.item.support_ends_on) == (1, date(2030, 9, 1), None)
    assert plan.later == ()


def test_what_was_bought_late_falls_due_again_later() -> None:
    first, second = due("a", date(2026, 5, 1), lasts=4), due("b", date(2026, 6, 1), lasts=4)
    plan = plan_of([first, second], replace(TERMS, cap=100_00))
    assert bought_in(plan) == {"2026-27": ["a"], "2027-28": ["b"], "2030-31": ["a"], "2031-32": ["b"]}
    late_backlog = plan_of([due("c", date(2019, 1, 1), lasts=4)], TERMS)
    assert bought_in(late_backlog) == {"2026-27": ["c"], "2030-31": ["c"]}


# ---------------------------------------------------------------- smoothing
def test_under_a_cap_what_does_not_fit_waits_and_stands_at_the_head_of_the_next_queue() -> None:
    dues = [
        due("young", date(2026, 8, 1)), due("overdue", date(2024, 8, 1)),
        due("unsupported", date(2026, 9, 1), support=date(2026, 9, 1)),
        due("next", date(2025, 4, 1) + timedelta(days=800), support=date(2027, 7, 1)),
    ]  # fmt: skip
    plan = plan_of(dues, replace(TERMS, cap=100_00))
    assert [one.item.key for one in plan.bought] == ["unsupported", "overdue", "young", "next"]
    assert [year.waiting for year in plan.years[:4]] == [2, 2, 1, 0]
    assert plan.years[0].waiting_pence == 200_00
    assert all(year.over == 0 for year in plan.years)


def test_a_firewall_without_support_is_never_put_off_and_the_year_says_so() -> None:
    dues = [due(f"fw{n}", date(2026, 8, 1), 80_00, firewall=True, support=date(2027, 3, 31)) for n in range(2)]
    plan = plan_of([*dues, due("switch", date(2026, 5, 1), 50_00)], replace(TERMS, cap=100_00))
    first = plan.years[0]
    assert [one.item.key for one in first.bought] == ["fw0", "fw1"]
    assert (first.over, first.waiting) == (60_00, 1)
    (why,) = first.why
    assert why.startswith("2 firewalls whose vendor support ends in or before the year are not put off: £160")


def test_a_firewall_that_is_only_old_waits_until_its_support_ends() -> None:
    old = due("fw", date(2026, 8, 1), 80_00, firewall=True, support=date(2028, 1, 1))
    others = [due(f"s{n}", date(2026, 5, 1), 100_00) for n in range(4)]
    plan = plan_of([old, *others], replace(TERMS, cap=100_00))
    assert bought_in(plan) == {"2026-27": ["s0"], "2027-28": ["fw"], "2028-29": ["s1"], "2029-30": ["s2"],
                               "2030-31": ["s3"]}  # fmt: skip


def test_what_is_dearer_than_the_cap_is_bought_when_nothing_else_that_may_wait_was() -> None:
    dues = [due("small", date(2026, 5, 1), 50_00), due("dear", date(2026, 6, 1), 150_00), due("tail", date(2026, 7, 1))]
    plan = plan_of(dues, replace(TERMS, cap=100_00))
    assert bought_in(plan) == {"2026-27": ["small"], "2027-28": ["dear"], "2028-29": ["tail"]}
    assert plan.years[1].over == 50_00
    assert "alone costs £150, which is more than the cap" in plan.years[1].why[0]


def test_what_does_not_fit_into_the_programme_is_listed_as_beyond() -> None:
    plan = plan_of([due(f"s{n}", date(2026, 5, 1 + n)) for n in range(9)], replace(TERMS, cap=100_00))
    assert [one.key for one in plan.beyond] == ["s7", "s8"]
    assert plan.years[-1].waiting == 2


def test_what_has_no_price_takes_no_part_in_the_cap() -> None:
    plan = plan_of([due("a", date(2026, 5, 1)), due("b", date(2026, 6, 1), None)], replace(TERMS, cap=100_00))
    assert bought_in(plan) == {"2026-27": ["a", "b"]}
    assert plan.years[0].unpriced == 1


@st.composite
def any_dues(draw: st.DrawFn) -> list[Due]:
    rows = draw(
        st.lists(
            st.tuples(
                st.dates(date(2018, 1, 1), date(2036, 1, 1)),
                st.one_of(st.none(), st.integers(0, 400)),
                st.booleans(),
                st.one_of(st.none(), st.integers(0, 2000)),
                st.sampled_from([0.5, 2.5, 4.0, 7.0, 30.0]),
            ),
            max_size=30,
        )
    )
    return [
        due(
            f"k{n:02}", on, pence, firewall=firewall, lasts=lasts,
            support=on + timedelta(days=after) if after is not None else None,
        )
        for n, (on, pence, firewall, after, lasts) in enumerate(rows)
    ]  # fmt: skip


CAPS = st.one_of(st.none(), st.integers(1, 500))
UPLIFTS = st.sampled_from([Decimal(0), Decimal("0.03"), Decimal("0.5")])


def everything(plan: Plan) -> Counter[tuple[str, int]]:
    rows = [one.item for one in plan.bought]
    return Counter((one.key, one.again) for one in (*rows, *plan.beyond, *plan.later))


@given(any_dues(), CAPS, UPLIFTS)
def test_whatever_the_cap_nothing_is_lost_moved_earlier_or_bought_twice(
    dues: list[Due], cap: int | None, uplift: Decimal
) -> None:
    plan = plan_of(dues, replace(TERMS, cap=cap, uplift=uplift))
    found = everything(plan)
    assert set(found.values()) <= {1}
    assert {key for key, again in found if again == 0} == {one.key for one in dues}
    for one in plan.bought:
        assert FinancialYear.of(one.item.due_on) <= FIRST + one.year or one.backlog
        assert sum(part for _, part in one.parts) == (one.pence or 0)
        again = FinancialYear.of(one.item.renewed_on((FIRST + one.year).begins_on))  # what is bought falls due again
        assert ((one.item.key, one.item.again + 1) in found) == (max(again - FIRST, one.year + 1) < TERMS.count)
    for row in plan.years:
        assert sum(row.councils.values()) == row.pence == sum(one.pence or 0 for one in row.bought)
        assert row.over == 0 or row.why
        assert (row.pence - row.over <= cap) if cap is not None else row.over == 0


@given(any_dues(), CAPS, UPLIFTS)
def test_whatever_the_cap_no_firewall_is_put_off_past_the_end_of_its_support(
    dues: list[Due], cap: int | None, uplift: Decimal
) -> None:
    plan = plan_of(dues, replace(TERMS, cap=cap, uplift=uplift))
    waiting = [(one, TERMS.count) for one in plan.beyond] + [(one.item, one.year) for one in plan.bought]
    for item, until in waiting:
        if item.firewall and item.support_ends_on is not None:
            ended = max(0, FinancialYear.of(item.support_ends_on) - FIRST)
            due_in = max(0, FinancialYear.of(item.due_on) - FIRST)
            assert until <= max(ended, due_in) or max(ended, due_in) >= TERMS.count
    assert all(row.risk.unsupported_firewalls == 0 for row in plan.years)


@given(any_dues(), st.integers(1, 500))
def test_without_uplift_smoothing_changes_when_and_not_how_much(dues: list[Due], cap: int) -> None:
    once = [one._replace(lasts=30.0) for one in dues]
    free, capped = plan_of(once, TERMS), plan_of(once, replace(TERMS, cap=cap))
    beyond = sum(one.price.pence for one in capped.beyond if one.price)
    assert capped.pence + beyond == free.pence
    assert Counter(one.key for one in free.later if not one.again) == Counter(
        one.key for one in capped.later if not one.again
    )


@given(any_dues(), CAPS, UPLIFTS)
def test_slipping_a_year_loses_nothing_and_carries_no_less_risk(
    dues: list[Due], cap: int | None, uplift: Decimal
) -> None:
    terms = replace(TERMS, cap=cap, uplift=uplift)
    plan = plan_of(dues, terms)
    slip = slipped(plan, terms)
    assert everything(slip) == everything(plan)
    before = {(one.item.key, one.item.again): one.year for one in plan.bought}
    assert all(before[one.item.key, one.item.again] + 1 == one.year for one in slip.bought)
    assert slip.years[0].number == 0
    for a, b in zip(plan.years, slip.years, strict=True):
        assert sum(b.councils.values()) == b.pence
        more = b.risk - a.risk
        assert min(more.past_age, more.past_support, more.unsupported_firewalls) >= 0


# ---------------------------------------------------------------- slipping and risk
def test_slipping_costs_the_uplift_and_carries_the_risk_for_another_year() -> None:
    terms = replace(TERMS, uplift=Decimal("0.1"))
    plan = plan_of([due("fw", date(2026, 5, 1), firewall=True, support=date(2026, 6, 1)), due("s", date(2033, 1, 1))],
                   terms)  # fmt: skip
    slip = slipped(plan, terms)
    assert [row.pence for row in plan.years] == [100_00, 0, 0, 0, 0, 0, 177_16]
    assert [row.pence for row in slip.years] == [0, 110_00, 0, 0, 0, 0, 0]
    assert [one.key for one in slip.beyond] == ["s"]
    assert [row.risk for row in slip.years[:2]] == [Risk(1, 1, 1), Risk()]
    assert plan.years[0].risk == Risk()


def test_an_exception_puts_off_the_purchase_and_not_the_age() -> None:
    age = Reason("replace_age", date(2030, 5, 1), (), "7 years", postponed_from=date(2027, 5, 1))
    (item,) = items_of([piece(due=date(2030, 5, 1), reasons=(age,))], TERMS).dated
    plan = plan_of([item], TERMS)
    assert list(bought_in(plan)) == ["2030-31"]
    assert [row.risk.past_age for row in plan.years] == [0, 1, 1, 1, 0, 0, 0]


# ---------------------------------------------------------------- evidence
def outage(device: str, days_ago: float, hours: float | None, **more: object) -> Outage:
    began = NOW - timedelta(days=days_ago)
    ended = began + timedelta(hours=hours) if hours is not None else None
    return Outage(UUID(int=int(days_ago * 10)), f"device:{device}", began, ended, "no answer", **more)  # type: ignore[arg-type]


def test_outages_of_old_hardware_stand_beside_those_of_the_rest() -> None:
    pieces = [
        piece("a", due=date(2026, 1, 1), device="old"), piece("b", due=date(2030, 1, 1), device="old"),
        piece("c", due=date(2030, 1, 1), device="new"),
        piece("d", due=date(2020, 1, 1), device="ctl", part="access_point"),
    ]  # fmt: skip
    began = NOW - timedelta(days=2)
    tolls = tolls_of(
        items_of(pieces, TERMS),
        [
            outage("old", 1, None), outage("old", 30, 2), outage("old", 900, 5), outage("new", 10, 1),
            outage("old", 2, 4, breaks=((began + timedelta(hours=1), began + timedelta(hours=2)),),
                   planned=((began + timedelta(hours=3), began + timedelta(hours=9)),)),
            outage("new", 5, 3, cause="device:core"), outage("elsewhere", 5, 3), outage("ctl", 5, 3),
        ],
        NOW,
    )  # fmt: skip
    assert (tolls.past.devices, tolls.past.pieces, tolls.past.open_now, tolls.past.outages) == (1, 2, 1, 3)
    assert tolls.past.down == timedelta(hours=24 + 2 + 2)
    assert (tolls.rest.devices, tolls.rest.pieces, tolls.rest.outages) == (1, 1, 1)
    assert tolls.past.per_hundred == 150
    assert tolls.rest.down_each == timedelta(hours=1)


def test_an_empty_register_makes_an_empty_programme() -> None:
    programme = programme_of([], TERMS, (), NOW)
    assert (programme.plan.pence, programme.plan.number, programme.backlog) == (0, 0, (0, 0))
    assert programme.tolls.past.per_hundred is None
