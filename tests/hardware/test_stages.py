"""What decides about a piece of hardware, which of it weighs most, and what an exception may and may not put off."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.lifecycle import EVIDENCE, STAGES, Keep, Life, Notice, Owning, Policy, Reason, dated, stage
from agent.lifecycle.stages import BATTERY
from tests.hardware.test_sighting import TODAY, asset

YOUNG = Owning(purchased=date(2025, 1, 1))
OLD = Owning(purchased=date(2016, 1, 1))
KEEP = Keep("museum", date(2027, 9, 30), "Head of Property", "the museum moves")
GRAVITY = {"in_life": 0, "unknown": 0, "review_due": 1, "refresh_due": 2, "overdue": 3, "unsupported": 4}


def notice(**values: object) -> Notice:
    return Notice("Cisco", ("C9300*",), source="vendor's page", **values)  # type: ignore[arg-type]


def kinds(life: Life) -> list[str]:
    return [reason.kind for reason in life.reasons]


# ---------------------------------------------------------------- each reason by itself
@pytest.mark.parametrize(
    ("says", "found"),
    [
        pytest.param({"end_of_sale": date(2026, 11, 23)}, "in_life", id="sold until tomorrow"),
        pytest.param({"end_of_sale": date(2026, 11, 22)}, "review_due", id="sold until today"),
        pytest.param({"end_of_software_maintenance": date(2026, 11, 23)}, "in_life", id="mended until tomorrow"),
        pytest.param({"end_of_software_maintenance": date(2020, 1, 1)}, "review_due", id="no longer mended"),
        pytest.param({"end_of_support": date(2027, 11, 23)}, "in_life", id="supported for more than a year"),
        pytest.param({"end_of_support": date(2027, 11, 22)}, "refresh_due", id="supported for a year"),
        pytest.param({"end_of_support": date(2026, 11, 23)}, "refresh_due", id="supported until tomorrow"),
        pytest.param({"end_of_support": date(2026, 11, 22)}, "unsupported", id="supported until today"),
        pytest.param({"end_of_security_support": date(2026, 11, 22)}, "unsupported", id="holes closed until today"),
        pytest.param({"ended": ("end_of_sale",)}, "review_due", id="sale is over, nobody says since when"),
        pytest.param({"ended": ("end_of_support",)}, "unsupported", id="support is over, nobody says since when"),
        pytest.param({"ended": ("end_of_security_support",)}, "unsupported", id="security support is over likewise"),
        pytest.param({}, "in_life", id="a notice that says nothing"),
    ],
)
def test_what_the_vendor_says_decides_from_its_day(says: dict[str, object], found: str) -> None:
    life = stage(asset(), YOUNG, Policy(), TODAY, notice=notice(**says))
    assert life.stage == found
    if found != "in_life":
        assert "vendor's page" in life.reason


def test_support_that_is_over_since_nobody_says_when_is_told_so_and_keeps_its_day() -> None:
    over = notice(ended=("end_of_support",), fetched_on=date(2026, 10, 1))
    first = stage(asset(), YOUNG, Policy(), TODAY, notice=over)
    later = stage(asset(), YOUNG, Policy(), TODAY + timedelta(days=1), notice=over)
    assert "a day that is not known" in first.reason
    assert first.reasons == later.reasons
    assert first.support_ends_on is None


@pytest.mark.parametrize(
    ("until", "found"),
    [
        (date(2027, 2, 21), "in_life"),
        (date(2027, 2, 20), "review_due"),
        (date(2026, 11, 22), "review_due"),
        (date(2026, 11, 21), "unsupported"),
    ],
)
def test_a_support_contract_is_to_be_renewed_and_asks_for_no_replacement(until: date, found: str) -> None:
    life = stage(asset(), replace(YOUNG, support_until=until), Policy(), TODAY)
    assert life.stage == found
    assert life.replace_on == date(2032, 1, 1)
    assert life.support_ends_on is None
    assert found == "in_life" or until.isoformat() in life.reason


def test_a_battery_is_reviewed_and_replaced_by_its_own_years() -> None:
    assert (BATTERY.review_years, BATTERY.replace_years, BATTERY.soon_days) == (3.0, 4.0, 180)
    life = stage(asset(part="battery"), YOUNG, Policy(battery_years=2).of_battery, TODAY)
    assert (life.review_on, life.replace_on, life.stage) == (date(2026, 7, 1), date(2027, 1, 1), "refresh_due")


# ---------------------------------------------------------------- all of them together
def test_the_gravest_stage_holds_and_of_its_reasons_the_earliest_and_all_are_listed_by_day() -> None:
    both = notice(
        end_of_sale=date(2019, 1, 1), end_of_security_support=date(2024, 1, 1), end_of_support=date(2025, 1, 1)
    )
    life = stage(asset(replace_by="2021-01-01"), OLD, Policy(), TODAY, notice=both)
    assert life.stage == "unsupported"
    assert "2024-01-01" in life.reason
    assert kinds(life) == [
        "end_of_sale", "review_age", "device_date", "replace_age", "end_of_security_support", "end_of_support",
    ]  # fmt: skip
    assert (life.replace_on, life.support_ends_on) == (date(2021, 1, 1), date(2024, 1, 1))


def test_what_is_in_life_says_what_comes_next() -> None:
    life = stage(asset(), YOUNG, Policy(), TODAY, notice=notice(end_of_sale=date(2027, 5, 1)))
    assert life.reason.startswith("next: the vendor sells it until 2027-05-01")


def test_a_part_of_unknown_age_is_as_old_as_the_device_it_came_in() -> None:
    whole = dated(asset(), Owning(purchased=date(2019, 2, 1)))
    life = stage(asset(part="fan"), None, Policy(), TODAY, whole=whole)
    assert (life.evidence.kind, life.evidence.confidence, life.stage) == ("device", "low", "overdue")
    assert stage(asset(part="fan"), None, Policy(), TODAY, whole=dated(asset())).stage == "unknown"


# ---------------------------------------------------------------- exceptions
def test_an_exception_puts_age_off_to_its_day_and_says_who_decided_it() -> None:
    life = stage(asset(), OLD, Policy(), date(2026, 9, 1), keep=KEEP)
    assert (life.stage, life.replace_on, life.keep) == ("in_life", KEEP.until, KEEP)
    assert {reason.postponed_from for reason in life.reasons} == {date(2020, 1, 1), date(2023, 1, 1)}
    soon = stage(asset(), OLD, Policy(), TODAY, keep=KEEP)
    assert soon.stage == "refresh_due"
    assert "Head of Property: the museum moves" in soon.reason


def test_from_its_day_on_an_exception_no_longer_counts_and_is_still_told_of() -> None:
    assert stage(asset(), OLD, Policy(), KEEP.until - timedelta(days=1), keep=KEEP).stage == "refresh_due"
    life = stage(asset(), OLD, Policy(), KEEP.until, keep=KEEP)
    assert (life.stage, life.replace_on, life.keep) == ("overdue", date(2023, 1, 1), KEEP)


def test_an_exception_that_ends_before_anything_is_due_puts_nothing_off() -> None:
    with_it, without = (stage(asset(), YOUNG, Policy(), TODAY, keep=keep) for keep in (KEEP, None))
    assert replace(with_it, keep=None) == without


# ---------------------------------------------------------------- software
def running(**says: object) -> Notice:
    return Notice("Fortinet", product="FortiOS", version="7.2", source="list", **says)  # type: ignore[arg-type]


SEEN = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("version", "seen", "says", "found"),
    [
        pytest.param(None, SEEN, None, "unknown", id="no version, no software"),
        pytest.param("7.2.8", None, None, "unknown", id="nothing known of it"),
        pytest.param("7.2.8", SEEN, None, "unknown", id="seen for less than three years says nothing"),
        pytest.param("7.2.8", datetime(2023, 11, 22, tzinfo=UTC), None, "review_due", id="seen for three years"),
        pytest.param("7.2.8", SEEN, running(released_on=date(2023, 11, 22)), "review_due", id="three years old"),
        pytest.param("7.2.8", SEEN, running(released_on=date(2023, 11, 23)), "current", id="not yet three years old"),
        pytest.param("7.2.8", None, running(end_of_support=date(2027, 1, 1)), "current", id="supported"),
        pytest.param("7.2.8", None, running(end_of_support=date(2026, 11, 22)), "unsupported", id="support ends today"),
        pytest.param("7.2.8", None, running(end_of_security_support=date(2025, 1, 1), end_of_support=date(2030, 1, 1)),
                     "unsupported", id="no holes are closed"),
        pytest.param("7.2.8", None, running(ended=("end_of_support",)), "unsupported", id="over, nobody says when"),
        pytest.param("7.2.8", None, running(ended=("end_of_security_support",), end_of_support=date(2030, 1, 1)),
                     "unsupported", id="holes no longer closed, nobody says since when"),
        pytest.param("7.2.8", SEEN, running(released_on=date(2025, 1, 1), end_of_software_maintenance=date(2026, 1, 1)),
                     "review_due", id="no longer mended"),
    ],
)  # fmt: skip
def test_software_has_a_stage_of_its_own(
    version: str | None, seen: datetime | None, says: Notice | None, found: str
) -> None:
    thing = replace(asset(version=version), version_seen_at=seen)
    life = stage(thing, YOUNG, Policy(), TODAY, software=says)
    assert life.software.stage == found
    assert life.stage == "in_life"
    assert all(reason.steps == () for reason in life.reasons if reason.kind.startswith("software"))


def test_software_says_what_it_is_and_when_it_is_due() -> None:
    thing = replace(asset(version="7.2.8"), version_seen_at=SEEN)
    says = running(released_on=date(2022, 3, 31), end_of_support=date(2026, 9, 30))
    life = stage(thing, YOUNG, Policy(), TODAY, software=says)
    assert (life.software.product, life.software.review_on, life.software.support_ends_on) == (
        "FortiOS", date(2025, 3, 31), date(2026, 9, 30),
    )  # fmt: skip
    assert life.software.reason == "FortiOS 7.2.8 is supported until 2026-09-30 (list)"
    assert [kind for kind in kinds(life) if kind.startswith("software")] == ["software_age", "software_support"]


# ---------------------------------------------------------------- properties
days = st.dates(date(1995, 1, 1), date(2060, 1, 1))
maybe = st.none() | days
notices = st.builds(
    Notice, vendor=st.just("Cisco"), released_on=maybe, end_of_sale=maybe, end_of_software_maintenance=maybe,
    end_of_security_support=maybe, end_of_support=maybe, fetched_on=maybe,
    ended=st.lists(
        st.sampled_from(["end_of_sale", "end_of_software_maintenance", "end_of_security_support", "end_of_support"]),
        unique=True,
    ).map(tuple),
)  # fmt: skip
ownings = st.builds(Owning, purchased=maybe, installed=maybe, support_until=maybe)
keeps = st.builds(Keep, st.just("name"), days, st.just("owner"), st.just("reason"))
policies = st.builds(
    Policy, st.floats(0.5, 10), st.floats(0.5, 15), st.integers(0, 800), st.floats(0.5, 10), st.floats(0.5, 10)
)
texts = maybe.map(lambda day: day.isoformat() if day else None)
assets = st.builds(
    lambda first, made, installed, by: asset(first, manufactured=made, installed=installed, replace_by=by, version="1"),
    days, texts, texts, texts,
)  # fmt: skip


@given(assets, ownings, policies, days, st.none() | notices, st.none() | notices, st.none() | keeps)
def test_a_life_is_whole_whatever_is_known(
    thing: object,
    owned: Owning,
    policy: Policy,
    today: date,
    says: Notice | None,
    ran: Notice | None,
    keep: Keep | None,
) -> None:
    life = stage(thing, owned, policy, today, notice=says, software=ran, keep=keep)  # type: ignore[arg-type]
    assert life.stage in STAGES
    assert life.evidence.kind in EVIDENCE
    assert life.age_days is None or life.age_days >= 0
    assert [r.on for r in life.reasons] == sorted(r.on for r in life.reasons)
    told = [r.at(today) or "in_life" for r in life.reasons]
    assert max((GRAVITY[one] for one in told), default=0) == GRAVITY[life.stage]
    if GRAVITY[life.stage]:
        assert life.reason == next(r.text for r in life.reasons if r.at(today) == life.stage)


@given(assets, ownings, policies, days, notices, st.none() | keeps)
def test_one_more_reason_never_makes_a_stage_better(
    thing: object, owned: Owning, policy: Policy, today: date, says: Notice, keep: Keep | None
) -> None:
    bare = stage(thing, replace(owned, support_until=None), policy, today, keep=keep)  # type: ignore[arg-type]
    contract = stage(thing, owned, policy, today, keep=keep)  # type: ignore[arg-type]
    both = stage(thing, owned, policy, today, notice=says, keep=keep)  # type: ignore[arg-type]
    assert GRAVITY[bare.stage] <= GRAVITY[contract.stage] <= GRAVITY[both.stage]
    assert set(bare.reasons) <= set(contract.reasons) <= set(both.reasons)


@given(assets, ownings, policies, days, notices, keeps)
def test_an_exception_never_hides_that_support_has_ended_and_never_makes_a_stage_worse(
    thing: object, owned: Owning, policy: Policy, today: date, says: Notice, keep: Keep
) -> None:
    kept = stage(thing, owned, policy, today, notice=says, keep=keep)  # type: ignore[arg-type]
    without = stage(thing, owned, policy, today, notice=says)  # type: ignore[arg-type]
    assert (kept.stage == "unsupported") == (without.stage == "unsupported")
    assert kept.support_ends_on == without.support_ends_on
    assert GRAVITY[kept.stage] <= GRAVITY[without.stage]
    assert kept.keep == keep


@given(assets, ownings, policies, days, st.integers(0, 4000), notices)
def test_without_exceptions_nothing_gets_better_by_waiting(
    thing: object, owned: Owning, policy: Policy, today: date, wait: int, says: Notice
) -> None:
    # A record of what had not come yet was refused; once it has come, it may make things younger.
    owned = replace(
        owned, purchased=min(owned.purchased or today, today), installed=min(owned.installed or today, today)
    )  # fmt: skip
    now = stage(thing, owned, policy, today, notice=says)  # type: ignore[arg-type]
    then = stage(thing, owned, policy, today + timedelta(days=wait), notice=says)  # type: ignore[arg-type]
    assert GRAVITY[now.stage] <= GRAVITY[then.stage]
    assert (now.age_days or 0) <= (then.age_days or 0)
    assert now.reasons == then.reasons


def test_a_reason_without_steps_never_gives_a_stage() -> None:
    assert Reason("software_age", date(2000, 1, 1), (), "").at(TODAY) is None


def test_a_virtual_machine_is_nothing_to_replace_and_only_its_software_is_reviewed() -> None:
    machine = asset(model="Generic x86 64-bit", serial="VMware-56 4d 0c 11 22 33 44 55", version="6.1.0")
    life = stage(machine, None, Policy(), TODAY)
    assert (life.stage, life.replace_on, life.review_on) == ("in_life", None, None)
    assert "virtual machine" in life.reason
    bought = stage(machine, OLD, Policy(), TODAY)
    assert bought.replace_on is not None
    assert stage(replace(machine, model="VMware ESXi", serial=None), None, Policy(), TODAY).stage == "unknown"
