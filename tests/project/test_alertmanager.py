"""Alertmanager's configuration: who is told what and when, what holds what back, and how messages read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.calendar_uk import LONDON, bank_holidays
from tests.project.alerting import alertmanager

Server = Callable[[str], Path]
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "alertmanager"
RULES = ROOT / "deploy" / "prometheus" / "rules"


def run(program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)


def config(name: str = "alertmanager.yml") -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


# ---------------------------------------------------------------- whether it is taken
def test_alertmanager_takes_the_configuration(server: Server) -> None:
    result = run(server("amtool"), "check-config", "alertmanager.yml")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 templates" in result.stdout


def test_the_variant_with_teams_is_the_same_but_for_teams() -> None:
    teams = config("alertmanager-teams.yml")
    posts = [post for receiver in teams["receivers"] for post in receiver.pop("msteamsv2_configs", ())]
    assert teams == config()
    assert len(posts) == 2
    for post in posts:  # the fields that Alertmanager 0.28 has for them
        assert set(post) == {"webhook_url_file", "send_resolved", "title", "text"}


def test_an_alertmanager_before_teams_refuses_that_variant_for_nothing_else(server: Server) -> None:
    result = run(server("amtool"), "check-config", "alertmanager-teams.yml")
    if result.returncode == 0:
        return  # 0.28 or newer knows it
    complaints = re.findall(r"line \d+: (.*)", result.stdout + result.stderr)
    assert complaints
    assert {re.sub(r" in type .*", "", complaint) for complaint in complaints} == {"field msteamsv2_configs not found"}


# ---------------------------------------------------------------- who
OUTAGE = "alertname=OutageOpen topic=outage team=service-desk severity=critical subject=device:sw-wf-1 site=wallfields"
PUSHED = "alertname=HartwatchOutage source=hartwatch topic=outage team=service-desk severity=critical subject=link:a"


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        (f"{OUTAGE} council=east-herts", "council-east-herts,service-desk,on-call"),
        (f"{OUTAGE} council=stevenage", "council-stevenage,service-desk,on-call"),
        (f"{OUTAGE} council=both", "council-stevenage,council-east-herts,service-desk,on-call"),
        (OUTAGE, "service-desk,on-call"),  # of no council that is known: it pages all the same
        (f"{PUSHED} council=stevenage", "council-stevenage,service-desk,on-call"),
        (PUSHED, "service-desk,on-call"),
        ("alertname=HartwatchFixClock source=hartwatch team=service-desk severity=warning", "service-desk"),
        ("alertname=HartwatchFixClock source=hartwatch team=service-desk severity=critical", "escalation"),
        ("alertname=HartwatchHardware source=hartwatch topic=hardware severity=warning", "infrastructure"),
        ("alertname=HartwatchHardware source=hartwatch topic=hardware severity=critical", "infrastructure"),
        ("alertname=OutageHalfOfFixTarget topic=fix-clock team=service-desk severity=warning", "service-desk"),
        ("alertname=OutageThreeQuartersOfFixTarget team=service-desk severity=critical escalate=yes", "escalation"),
        ("alertname=FullServiceOverdue team=service-desk severity=critical escalate=yes", "escalation"),
        ("alertname=FullServiceAtRisk topic=service team=service-desk severity=critical", "service-desk,on-call"),
        ("alertname=ServiceBelowTarget topic=service team=service-desk severity=info", "weekly"),
        ("alertname=HartwatchBlind topic=agent team=infrastructure severity=critical", "infrastructure,on-call"),
        ("alertname=UpsOnBattery topic=power team=infrastructure severity=critical", "infrastructure,on-call"),
        ("alertname=TemperatureCritical topic=cooling team=infrastructure severity=critical", "infrastructure,on-call"),
        ("alertname=DevicePartFailed topic=health team=infrastructure severity=warning", "infrastructure"),
        ("alertname=WifiAccessPointsLost topic=wireless team=infrastructure severity=warning", "infrastructure"),
        ("alertname=DeviceConfigurationUnsaved topic=health team=infrastructure severity=info", "weekly"),
        ("alertname=FirewallUnsupported team=infrastructure topic=hardware severity=critical", "infrastructure"),
        ("alertname=HardwareOverdue team=infrastructure topic=hardware severity=warning", "infrastructure"),
        ("alertname=HardwareReviewDue team=infrastructure topic=hardware severity=info", "weekly"),
        ("alertname=SomebodyElses severity=critical", "infrastructure,on-call"),  # what nobody foresaw wakes somebody
        ("alertname=SomebodyElses", "infrastructure"),
    ],
)
def test_an_alert_reaches_whom_it_should(labels: str, receivers: str, server: Server) -> None:
    result = run(server("amtool"), "config", "routes", "test", "--config.file=alertmanager.yml",
                 f"--verify.receivers={receivers}", *labels.split())  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_alert_that_wakes_somebody_is_told_at_every_hour() -> None:
    """Whatever is critical reaches somebody by day and by night: the hours of its receivers leave no gap."""
    hours = {("desk-hours",), ("out-of-hours", "bank-holidays")}
    for rule in (rule for rule in every_rule() if rule["labels"]["severity"] == "critical"):
        labels = {"alertname": rule["alert"], **rule["labels"]}
        routes = [route for route in taken(labels) if not route["receiver"].startswith("council-")]
        assert routes, rule["alert"]
        assert not any(map(hours_of, routes)) or {hours_of(route) for route in routes} == hours, rule["alert"]


def every_rule() -> Iterator[dict[str, Any]]:
    for file in sorted(RULES.glob("*.yml")):
        for group in yaml.safe_load(file.read_text("utf-8"))["groups"]:
            yield from (rule for rule in group["rules"] if "alert" in rule)


def taken(labels: dict[str, str]) -> list[dict[str, Any]]:
    """The routes of the first level that an alert takes, as Alertmanager goes through them; there is no second one."""
    found = []
    for route in config()["route"]["routes"]:
        assert "routes" not in route
        if all(fits(matcher, labels) for matcher in route["matchers"]):
            found.append(route)
            if not route.get("continue"):
                return found
    return [*found, config()["route"]]


def fits(matcher: str, labels: dict[str, str]) -> bool:
    name, operator, value = re.fullmatch(r'(\w+) (=|=~|!=) "(.*)"', matcher).groups()  # type: ignore[union-attr]
    of = labels.get(name, "")
    return bool(re.fullmatch(value, of)) if operator == "=~" else (of == value) is (operator == "=")


def hours_of(route: dict[str, Any]) -> tuple[str, ...]:
    return tuple(route.get("active_time_intervals", ()))


# ---------------------------------------------------------------- when
def test_day_and_night_leave_no_gap_and_do_not_overlap() -> None:
    """Every minute of a week is desk hours or out of hours, and never both."""
    named = {one["name"]: one["time_intervals"] for one in config()["time_intervals"]}
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    def covered(name: str, day: int, minute: int) -> bool:
        for interval in named[name]:
            assert interval["location"] == "Europe/London"
            of_days = set()
            for span in interval["weekdays"]:
                first, _, last = span.partition(":")
                of_days |= set(range(days.index(first), days.index(last or first) + 1))
            times = interval.get("times", [{"start_time": "00:00", "end_time": "24:00"}])
            clock = f"{minute // 60:02}:{minute % 60:02}"
            if day in of_days and any(span["start_time"] <= clock < span["end_time"] for span in times):
                return True
        return False

    for day in range(7):
        for minute in range(24 * 60):
            assert covered("desk-hours", day, minute) is not covered("out-of-hours", day, minute), (day, minute)


@pytest.mark.parametrize("name", ["alertmanager.yml", "alertmanager-teams.yml"])
def test_the_bank_holidays_are_those_of_england_and_do_not_run_out(name: str) -> None:
    (one,) = [one for one in config(name)["time_intervals"] if one["name"] == "bank-holidays"]
    listed = {
        date(int(span["years"][0]), int(span["months"][0]), int(day))
        for span in one["time_intervals"] for day in span["days_of_month"]
    }  # fmt: skip
    years = {day.year for day in listed}
    assert listed == {day for year in years for day in bank_holidays(year)}
    this_year = datetime.now(LONDON).year
    renew = "run: python deploy/alertmanager/bank_holidays.py"
    assert {this_year, this_year + 1} <= years, renew


def test_the_script_renews_what_is_between_the_marks_and_says_where_they_are_missing(tmp_path: Path) -> None:
    script, good, bad = FOLDER / "bank_holidays.py", tmp_path / "good.yml", tmp_path / "bad.yml"
    whole = (FOLDER / "alertmanager.yml").read_text(encoding="utf-8")
    good.write_text(re.sub(r"      - \{years: .*\n", "", whole), encoding="utf-8")
    bad.write_text("route: {}\n", encoding="utf-8")

    def renew(file: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, script, file], cwd=ROOT, env={"PYTHONPATH": str(ROOT)},
                              capture_output=True, text=True, timeout=60, check=False)  # fmt: skip

    assert renew(good).returncode == 0
    holidays = f'{{years: ["{datetime.now(LONDON).date().year}"], months: ["12"]'
    assert holidays in good.read_text(encoding="utf-8")
    result = renew(bad)
    assert result.returncode == 1
    assert result.stderr.startswith(f"{bad}: the configuration has 0 times")


# ---------------------------------------------------------------- what holds what back
def alert(name: str, **labels: str) -> dict[str, Any]:
    return {"labels": {"alertname": name, **labels}, "startsAt": datetime.now(UTC).isoformat()}


AT_WF = {"site": "wallfields", "council": "east-herts"}
AT_CH = {"site": "charringtons", "council": "east-herts"}
DOWN = alert("OutageOpen", topic="outage", severity="critical", subject="device:sw-wf-1", device="sw-wf-1", **AT_WF)
LINK = alert("OutageOpen", topic="outage", severity="critical", subject="link:wf-a", **AT_WF)
TELLING = alert("HartwatchOutage", source="hartwatch", severity="critical", subject="device:sw-wf-1", **AT_WF)
CLOCK = alert("HartwatchFixClock", source="hartwatch", severity="critical", subject="device:sw-wf-1", **AT_WF)
HALF = alert("HartwatchFixClock", source="hartwatch", severity="warning", subject="device:sw-wf-1", **AT_WF)
HOT = alert("TemperatureCritical", topic="cooling", severity="critical", device="sw-wf-2", **AT_WF)
POINTS = alert("WifiAccessPointsLost", topic="wireless", severity="warning", device="wlc-wf-1", **AT_WF)
PART = alert("DevicePartFailed", topic="health", severity="warning", device="sw-wf-1", **AT_WF)


def escalates(name: str, severity: str = "critical") -> dict[str, Any]:
    return alert(name, topic="fix-clock", severity=severity, subject="device:sw-wf-1", **AT_WF)


@pytest.mark.parametrize(
    ("sources", "target", "held"),
    [
        ([alert("HartwatchBlind", topic="agent", severity="critical")], DOWN, True),
        ([alert("HartwatchBlind", topic="agent", severity="critical")], HOT, True),
        ([alert("HartwatchBlind", topic="agent")], escalates("OutagePastFixTarget"), False),
        ([alert("HartwatchDown", topic="agent")], alert("HartwatchPagesMissing", topic="agent"), True),
        ([alert("HartwatchDown", topic="agent")], alert("HardwareOverdue", topic="hardware"), False),
        ([TELLING], DOWN, True),
        ([TELLING], alert("OutageOpen", topic="outage", subject="device:sw-ch-1", **AT_CH), False),
        ([TELLING], escalates("OutagePastFixTarget"), False),  # that the agent told of the outage is no escalation
        ([CLOCK], escalates("OutagePastFixTarget"), True),
        ([CLOCK], escalates("OutageHalfOfFixTarget", "warning"), True),
        ([HALF], escalates("OutageHalfOfFixTarget", "warning"), True),
        ([HALF], escalates("OutageThreeQuartersOfFixTarget"), False),
        ([DOWN], TELLING, False),
        (
            [alert("HartwatchFlapping", source="hartwatch", subject="link:a")],
            alert("Flapping", topic="outage", subject="link:a"),
            True,
        ),
        (
            [alert("HartwatchRedundancyLost", source="hartwatch", subject="redundancy:links/a")],
            alert("RedundancyLost", topic="redundancy", subject="redundancy:links/b"),
            False,
        ),
        ([DOWN], POINTS, True),
        ([TELLING], POINTS, True),
        ([LINK], POINTS, True),
        ([DOWN], alert("WifiAccessPointsLost", topic="wireless", device="wlc-ch-1", **AT_CH), False),
        ([DOWN], HOT, False),
        ([DOWN], alert("UpsOnBattery", topic="power", device="ups-wf-1", **AT_WF), False),
        ([DOWN], PART, True),
        ([DOWN], alert("DevicePartFailed", topic="health", device="sw-wf-2", **AT_WF), False),
        ([LINK], alert("PrometheusRulesFail", topic="health"), False),  # neither has a device: that is no likeness
        ([escalates("OutagePastFixTarget")], escalates("OutageThreeQuartersOfFixTarget"), True),
        ([HOT], alert("TemperatureWarning", topic="cooling", device="sw-wf-2", **AT_WF), True),
        ([HOT], alert("TemperatureWarning", topic="cooling", device="sw-wf-3", **AT_WF), False),
        ([alert("UpsOnBattery", topic="power", device="u")], alert("UpsFault", topic="power", device="u"), True),
    ],
)
def test_what_explains_an_alert_holds_it_back_and_nothing_else_does(
    sources: list[dict[str, Any]], target: dict[str, Any], held: bool, manager: str
) -> None:
    """Every case in an Alertmanager that has nothing else in it: what was there before is ended first."""
    everything = ask(f"{manager}/api/v2/alerts")
    past = {"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2020-01-02T00:00:00Z"}
    if everything:
        ask(f"{manager}/api/v2/alerts", [{"labels": one["labels"], **past} for one in everything])
    # Alertmanager takes alerts in at once and weighs them afterwards, one by one: a pair of our own at the end of the
    # batch, held back in every case, says that all before it have been weighed.
    mark = f"mark-{uuid.uuid4()}"
    last = [alert(name, topic="power", device=mark) for name in ("UpsOnBattery", "UpsFault")]
    ask(f"{manager}/api/v2/alerts", [target, *sources, *last])
    until(lambda: state_of(manager, last[1])["state"] == "suppressed", "the last alert of the batch is not weighed")
    found = state_of(manager, target)
    assert (found["state"] == "suppressed") is held, found


def until(holds: Callable[[], bool], otherwise: str, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def state_of(manager: str, alert: dict[str, Any]) -> dict[str, Any]:
    (found,) = [one for one in ask(f"{manager}/api/v2/alerts") if one["labels"] == alert["labels"]]
    return dict(found["status"])


@pytest.fixture(scope="module")
def manager(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Alertmanager with the shipped configuration, whose receivers all post to a port where nobody listens."""
    with alertmanager(server("prometheus-alertmanager"), tmp_path_factory.mktemp("am"), "http://127.0.0.1:9") as at:
        yield at


