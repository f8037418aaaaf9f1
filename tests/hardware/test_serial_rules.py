"""Dates in serial numbers: each rule by its own examples, what no rule may say, and how the rules are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.lifecycle.serial_page import LADDER, markdown
from agent.lifecycle.serial_rules import SHIPPED, Bad, Example, Good, RulesInvalid, Written, read_rules
from agent.lifecycle.serials import EARLIEST, MOST, SerialRules, made_on, shipped
from agent.lifecycle.words import EVIDENCE

RULES = read_rules(SHIPPED)
GOOD = [pytest.param(rule, one, id=f"{rule.name}: {one.serial}") for rule in RULES for one in rule.examples]
BAD = [pytest.param(rule, one, id=f"{rule.name}: {one.why}") for rule in RULES for one in rule.counter_examples]


# ---------------------------------------------------------------- the rules that are shipped
@pytest.mark.parametrize(("rule", "one"), GOOD)
def test_every_example_gives_its_date_by_its_rule(rule: Written, one: Good) -> None:
    made = made_on(one.asset(rule.vendors[0]))
    assert made is not None
    assert (made.day, made.rule, made.confidence) == (one.made, rule.name, rule.confidence)


@pytest.mark.parametrize(("rule", "one"), BAD)
def test_no_counter_example_gives_a_date_by_its_rule(rule: Written, one: Bad) -> None:
    assert SerialRules([rule.rule]).made_on(one.asset(rule.vendors[0])) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_counter_example_would_be_one_of_the_rule_but_for_its_reason(rule: Written) -> None:
    """A counter-example that fails for its letters alone proves nothing of the product lines."""
    kinds = {bool(rule.rule.pattern.fullmatch(one.serial.upper())) for one in rule.counter_examples}
    assert True in kinds


def test_no_vendor_without_an_established_rule_has_one() -> None:
    vendors = {vendor.casefold() for rule in RULES for vendor in (*rule.vendors, *rule.read_as)}
    assert not vendors & {
        "juniper",
        "juniper networks",
        "palo alto networks",
        "check point",
        "ruckus",
        "ruckus networks",
    }


@pytest.mark.parametrize("part", ["optic", "transceiver", "sfp"])
@pytest.mark.parametrize(("rule", "one"), GOOD)
def test_optics_have_no_date_whatever_is_on_them(rule: Written, one: Good, part: str) -> None:
    assert made_on(replace(one.asset(rule.vendors[0]), part=part)) is None


@pytest.mark.parametrize(
    "model",
    [
        "GLC-LH-SMD", "SFP-10G-SR", "SFP-H10GB-CU3M", "QSFP-100G-CU3M", "QSFP28-100G", "1000_BASE_LX_SFP", "X2-10GB-SR",
        "CFP2-100G", "DWDM-SFP10G", "SFP+ 10G", "sfp",
    ],
)  # fmt: skip
def test_optics_are_known_by_their_models_too(model: str) -> None:
    assert made_on(Example(serial="FNS17522EL8", model=model, part="line_card").asset("Cisco")) is None
    assert made_on(Example(serial="FNS17522EL8", model="WS-X4748-RJ45-E", part="line_card").asset("Cisco")) is not None


@pytest.mark.parametrize(
    "model",
    [
        "VMware Virtual Platform", "VMware7,1", "FortiGate-VM64", "FortiGate VM64", "FortiADC-VM", "PA-VM", "vSRX",
        "CHR", "ASAv", "CSR1000V", "C8000V", "C9800-CL-K9", "Nexus9000 9000v Chassis", "vMX", "ArubaMC-VA", "vThunder",
        "BIG-IP Virtual Edition", "Standard PC (KVM)", "FTDv", "IOSv", "vedge-cloud", "VM-300",
    ],
)  # fmt: skip
def test_virtual_machines_were_made_nowhere(model: str) -> None:
    for rule in RULES:
        for one in rule.examples:
            assert made_on(replace(one.asset(rule.vendors[0]), model=model)) is None


@pytest.mark.parametrize(
    "model",
    [
        "Juniper Virtual Chassis Switch",
        "vEdge-2000",
        "WS-C3850-48T-S",
        "CHASSIS-1",
        "VMS-1",
        "VMware ESXi",
        "KVM switch",
    ],
)
def test_hardware_that_sounds_like_a_virtual_machine_is_hardware(model: str) -> None:
    assert made_on(Example(serial="FCW2140L0AB", model=model).asset("Cisco")) is not None


@pytest.mark.parametrize(
    "serial", ["VMware-56 4d 0c 11 22 33 44 55", "FGVMEV0000000000", "FCW1234XXXXX", "1234567", ""]
)
def test_numbers_of_virtual_machines_and_placeholders_give_no_date(serial: str) -> None:
    for rule in RULES:
        assert made_on(Example.model_construct(serial=serial).asset(rule.vendors[0])) is None


# ---------------------------------------------------------------- whatever the number
def matching(rule: Written) -> st.SearchStrategy[str]:
    return st.from_regex(rule.rule.pattern, fullmatch=True).filter(str.isascii)


ANY = st.sampled_from(RULES).flatmap(lambda rule: st.tuples(st.just(rule), matching(rule)))
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def lines(rule: Written) -> st.SearchStrategy[Example]:
    """What the rule may be asked about: its product lines and others, of its vendor and others."""
    models = [one.model for one in rule.examples]
    return st.builds(
        Example,
        serial=matching(rule),
        vendor=st.sampled_from([*rule.vendors, *rule.read_as]),
        family=st.sampled_from([*rule.families, *(one.family for one in rule.examples), None]),
        model=st.sampled_from([*models, None]),
        part=st.sampled_from(["chassis", "power_supply", "stack_member", "management_card"]),
        seen=DAYS,
    )


@given(st.sampled_from(RULES).flatmap(lines))
def test_no_date_lies_after_it_was_first_seen_or_before_there_was_such_hardware(one: Example) -> None:
    made = made_on(one.asset("none"))
    if made is not None:
        assert EARLIEST - timedelta(days=366) <= made.day <= one.seen
        assert made.day <= made.until


@given(
    ANY,
    st.sampled_from(["Juniper", "Juniper Networks", "Palo Alto Networks", "Check Point", "Ruckus", "Moxa", "", None]),
)
def test_a_rule_never_speaks_for_another_vendor(pair: tuple[Written, str], vendor: str | None) -> None:
    rule, serial = pair
    for family in [*rule.families, None]:
        asset = replace(Example(serial=serial, family=family).asset("none"), vendor=vendor)
        assert made_on(asset) is None


@given(ANY)
def test_a_rule_never_speaks_for_a_part_or_product_line_that_is_not_its_own(pair: tuple[Written, str]) -> None:
    rule, serial = pair
    if rule.parts:
        other = Example(serial=serial, family=next(iter(rule.families), None), part="something else")
        assert SerialRules([rule.rule]).made_on(other.asset(rule.vendors[0])) is None
    if rule.families or rule.models:
        other = Example(serial=serial, family="another", model="Another 1")
        assert SerialRules([rule.rule]).made_on(other.asset(rule.vendors[0])) is None
    for vendor in rule.read_as:
        other = Example(serial=serial, family=next(iter(rule.families), None), vendor=vendor)
        assert SerialRules([rule.rule]).made_on(other.asset("none")) is None


@given(st.text(max_size=30), DAYS)
@example("FCW\u0662\u0661\u0664\u0660ABCD", date(2026, 1, 1))  # digits, and decimal, but not ours
def test_no_text_whatever_breaks_the_judging(serial: str, seen: date) -> None:
    for rule in RULES:
        asset = Example.model_construct(serial=serial, seen=seen, part="chassis").asset(rule.vendors[0])
        made = made_on(asset)
        assert made is None or made.day <= seen


def test_a_digit_of_a_year_is_the_latest_such_year_that_had_come_and_in_which_it_was_made() -> None:
    def year(serial: str, seen: date, model: str | None = None) -> int | None:
        made = made_on(Example(serial=serial, seen=seen, model=model, family="ilo").asset("HPE"))
        return made.day.year if made else None

    assert year("CZJ228ABCD", date(2022, 7, 10)) == 2012  # that week began on 11 July 2022
    assert year("CZJ228ABCD", date(2022, 7, 11)) == 2022
    assert year("CZJ228ABCD", date(2022, 7, 11), "ProLiant DL380p Gen8") == 2012
    assert year("CZJ228ABCD", date(2026, 7, 11), "ProLiant DL380 Gen10") == 2022
    assert year("CZJ528ABCD", date(2024, 7, 11), "ProLiant DL380 Gen10") is None  # 2015 was too early, 2025 not yet


def test_a_53rd_week_belongs_to_the_end_of_its_year_also_where_the_calendar_has_none() -> None:
    def day(serial: str) -> date | None:
        made = made_on(Example(serial=serial).asset("Cisco"))
        return made.day if made else None

    assert day("FOC2453L0AB") == date(2020, 12, 28)
    assert day("FOC2553L0AB") == date(2021, 12, 27)


def test_what_is_remembered_does_not_grow_without_bound_and_changes_no_answer() -> None:
    rules = SerialRules(rule.rule for rule in RULES)
    one = RULES[0].examples[0]
    expected = rules.made_on(one.asset("Cisco"))
    for number in range(MOST + 10):
        rules.made_on(replace(one.asset("Cisco"), model=f"made up {number}"))
    assert rules.made_on(one.asset("Cisco")) == expected
    assert len(rules._lines) <= MOST


# ---------------------------------------------------------------- reading
RULE = """\
rules:
  - name: one
    vendors: [Vendor]
    holds_for: everything
    pattern: 'A(?P<y>\\d\\d)(?P<w>\\d\\d)'
    year: {base: 2000}
    confidence: fair
    source: a book
    examples: [{serial: A1001, made: 2010-01-04}]
    counter_examples: [{serial: A1099, why: no such week}]
