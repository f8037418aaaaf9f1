"""What Prometheus finds on the exporter's pages."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from agent.exporter.discovery import discovery
from agent.exporter.own import Fact, Own
from agent.exporter.page import Pages
from agent.exporter.text import Format
from agent.latest import Latest
from agent.watched import Watched
from collectors.readings import Block, Cadence, Check, Group, Layout, Level, Metric, Sensor, Visit
from tests.readers.estate import IN, NOON, OPER, interfaces, pages, rows, visit

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def parsed(page: str, form: Format = Format.TEXT) -> Series:
    families = open_families(page) if form is Format.OPEN else text_families(page)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(page: str, name: str, **labels: str) -> float | None:
    found = [v for (n, ls), v in parsed(page).items() if n == name and set(labels.items()) <= set(ls)]
    assert len(found) <= 1, f"{name} {labels} is not one series"
    return found[0] if found else None


def device_page(of: Pages, name: str = "sw-wf-1", form: Format = Format.TEXT) -> str:
    page = of.device(name, form)
    assert page is not None
    packed = of.device_packed(name, form)
    assert packed is not None
    assert gzip.decompress(packed) == page
    return page.decode()


def sound(page: str) -> None:
    """No series twice, and the lines of one family together under one HELP and one TYPE."""
    lines = page.splitlines()
    series = Counter(line.rpartition(" ")[0] for line in lines if line and not line.startswith("#"))
    assert not [s for s, times in series.items() if times > 1]
    for mark in ("# HELP ", "# TYPE "):
        names = Counter(line.split(" ")[2] for line in lines if line.startswith(mark))
        assert not [n for n, times in names.items() if times > 1]
    order = [re.split(r"[{ ]", line, maxsplit=1)[0] for line in lines if line and not line.startswith("#")]
    runs = [name for place, name in enumerate(order) if place == 0 or order[place - 1] != name]
    counted = Counter(n for n in runs if not n.endswith(("_bucket", "_sum", "_count")))
    assert not [n for n, times in counted.items() if times > 1]


def test_interface_counters_keep_the_names_and_labels_of_snmp_exporter() -> None:
    page = device_page(pages(visit()))
    line = 'ifHCInOctets{device="sw-wf-1",ifIndex="1",ifName="Gi1/0/1",ifAlias="",ifDescr="GigabitEthernet1/0/1"} 10'
    assert line in page.splitlines()
    assert "# TYPE ifHCInOctets untyped" in page
    assert "# TYPE ifHCInOctets unknown" in device_page(pages(visit()), form=Format.OPEN)


def test_records_of_a_visit_carry_the_same_names_for_every_family() -> None:
    page = device_page(pages(visit()))
    assert value(page, "hartwatch_sensor_celsius", sensor="Inlet", index="1", kind="temperature") == 21.5
    assert value(page, "hartwatch_cpu_usage_ratio", cpu="CPU") == 0.25
    assert value(page, "hartwatch_memory_used_bytes", memory="RAM") == 512
    assert value(page, "hartwatch_check_level", check="power_supply", subject="PSU 1") == 0
    assert value(page, "hartwatch_check_state_info", state="normal") == 1
    assert value(page, "hartwatch_wifi_clients") == 12
    assert value(page, "hartwatch_device_info", site="wallfields", role="switch", model="6300M", version="10.11") == 1
    assert value(page, "hartwatch_device_uptime_seconds") == 86400
    assert value(page, "hartwatch_device_answered", source="icmp") == 0


def test_licences_of_every_vendor_are_one_metric_family() -> None:
    ends = Sensor("licence", "Web filter", 1806364800.0, "timestamp_seconds", "1.3.6.1.4.1.5.9.1", "1")
    page = device_page(pages(visit(sensors=(ends,))))
    assert value(page, "hartwatch_licence_expiry_timestamp_seconds", licence="Web filter", index="1") == 1806364800
    assert "hartwatch_sensor_" not in page


def test_certificates_that_a_device_keeps_stand_beside_those_that_probes_see() -> None:
    first = Sensor("certificate", "portal.crt", 1806364800.0, "timestamp_seconds", "1.3.6.1.4.1.5.9.1", "1")
    page = device_page(pages(visit(sensors=(first, replace(first, index="2", value=1780272000.0)))))
    family = "hartwatch_certificate_expiry_timestamp_seconds"
    assert value(page, family, kind="stored", probe="portal.crt") == 1806364800
    assert value(page, family, kind="stored", probe="portal.crt (2)") == 1780272000


def test_a_value_that_is_not_known_gives_no_series_and_the_others_stay() -> None:
    layout = interfaces()
    page = device_page(pages(visit(blocks=(Block(layout, (10, None, 30, 40, None, None)),))))
    assert value(page, "ifHCInOctets", ifIndex="1") == 10
    assert value(page, "ifHCInOctets", ifIndex="2") is None
    assert value(page, "ifHCOutOctets", ifIndex="2") == 40
    assert "ifOperStatus" not in page


@pytest.mark.parametrize("holes", [False, True])
def test_counters_wrap_at_two_to_the_53_as_snmp_exporter_wraps_them(holes: bool) -> None:
    layout = interfaces()
    huge = 2**64 - 1
    page = device_page(pages(visit(blocks=(Block(layout, (huge, None if holes else 1, 2**53, 2**53 - 1, 1, 1)),))))
    assert value(page, "ifHCInOctets", ifIndex="1") == huge % 2**53
    assert value(page, "ifHCOutOctets", ifIndex="1") == 0
    assert value(page, "ifHCOutOctets", ifIndex="2") == 2**53 - 1


def test_percent_signs_and_nul_in_a_label_do_not_disturb_the_template() -> None:
    layout = interfaces(alias="100%s %r\x00%% {0}")
    for values in ((1, 2, 3, 4, 5, 6), (1, None, 3, 4, 5, 6)):
        page = device_page(pages(visit(blocks=(Block(layout, values),))))
        assert value(page, "ifHCInOctets", ifIndex="1", ifAlias="100%s %r%% {0}") == 1


def test_readings_end_after_two_and_a_half_intervals_of_their_own_cadence_and_the_age_stays() -> None:
    slow = Layout(Cadence.INVENTORY, (Group(Metric("hartwatch_memory_size_bytes", "Memory fitted."), ((),)),))
    one = visit(blocks=(Block(interfaces(), (1, 2, 3, 4, 5, 6)), Block(slow, (4096,))))
    just = device_page(pages(one, at=NOON + timedelta(seconds=150)))
    assert value(just, "ifHCInOctets", ifIndex="1") == 1
    late = device_page(pages(one, at=NOON + timedelta(seconds=151)))
    assert "ifHCInOctets" not in late
    assert value(late, "hartwatch_sensor_celsius") == 21.5
    assert value(late, "hartwatch_data_age_seconds") == 151
    later = device_page(pages(one, at=NOON + timedelta(seconds=751)))
    assert "hartwatch_sensor_celsius" not in later
    assert value(later, "hartwatch_memory_size_bytes") == 4096
    stamp = value(later, "hartwatch_visit_last_success_timestamp_seconds", cadence="pulse")
    assert stamp == NOON.timestamp()


def test_a_silent_device_is_down_its_last_readings_age_and_a_blind_agent_accuses_nobody() -> None:
    silent = replace(visit(at=NOON + timedelta(seconds=60)), reached=False, blocks=())
    page = device_page(pages(visit(), silent, at=NOON + timedelta(seconds=61)))
    assert value(page, "hartwatch_device_up") == 0
    assert value(page, "hartwatch_device_silent_visits") == 1
    assert value(page, "ifHCInOctets", ifIndex="1") == 10
    blind = device_page(pages(visit(), silent, at=NOON + timedelta(seconds=61), blind=True))
    assert value(blind, "hartwatch_device_up") is None


def test_a_device_that_was_never_looked_at_has_its_inventory_facts_and_no_state() -> None:
    page = device_page(pages(names=("new",)), "new")
    assert value(page, "hartwatch_device_info", site="wallfields") == 1
    assert "hartwatch_device_up" not in page


def test_two_rows_of_the_same_name_are_both_kept_and_told_apart() -> None:
    twice = (*rows(1), *rows(1))
    layout = Layout(Cadence.PULSE, (Group(IN, twice), Group(OPER, twice)))
    page = device_page(pages(visit(blocks=(Block(layout, (1, 2, 3, 4)),))))
    sound(page)
    assert sorted(v for (n, _), v in parsed(page).items() if n == "ifHCInOctets") == [1, 2]


def test_two_blocks_that_give_the_same_series_are_told_apart_and_counted() -> None:
    first, second = (Layout(Cadence.PULSE, (Group(OPER, rows(2)),)) for _ in range(2))
    of = pages(visit(blocks=(Block(first, (1, 2)), Block(second, (7, 6)))))
    sound(device_page(of))
    everything = "".join(of.everything(Format.TEXT))
    sound(everything)
    assert value(everything, "hartwatch_exposition_clashes") == 2


def test_two_checks_of_one_name_are_both_shown_because_the_second_may_be_the_critical_one() -> None:
    checks = (Check("psu", "Status", "ok", Level.OK), Check("psu", "Status", "failed", Level.CRITICAL))
    page = device_page(pages(visit(checks=checks)))
    assert value(page, "hartwatch_check_level", subject="Status (2)") == 2


def test_a_profile_cannot_take_a_name_of_the_agents_own() -> None:
    thief = Layout(
        Cadence.PULSE,
        tuple(Group(Metric(n, "?"), ((),)) for n in ("hartwatch_device_up", "process_cpu_seconds_total", "bad name")),
    )
    of = pages(visit(blocks=(Block(thief, (5, 5, 5)),)))
    everything = "".join(of.everything(Format.TEXT))
    sound(everything)
    assert value(everything, "hartwatch_device_up") == 1
    assert "bad name" not in everything


def test_the_whole_page_groups_each_family_over_all_devices_in_both_formats() -> None:
    of = pages(visit("a"), visit("b"), visit("c"), facts=(("hartwatch_outage_open", (("subject", "site:x"),), 1.0),))
    for form in Format:
        page = "".join(of.everything(form))
        sound(page)
        series = parsed(page, form)
        assert sum(name == "ifHCInOctets" for name, _ in series) == 6
        assert any(name == "hartwatch_outage_open" for name, _ in series)
        assert any(name == "process_cpu_seconds_total" for name, _ in series)
        assert any(name == "hartwatch_visits_total" for name, _ in series)


def test_a_template_is_used_again_while_the_rows_stay_the_same() -> None:
    layout = interfaces()
    first = visit(blocks=(Block(layout, (1, 2, 3, 4, 5, 6)),))
    of = pages(first)
    device_page(of)
    sheet = of._kept["sw-wf-1"].sheet
    of.latest.put(visit(at=NOON, blocks=(Block(layout, (2, 3, 4, 5, 6, 7)),)))
    page = device_page(of)
    assert of._kept["sw-wf-1"].sheet is sheet
    assert value(page, "ifHCInOctets", ifIndex="1") == 2
    of.latest.put(visit(at=NOON, sensors=()))
    assert "hartwatch_sensor" not in device_page(of)


def test_when_one_layout_changes_what_was_made_for_the_others_is_kept() -> None:
    """Readings that go stale and come back must not cost a device's whole page each time, least of all under load."""
    ports = Block(interfaces(), (1, 2, 3, 4, 5, 6))
    of = pages(visit(blocks=(ports,)))
    device_page(of)
    before = [s for s in of._kept["sw-wf-1"].sheet.segments if s.metric is IN]
    of.latest.put(visit(blocks=(ports,), checks=(Check("fan", "Fan 9", "failed", Level.CRITICAL),)))
    page = device_page(of)
    sound(page)
    assert value(page, "hartwatch_check_level", check="fan") == 2
    after = [s for s in of._kept["sw-wf-1"].sheet.segments if s.metric is IN]
    assert after
    assert all(a is b for a, b in zip(after, before, strict=True))