def ask(address: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


# ---------------------------------------------------------------- how messages read
MESSAGE = {
    "receiver": "service-desk", "status": "firing", "externalURL": "http://alertmanager.example:9093",
    "groupLabels": {"subject": "device:sw-wf-1"}, "commonAnnotations": {},
    "commonLabels": {"severity": "critical", "site": "wallfields"},
    "alerts": [
        {"status": "firing", "startsAt": "2026-11-02T09:15:00Z", "endsAt": "0001-01-01T00:00:00Z",
         "labels": {"alertname": "OutageOpen", "severity": "critical", "device": "sw-wf-1", "site": "wallfields",
                    "council": "east-herts"},
         "annotations": {"summary": "device:sw-wf-1 is down", "description": "Down & <confirmed>.",
                         "runbook": "docs/runbooks/outage-open.md"}},
        {"status": "resolved", "startsAt": "2026-11-02T08:00:00Z", "endsAt": "2026-11-02T09:10:00Z",
         "labels": {"alertname": "HartwatchOutage", "severity": "warning"}, "annotations": {}},
    ],
}  # fmt: skip


def rendered(server: Server, tmp_path: Path, name: str, kind: str, **changes: Any) -> str:
    data = tmp_path / "data.json"
    data.write_text(json.dumps(MESSAGE | changes), encoding="utf-8")
    result = run(server("amtool"), "template", "render", "--template.glob=templates/*.tmpl",
                 f'--template.text={{{{ template "{name}" . }}}}', f"--template.type={kind}",
                 f"--template.data={data}")  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_a_mail_says_what_where_since_when_and_what_to_do(server: Server, tmp_path: Path) -> None:
    lines = rendered(server, tmp_path, "hartwatch.text", "text").strip().splitlines()
    base = re.search(r'define "hartwatch.repository" }}(.*?){{',
                     (FOLDER / "templates" / "hartwatch.tmpl").read_text())[1]  # type: ignore[index] # fmt: skip
    assert lines == [
        "Firing:",
        "- device:sw-wf-1 is down",
        "  critical, device sw-wf-1 site wallfields council east-herts, since 2026-11-02 09:15 UTC",
        "  Down & <confirmed>.",
        f"  What to do: {base}docs/runbooks/outage-open.md",
        "Ended:",
        "- HartwatchOutage",
        "  warning,, since 2026-11-02 08:00 UTC, ended 2026-11-02 09:10 UTC",
        "",
        "Silence, or see all: http://alertmanager.example:9093",
    ]


def test_a_mail_in_html_is_escaped_and_links_to_the_runbook(server: Server, tmp_path: Path) -> None:
    page = rendered(server, tmp_path, "hartwatch.html", "html")
    assert "Down &amp; &lt;confirmed&gt;." in page
    assert re.search(
        r'<a href="https://[^"]+/docs/runbooks/outage-open.md">What to do: runbook of OutageOpen</a>', page
    )
    assert page.count("<li") == 2


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({}, "CRITICAL: device:sw-wf-1 is down (2 alerts)"),
        ({"status": "resolved", "alerts": MESSAGE["alerts"][:1]}, "ENDED: device:sw-wf-1 is down"),
        ({"commonLabels": {}, "alerts": MESSAGE["alerts"][1:]}, "ALERT: HartwatchOutage"),
    ],
)
def test_the_subject_says_how_bad_and_what(
    changes: dict[str, Any], subject: str, server: Server, tmp_path: Path
) -> None:
    assert rendered(server, tmp_path, "hartwatch.subject", "text", **changes).strip() == subject


def test_every_template_that_the_configuration_names_is_there() -> None:
    named = set()
    for name in ("alertmanager.yml", "alertmanager-teams.yml"):
        named |= set(re.findall(r'template "([\w.]+)"', (FOLDER / name).read_text(encoding="utf-8")))
    defined = set(re.findall(r'define "([\w.]+)"', (FOLDER / "templates" / "hartwatch.tmpl").read_text("utf-8")))
    assert named
    assert named <= defined


def test_an_address_that_nobody_has_is_not_shipped_as_if_it_were_real() -> None:
    for name in ("alertmanager.yml", "alertmanager-teams.yml"):
        hosts = re.findall(r"(?:@|://|smarthost: )([\w.-]+)", (FOLDER / name).read_text(encoding="utf-8"))
        assert hosts
        assert all(host.endswith(".example") for host in hosts), hosts