"""


@pytest.mark.parametrize(
    ("was", "is_now", "said"),
    [
        (
            "confidence: fair", "confidense: fair",
            "rules.yaml:7:5: rules[0].confidense: unknown key (did you mean 'confidence'?)",
        ),
        ("    source: a book\n", "", "rules.yaml:2:5: rules[0].source: missing"),
        ("confidence: fair", "confidence: certain", "rules.yaml:7:17: rules[0].confidence: "),
        ("\\d\\d)(?P<w>", "\\d\\d(?P<w>", "rules.yaml:5:14: rules[0].pattern: not a pattern: "),
        ("(?P<w>", "(?P<week>", "rules.yaml:5:14: rules[0].pattern: the groups of a pattern are y, and w or m"),
        ("(?P<w>", "(?P<d>", "rules[0].pattern: a week stands alone, a day stands with a month"),
        ("{base: 2000}", "{decade: true}", "rules[0]: one digit of a year may be ten years off: confidence low"),
        ("{base: 2000}", "{}", "rules[0]: the year that is counted from is missing: base"),
        ("2010-01-04", "soon", "rules.yaml:9:38: rules[0].examples[0].made: "),
        ("[Vendor]", "[]", "rules.yaml:3:14: rules[0].vendors: "),
        ("[Vendor]", "[Vendor]\n    read_as: [Linux]", "read_as wants models"),
        ("source: a book", "source: b\n    products: [{since: 2010-01-01}]", "rules[0].products[0]: which products?"),
        ("rules:", "rules: []\nrules:", "rules.yaml:2:1: rules: this key stands twice"),
        (RULE, RULE + RULE[7:], "rules.yaml:11:11: rules[1].name: a rule 'one' stands above already"),
        ("rules:", "rules", "rules.yaml:2:"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_key(was: str, is_now: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    assert was in RULE
    path.write_text(RULE.replace(was, is_now, 1), encoding="utf-8")
    with pytest.raises(RulesInvalid) as caught:
        read_rules(path)
    assert said in str(caught.value)


def test_a_file_without_mistakes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(RULE, encoding="utf-8")
    (rule,) = read_rules(path)
    made = made_on(rule.examples[0].asset("vendor"), SerialRules([rule.rule]))
    assert made is not None
    assert (made.day, made.precision, made.until) == (date(2010, 1, 4), "week", date(2010, 1, 10))


def test_the_committed_page_is_the_generated_one(root: Path) -> None:
    committed = (root / "docs" / "reference" / "serial-rules.md").read_text(encoding="utf-8")
    command = "python -m agent.lifecycle.serial_page > docs/reference/serial-rules.md"
    assert committed == markdown(), f"run: {command}"


def test_the_page_tells_of_every_rule_example_and_kind_of_evidence() -> None:
    page = markdown()
    for rule in RULES:
        assert f"| `{rule.name}` | {rule.vendors[0]}" in page
        assert all(f"`{one.serial}`" in page for one in (*rule.examples, *rule.counter_examples))
    assert [kind for kind, _ in LADDER] == [kind for kind in EVIDENCE if kind != "none"]


def test_the_shipped_rules_are_read_once() -> None:
    assert shipped() is shipped()
    assert len(shipped().rules) == len(RULES)