def test_a_layout_that_comes_later_is_told_apart_from_the_one_it_clashes_with() -> None:
    one = Block(Layout(Cadence.PULSE, (Group(OPER, rows(2)),)), (1, 2))
    other = Block(Layout(Cadence.PULSE, (Group(OPER, rows(2)),)), (3, 4))
    of = pages(visit(blocks=(one,), sensors=(), checks=()))
    assert of._kept == {}
    device_page(of)
    of.latest.put(visit(blocks=(one, other), sensors=(), checks=()))
    page = device_page(of)
    sound(page)
    assert sorted(v for (name, _), v in parsed(page).items() if name == "ifOperStatus") == [1, 2, 3, 4]
    assert of._kept["sw-wf-1"].sheet.clashes == 2
    of.latest.put(visit(blocks=(one,), sensors=(), checks=()))
    page = device_page(of)
    assert sorted(v for (name, _), v in parsed(page).items() if name == "ifOperStatus") == [1, 2]
    assert of._kept["sw-wf-1"].sheet.clashes == 0
    assert "row=" not in page


@pytest.mark.parametrize("large", [(1 << 53) - 1, (1 << 53) + 5, (1 << 64) - 1])
def test_packed_counters_wrap_as_others_do(large: int) -> None:
    values = (large, *range(1, 60))
    of = pages(visit(blocks=(Block(interfaces(20), values),)))
    page = device_page(of)
    found = parsed(page)
    assert value(page, "ifHCInOctets", ifIndex="1") == large % (1 << 53)
    assert sum(v for (name, _), v in found.items() if name == "ifOperStatus") == sum(values[40:])


