"""Rules and runbooks hold together: what an alert says exists, what it joins is there, and each has its page."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.alerts.standing import FIX_CLOCK, HARDWARE
from agent.alerts.standing import RUNBOOKS as OF_MESSAGES
from collectors import load_profiles
from tests.project.promql import Known, Wrong, labels_of, names_in

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy" / "prometheus" / "rules"
RUNBOOKS = ROOT / "docs" / "runbooks"
HEADINGS = ["Meaning", "Impact", "Checks", "Fix"]
TOPICS = {
    "agent", "monitoring", "outage", "fix-clock", "redundancy", "service", "health", "access", "expiry", "capacity",
    "power", "cooling", "traffic", "wireless", "hardware",
}  # fmt: skip


@cache
def every_rule() -> tuple[dict[str, Any], ...]:
    files = sorted(RULES.glob("*.yml"))
    assert files
    return tuple(
        rule for file in files for group in yaml.safe_load(file.read_text("utf-8"))["groups"] for rule in group["rules"]
    )


@cache
def known() -> Known:
    return Known.of((rule["record"], rule["expr"]) for rule in every_rule() if "record" in rule)


ALERTS = [rule for rule in every_rule() if "alert" in rule]


# Pages that the alerts have which the agent sends itself.
PUSHED = (*OF_MESSAGES.values(), *FIX_CLOCK.values(), *HARDWARE.values())


def page_of(alert: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alert).lower() + ".md"


# ---------------------------------------------------------------- expressions and templates
@pytest.mark.parametrize("rule", every_rule(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_asks_only_for_metrics_and_labels_that_there_are(rule: dict[str, Any]) -> None:
    labels_of(rule["expr"], known())


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_speaks_only_of_labels_that_its_expression_keeps(rule: dict[str, Any]) -> None:
    kept = labels_of(rule["expr"], known()) | set(rule["labels"])
    text = " ".join((*rule["annotations"].values(), *rule["labels"].values()))
    assert set(re.findall(r"\$labels\.(\w+)", text)) <= kept
    allowed = r"\$(?:labels\.\w+|value)(?: \| (?:humanize|humanizeDuration|humanizePercentage))?"
    assert "{{" not in re.sub(r"\{\{ " + allowed + r" \}\}", "", text)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_long_how_bad_whose_about_what_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"].keys() - {"escalate"} == {"severity", "team", "topic"}
    assert rule["labels"]["topic"] in TOPICS
    assert rule["labels"]["team"] in ("infrastructure", "service-desk")
    assert list(rule["annotations"]) == ["summary", "description", "runbook"]
    assert rule["annotations"]["runbook"] == f"docs/runbooks/{page_of(rule['alert'])}"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("hartwatch_no_such_thing > 1", "there is no metric"),
        ('hartwatch_device_up{site="x"} == 0', "is asked for label site"),
        ("max by (site) (hartwatch_device_up)", "max by label site"),
        ("hartwatch_device_up * on (site) hartwatch_device_info", "left of * is joined on label site"),
        (
            "hartwatch_device_up * on (device) group_left (colour) hartwatch_device_info",
            "group_left takes label colour",
        ),
        ("hartwatch_cpu_usage_ratio > hartwatch_device_up", "matches all labels"),
    ],
)
def test_the_judge_of_expressions_finds_what_prometheus_takes_without_a_word(expression: str, why: str) -> None:
    with pytest.raises(Wrong, match=re.escape(why)):
        labels_of(expression, known())


def test_what_an_outer_join_may_lack_is_not_sure() -> None:
    outer = "max by (device, site) (hartwatch_device_info) or on (device) max by (device) (hartwatch_device_up)"
    assert labels_of(outer, known()) == {"device"}
    assert names_in("rate(ifInErrors[5m]) / (x or on (a) y)") == {"ifInErrors", "x", "y"}


# ---------------------------------------------------------------- checks of devices
def test_every_check_that_a_family_makes_is_of_one_alert_and_no_more() -> None:
    """A check in two alerts would tell the same thing twice; one in none would never be told."""
    patterns: dict[str, set[str]] = {}
    for rule in ALERTS:
        for negated, pattern in re.findall(r'hartwatch_check_level\{check(!~|=~?)"([^"]+)"', rule["expr"]):
            one = f"(?!(?:{pattern})$).*" if negated == "!~" else pattern
            patterns.setdefault(rule["alert"], set()).add(one)
    # These two tell of what another one tells, but for a while or a count: they say `unless`.
    patterns.pop("WifiAccessPointsTooFew"), patterns.pop("WifiRadiosDown"), patterns.pop("TemperatureWarning")
    assert patterns.pop("DeviceCheckWarning") == patterns["DeviceCheckCritical"]
    assert all(len(found) == 1 for found in patterns.values())
    checks = {check.check for profile in load_profiles() for check in profile.checks}
    checks |= {"power_supplies_expected", "ha_members_expected", "stack_members_expected", "interface_expected"}
    assert len(checks) > 300
    shared = checks - {"access_points_expected", "access_point_radio"}
    for check in sorted(shared):
        alerts = [alert for alert, found in patterns.items() if re.fullmatch(next(iter(found)), check)]
        assert len(alerts) == 1, (check, alerts)


# ---------------------------------------------------------------- runbooks
@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_has_a_runbook_with_meaning_impact_checks_and_fix(rule: dict[str, Any]) -> None:
    text = (RUNBOOKS / page_of(rule["alert"])).read_text("utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    assert parts[1::2] == HEADINGS
    assert all(len(part.split()) >= 2 for part in parts[2::2]), "no part is empty"
    assert parts[2].strip().startswith(f"`{rule['alert']}` ({rule['labels']['severity']}")
    assert re.search(r"^1\. ", parts[8], re.MULTILINE), "what to do is in steps"


def test_every_runbook_is_of_an_alert_and_in_the_index() -> None:
    pages = {path.name for path in RUNBOOKS.glob("*.md")} - {"README.md"}
    index, _, sent = (RUNBOOKS / "README.md").read_text("utf-8").partition("## Alerts that the agent sends itself")
    form = re.compile(r"^\| \[`(\w+)`\]\(([\w-]+\.md)\) \| (\w+) \|", re.MULTILINE)
    assert sorted(form.findall(index)) == sorted(
        (rule["alert"], page_of(rule["alert"]), rule["labels"]["severity"]) for rule in ALERTS
    )
    of_rules, own = {page_of(rule["alert"]) for rule in ALERTS}, set(PUSHED) - {"README.md"}
    assert {page for _, page, _ in form.findall(sent)} == own - of_rules, "what no rule has is in a table of its own"
    assert pages == of_rules | own