def test_a_device_that_left_the_inventory_leaves_nothing_behind() -> None:
    of = pages(visit("a"), visit("b"))
    assert 'device="b"' in "".join(of.everything(Format.TEXT))
    of.devices = dict
    assert 'device="b"' not in "".join(of.everything(Format.TEXT))
    assert not of._kept


def test_discovery_gives_a_page_and_an_instance_of_its_own_to_every_device() -> None:
    of = pages(visit("a"), visit("b"))
    targets = discovery(of.devices().values(), "127.0.0.1:9436")
    assert [t["labels"]["__metrics_path__"] for t in targets] == ["/devices/a/metrics", "/devices/b/metrics"]  # type: ignore[call-overload]
    assert len({t["labels"]["instance"] for t in targets}) == 2  # type: ignore[call-overload]


WORDS = st.text(st.characters(), max_size=12)
NUMBERS = st.one_of(st.none(), st.integers(0, 2**64), st.floats())


@st.composite
def any_visit(draw: st.DrawFn) -> Visit:
    blocks = []
    for _ in range(draw(st.integers(0, 3))):
        table = tuple(draw(st.lists(st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple), max_size=4)))
        names = draw(
            st.lists(st.sampled_from(["ifHCInOctets", "a_total", "b", "hartwatch_sensor_celsius", ""]), max_size=3)
        )
        kind = draw(st.sampled_from(["gauge", "counter", "info"]))
        layout = Layout(draw(st.sampled_from(Cadence)), tuple(Group(Metric(n, "h", kind), table) for n in names))
        blocks.append(Block(layout, tuple(draw(NUMBERS) for _ in range(len(layout)))))
    sensors = tuple(
        Sensor(
            "temperature",
            draw(WORDS),
            draw(st.floats()),
            draw(st.sampled_from(["celsius", "furlongs"])),
            draw(WORDS),
            draw(WORDS),
        )
        for _ in range(draw(st.integers(0, 3)))
    )
    checks = tuple(
        Check(draw(WORDS), draw(WORDS), draw(WORDS), draw(st.sampled_from(Level)))
        for _ in range(draw(st.integers(0, 3)))
    )
    return visit(draw(st.sampled_from(["a", "b"])), blocks=tuple(blocks), sensors=sensors, checks=checks)


@settings(max_examples=150)
@given(st.lists(any_visit(), min_size=1, max_size=3), st.sampled_from(Format))
def test_whatever_devices_say_the_page_parses_and_no_series_comes_twice(visits: list[Visit], form: Format) -> None:
    of = pages(*visits)
    page = "".join(of.everything(form))
    sound(page)
    assert parsed(page, form)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian package prometheus)")
def test_promtool_finds_nothing_wrong_but_the_names_that_are_those_of_the_mib() -> None:
    page = "".join(pages(visit("a"), visit("b")).everything(Format.TEXT))
    promtool = shutil.which("promtool") or ""
    done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, text=True, timeout=30)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if line and not line.startswith("if")]
    assert complaints == []


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), -1, -0.5])
def test_nonsense_in_a_counter_is_not_exposed_and_its_neighbours_are(nonsense: float) -> None:
    page = device_page(pages(visit(blocks=(Block(interfaces(), (nonsense, 20, 30, 40, 1, 2)),))))
    assert value(page, "ifHCInOctets", ifIndex="1") is None
    assert value(page, "ifHCInOctets", ifIndex="2") == 20


def test_a_gauge_may_be_negative_and_nan_is_not_known() -> None:
    page = device_page(pages(visit(blocks=(Block(interfaces(), (1, 2, 3, 4, -5.5, float("nan"))),))))
    assert value(page, "ifOperStatus", ifIndex="1") == -5.5
    assert value(page, "ifOperStatus", ifIndex="2") is None


def test_what_only_inventory_visits_ask_stays_while_health_visits_go_on() -> None:
    first = visit(
        checks=(Check("power_supply", "PSU 1", "normal", Level.OK), Check("self_test", "", "failed", Level.CRITICAL)),
        wireless={"clients": 12.0, "access_points_limit": 64.0},
    )
    later = visit(
        cadence=Cadence.HEALTH,
        at=NOON + timedelta(minutes=5),
        checks=(Check("power_supply", "PSU 2", "normal", Level.OK),),
        wireless={"clients": 9.0},
    )
    page = device_page(pages(first, later, at=NOON + timedelta(minutes=6)))
    assert value(page, "hartwatch_check_level", check="self_test") == 2
    assert value(page, "hartwatch_check_level", check="power_supply", subject="PSU 2") == 0
    assert value(page, "hartwatch_check_level", check="power_supply", subject="PSU 1") is None
    assert value(page, "hartwatch_wifi_clients") == 9
    assert value(page, "hartwatch_wifi_figure", figure="access_points_limit") == 64


def test_readings_are_packed_once_for_each_visit_and_never_shown_after_the_next() -> None:
    latest, inventory = Latest(), {"a": Watched("a", "switch", "site")}
    of = Pages(latest, lambda: inventory, Own(), lambda: NOON)
    first, second = visit("a"), visit("a")
    latest.put(first)
    before = of.device_packed("a", Format.TEXT)
    assert before is not None
    assert before == of.device_packed("a", Format.TEXT)
    block = first.blocks[0]
    changed = replace(block, values=tuple(v + 1 if v is not None else None for v in block.values))
    latest.put(replace(second, blocks=(changed, *first.blocks[1:])))
    after = of.device_packed("a", Format.TEXT)
    assert after is not None
    page = of.device("a", Format.TEXT)
    assert gzip.decompress(after) == page
    assert gzip.decompress(after) != gzip.decompress(before)


def test_a_scrape_that_breaks_off_leaves_the_next_one_whole() -> None:
    asked = []

    def facts() -> list[Fact]:
        asked.append(1)
        return [("hartwatch_outage_open", (("subject", f"site:{n}"), ("cause", "")), 1.0) for n in range(5000)]

    of = Pages(Latest(), dict, Own(), lambda: NOON, lambda: [("same", facts)])
    broken = of.agent(Format.TEXT)
    next(broken)  # the agent's own metrics
    next(broken)  # and some of the facts
    broken.close()
    for _ in range(2):
        assert "".join(of.agent(Format.TEXT)).count("hartwatch_outage_open{") == 5000
    assert len(asked) == 2  # the one that broke off, and one for all after it


def test_what_is_kept_of_a_device_that_left_goes_with_the_page_of_the_agent() -> None:
    latest, inventory = Latest(), {n: Watched(n, "switch", "site") for n in "ab"}
    of = Pages(latest, lambda: inventory, Own(), lambda: NOON)
    for name in "ab":
        latest.put(visit(name))
        of.device(name, Format.TEXT)
    del inventory["b"]
    list(of.agent(Format.TEXT))
    assert set(of._kept) == {"a"}
