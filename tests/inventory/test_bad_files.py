"""What is told about a bad inventory: the whole line, as someone reads it in a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from agent.inventory import InventoryInvalid, load

Told = Callable[..., list[str]]

MAINTENANCE = """\
maintenance:
  patching: {subjects: [sw-wf-1], begins: 2026-12-06 02:00, lasts: 3h, repeat: FREQ=MONTHLY;BYDAY=1SU, owner: x,
             reason: x}
devices:
"""

# What is put in the place of what in the sound inventory, and what is told; § stands where the line and column point.
CASES = {
    "unknown key, near another": (
        "class: switch,",
        "class: switch, §titel: x,",
        "devices[0].titel: unknown key (did you mean 'title'?)",
    ),
    "unknown key that belongs to a group": (
        "class: switch,",
        "class: switch, §instaled: 2016-04-01,",
        "devices[0].instaled: unknown key (did you mean 'owned.installed'?)",
    ),
    "a word from another tool": (
        "class: switch,",
        "class: switch, §parents: [],",
        "devices[0].parents: unknown key (did you mean 'behind'?)",
    ),
    "unknown section": (
        "devices:",
        "§device:",
        "device: unknown section (did you mean 'devices'?)",
    ),
    "required key missing": (
        "{name: sw-wf-1, address: 192.0.2.1, ",
        "§{name: sw-wf-1, ",
        "devices[0].address: this key is required and missing",
    ),
    "a class nobody knows": (
        "class: switch",
        "class: §swich",
        "devices[0].class: 'swich' is not one of firewall, switch, router, wifi_controller, wifi_ap, ups, "
        "pdu, environment, bmc, storage, hypervisor, server, load_balancer, voice (did you mean 'switch'?)",
    ),
    "off where text is wanted": (
        "title: Wallfields",
        "title: §off",
        'sites.wallfields.title: text is wanted, and YAML reads off as false (put it in quotes: "off")',
    ),
    "a number where text is wanted": (
        "supplier: Virgin Media",
        "supplier: §1.10",
        "links.wallfields-a.supplier: text is wanted, and YAML reads 1.10 as the number 1.1 (put it in "
        'quotes: "1.10")',
    ),
    "a key that is a boolean": (
        "wallfields: {title: Wall",
        "§no: {title: Wall",
        'sites: YAML reads the key no as false (put it in quotes: "no")',
    ),
    "on where a number is wanted": (
        "class: switch,",
        "class: switch, port: §on,",
        "devices[0].port: a whole number is wanted, not true (yes, no, on and off are that in YAML)",
    ),
    "an octal number": (
        "class: switch,",
        "class: switch, port: §010,",
        'devices[0].port: YAML reads 010 as 8, in eights (put it in quotes: "010", or leave out the leading 0)',
    ),
    "a number in sixties": (
        "class: switch,",
        "class: switch, title: §1:30,",
        'devices[0].title: YAML reads 1:30 as 90, in sixties (put it in quotes: "1:30")',
    ),
    "a duration without unit": (
        "class: switch,",
        "class: switch, timeout: §60,",
        "devices[0].timeout: a duration is a whole number with a unit: 500ms, 60s, 5m, 6h, 7d; 60 has no "
        "unit (write 60s for seconds)",
    ),
    "a date as it is written in England": (
        "class: switch,",
        "class: switch, owned: {installed: §01/04/2016},",
        "devices[0].owned.installed: a date is year-month-day such as 2019-04-01, not '01/04/2016' (did you "
        "mean 2016-04-01?)",
    ),
    "a day that never was": (
        "class: switch,",
        "class: switch, owned: {installed: §2016-02-30},",
        "devices[0].owned.installed: there is no day 2016-02-30",
    ),
    "money with a comma": (
        "class: switch,",
        'class: switch, owned: {price: §"£12,345.00"},',
        "devices[0].owned.price: '£12,345.00' is not a number (write 12345.00)",
    ),
    "no IPv4 address": (
        "192.0.2.1,",
        "§192.0.2.256,",
        "devices[0].address: '192.0.2.256' is not an IPv4 address: four numbers from 0 to 255 without "
        "leading zeros",
    ),
    "a port in the address": (
        "192.0.2.1,",
        "§192.0.2.1:1161,",
        "devices[0].address: '192.0.2.1:1161' has a port in it (write address: 192.0.2.1 and port: 1161)",
    ),
    "a name that does not do": (
        "name: sw-wf-1",
        "name: §sw wf/1",
        "devices[0].name: 'sw wf/1' does not do as a name: letters, digits, '.', '_' and '-', beginning with "
        "a letter or digit, 63 characters at most (for example 'sw-wf-1')",
    ),
    "a port out of range": (
        "class: switch,",
        "class: switch, port: §70000,",
        "devices[0].port: 70000 is out of range: at most 65535 is wanted",
    ),
    "a list that is text": (
        "class: switch,",
        "class: switch, behind: §wallfields-a,",
        "devices[0].behind: a list is wanted, not the text 'wallfields-a' (write [wallfields-a])",
    ),
    "an empty entry": (
        "wallfields: {title: Wallfields, kind: office, owner: east-herts}",
        "§wallfields: ",
        "sites.wallfields: a mapping is wanted, and this is empty",
    ),
    "a site that is not there": (
        "class: switch, site: wallfields",
        "class: switch, site: §walfields",
        "devices[0].site: there is no site 'walfields' (did you mean 'wallfields'?)",
    ),
    "a council that is not there": (
        "owner: east-herts",
        "owner: §ehdc",
        "sites.wallfields.owner: there is no council 'ehdc' (known: stevenage, east-herts)",
    ),
    "a zone that is not there": (
        "{zone: general",
        "{zone: §genral",
        "defaults.zone: there is no zone 'genral' (did you mean 'general'?)",
    ),
    "a credential that is not there": (
        "snmp: v3}",
        "snmp: §v2}",
        "defaults.snmp: there is no credential 'v2' (known: v3, shell, none)",
    ),
    "a credential of the wrong kind": (
        "snmp: v3}",
        "snmp: §shell}",
        "defaults.snmp: credential 'shell' is for ssh (snmp: v3)",
    ),
    "a watched device that is not there": (
        "[{device: sw-wf-1,",
        "[{device: §sw-wf-2,",
        "links.wallfields-a.watch[0].device: there is no device 'sw-wf-2' (did you mean 'sw-wf-1'?)",
    ),
    "behind something that is not there": (
        "class: switch,",
        "class: switch, behind: [§wallfields-b],",
        "devices[0].behind[0]: there is no device or link 'wallfields-b' (did you mean 'wallfields-a'?)",
    ),
    "behind a site": (
        "class: switch,",
        "class: switch, behind: [§'site:wallfields'],",
        "devices[0].behind[0]: a device is behind devices and links, not behind 'site:wallfields'",
    ),
    "behind itself": (
        "class: switch,",
        "class: switch, behind: [§sw-wf-1],",
        "devices[0].behind[0]: devices behind each other: sw-wf-1 > sw-wf-1",
    ),
    "shares that lose a hundredth": (
        "councils:\n  stevenage: {title: Stevenage Borough Council, share: 0.55}",
        "§councils:\n  stevenage: {title: Stevenage Borough Council, share: 0.54}",
        "councils: shares sum to 0.99, not to 1 (0.01 is missing)",
    ),
    "shares of one purchase": (
        "class: switch,",
        "class: switch, owned: {shares: §{stevenage: 0.7, east-herts: 0.4}},",
        "devices[0].owned.shares: shares sum to 1.1, not to 1 (0.1 is too much)",
    ),
    "a secret in plain": (
        "auth_secret: env:AUTH",
        "auth_secret: §Tr0ub4dor",
        "credentials.v3.auth_secret: a secret must not stand in the inventory, which is read by many and "
        "kept in version control; say where it lives: env:NAME, file:/PATH, cred:NAME (systemd) or "
        "vault:PATH#FIELD",
    ),
    "a kind of credential nobody knows": (
        "kind: ssh",
        "kind: §shh",
        "credentials.shell.kind: 'shh' is not one of snmp_v3, snmp_v2c, snmp_v1, ssh (did you mean 'ssh'?)",
    ),
    "privacy without authentication": (
        "{kind: snmp_v3, user: u, auth: SHA-256, auth_secret: env:AUTH, ",
        "§{kind: snmp_v3, user: u, ",
        "credentials.v3: SNMPv3 has no privacy without authentication (add auth: SHA-256 and auth_secret:)",
    ),
    "SSH without a platform": (
        "shell, ssh_platform: cisco_ios",
        "§shell",
        "devices[0].ssh: SSH wants to know the platform it meets (add ssh_platform: cisco_ios, fortinet, "
        "linux ... or auto)",
    ),
    "a probe of no known kind": (
        "class: switch,",
        "class: switch, probes: {web: §{path: /}},",
        "devices[0].probes.web: which kind of probe 'web' is does not show from its name (add kind: icmp, "
        "tcp, http, dns)",
    ),
    "a platform nobody knows": (
        "ssh_platform: cisco_ios",
        "ssh_platform: §cisco_iso",
        "devices[0].ssh_platform: there is no platform 'cisco_iso' (did you mean 'cisco_ios'?)",
    ),
    "an option that the probe does not have": (
        "class: switch,",
        "class: switch, probes: {icmp: {§cuont: 3}},",
        "devices[0].probes.icmp.cuont: unknown option 'cuont' of a probe of kind icmp; known: count, interval, "
        "timeout, warn_loss",
    ),
    "an option of a probe out of range": (
        "snmp: v3}",
        "snmp: v3, probes: {web: {kind: tcp, port: §70000}}}",
        "defaults.probes.web.port: option 'port' is between 1 and 65535, not 70000",
    ),
    "an option of a probe missing": (
        "class: switch,",
        "class: switch, probes: {tcp: §{timeout: 3}},",
        "devices[0].probes.tcp: option 'port' is missing",
    ),
    "reviewed after it is replaced": (
        "class: switch,",
        "class: switch, review_years: §8, replace_years: 7,",
        "devices[0].review_years: hardware is reviewed before it is replaced, not after",
    ),
    "a link with the name of a device": (
        "  wallfields-a: {site",
        "  sw-wf-1: §{site",
        "links.sw-wf-1: a link may not bear the name of a device (inventory.yaml:16) (name it by site and "
        "supplier)",
    ),
    "defaults for a site that is not there": (
        "devices:",
        "site_defaults: {§walfields: {retries: 1}}\ndevices:",
        "site_defaults.walfields: there is no site 'walfields' (did you mean 'wallfields'?)",
    ),
    "defaults for a class that is not there": (
        "devices:",
        "class_defaults: {§swich: {retries: 1}}\ndevices:",
        "class_defaults.swich: 'swich' is not one of firewall, switch, router, wifi_controller, wifi_ap, "
        "ups, pdu, environment, bmc, storage, hypervisor, server, load_balancer, voice (did you mean "
        "'switch'?)",
    ),
    "a key twice": (
        "class: switch,",
        "class: switch, §class: router,",
        "devices[0].class: this key stands twice; the first is at line 16 (remove one of them)",
    ),
    "a name twice": (
        "devices:\n  - {name: s",
        "devices:\n  - {name: sw-wf-1, address: 192.0.2.9, class: switch, site: wallfields}\n  - {name: §s",
        "devices[1].name: 'sw-wf-1' is already taken at inventory.yaml:16 (one name, one place)",
    ),
    "a tab": (
        "  wallfields: {title",
        "§\twallfields: {title",
        "not YAML: a tab; YAML is indented by spaces only (replace the tab by spaces)",
    ),
    "text with a colon": (
        "devices:\n",
        "x-note: this§: that\ndevices:\n",
        "not YAML: a second ': ' where text is already begun (put text that has ': ' in it in quotes, and "
        "check the indentation)",
    ),
    "an anchor that is not there": (
        "class: switch,",
        "class: switch, behind: §*core,",
        "not YAML: no anchor &core before this",
    ),
    "an anchor that contains itself": (
        "class: switch,",
        "class: switch, behind: §&b [*b],",
        "devices[0].behind[0]: an anchor that contains itself",
    ),
    "a tag": (
        "title: General}",
        "title: §!!python/name:os.system x}",
        "zones.general.title: the YAML tag !!python/name:os.system is not used here",
    ),
    "devices as a mapping": (
        "devices:\n  - {name: sw-wf-1,",
        "devices:\n  §sw-wf-1: {",
        "devices: a list is wanted (begin each device with '- name: ...')",
    ),
    "maintenance of a subject that is not there": (
        "devices:\n",
        MAINTENANCE.replace("sw-wf-1", "§sw-wf-9"),
        "maintenance.patching.subjects[0]: there is no device or link or site or service 'sw-wf-9' "
        "(did you mean 'sw-wf-1'?)",
    ),
    "maintenance of a subject of another kind": (
        "devices:\n",
        MAINTENANCE.replace("sw-wf-1", "§'link:wallfields'"),
        "maintenance.patching.subjects[0]: there is no link 'wallfields' (did you mean 'site:wallfields'?)",
    ),
    "maintenance of a kind that is not there": (
        "devices:\n",
        MAINTENANCE.replace("sw-wf-1", "§'host:sw-wf-1'"),
        "maintenance.patching.subjects[0]: 'host' is no kind of subject: device:, link:, site:, service:",
    ),
    "maintenance of nothing": (
        "devices:\n",
        MAINTENANCE.replace("[sw-wf-1]", "§[]"),
        "maintenance.patching.subjects: a list of at least one subject is wanted",
    ),
    "maintenance of one subject without a list": (
        "devices:\n",
        MAINTENANCE.replace("[sw-wf-1]", "§sw-wf-1"),
        "maintenance.patching.subjects: a list is wanted, not the text 'sw-wf-1' (write [sw-wf-1])",
    ),
    "maintenance in the words of another tool": (
        "devices:\n",
        MAINTENANCE.replace("lasts: 3h", "lasts: 3h, §cron: 0 2 * * 0"),
        "maintenance.patching.cron: unknown key (did you mean 'repeat'?)",
    ),
    "maintenance on a day that is not there": (
        "devices:\n",
        MAINTENANCE.replace("2026-12-06 02:00", "§2026-12-36 02:00"),
        "maintenance.patching.begins: there is no time 2026-12-36 02:00",
    ),
    "maintenance on a day alone": (
        "devices:\n",
        MAINTENANCE.replace("2026-12-06 02:00", "§2026-12-06"),
        "maintenance.patching.begins: a date and a time are wanted (write \"2026-12-06 22:00\")",
    ),
    "maintenance at a time as it is written in England": (
        "devices:\n",
        MAINTENANCE.replace("2026-12-06 02:00", "§06/12/2026 02:00"),
        "maintenance.patching.begins: a time is written \"2026-12-05 22:00\", not '06/12/2026 02:00' "
        "(did you mean 2026-12-06 02:00?)",
    ),
    "maintenance in another zone": (
        "devices:\n",
        MAINTENANCE.replace("2026-12-06 02:00", "§2026-12-06 02:00:00Z"),
        "maintenance.patching.begins: times are those of the clock in London, without a zone (leave the zone out)",
    ),
    "maintenance that does not say how long": (
        "devices:\n",
        MAINTENANCE.replace("{subjects", "§{subjects").replace(" lasts: 3h,", ""),
        "maintenance.patching: when it ends is missing (add lasts: 4h, or ends:)",
    ),
    "maintenance that says twice how long": (
        "devices:\n",
        MAINTENANCE.replace("3h", "§3h, ends: 2026-12-06 05:00"),
        "maintenance.patching.lasts: lasts: and ends: both say when it ends (leave one of them out)",
    ),
    "maintenance that ends before it begins": (
        "devices:\n",
        MAINTENANCE.replace("lasts: 3h", "ends: §2026-12-05 23:00"),
        "maintenance.patching.ends: it ends before it begins",
    ),
    "maintenance without end": (
        "devices:\n",
        MAINTENANCE.replace("3h", "§40d"),
        "maintenance.patching.lasts: it lasts 40 d: longer than 31 days is no maintenance",
    ),
    "maintenance by a rule that nobody knows": (
        "devices:\n",
        MAINTENANCE.replace("FREQ=MONTHLY;BYDAY=1SU", "§monthly"),
        "maintenance.patching.repeat: 'monthly' is neither an RRULE nor five cron fields "
        "(for example FREQ=MONTHLY;BYDAY=1SU, or \"0 2 * * 0\" for Sundays at 02:00)",
    ),
    "maintenance by a rule that never comes true": (
        "devices:\n",
        MAINTENANCE.replace("FREQ=MONTHLY;BYDAY=1SU", "§FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
        "maintenance.patching.repeat: it gives no time at all in the ten years after its first",
    ),
    "maintenance that begins when its rule does not": (
        "devices:\n",
        MAINTENANCE.replace("2026-12-06 02:00", "§2026-12-05 02:00"),
        "maintenance.patching.begins: 2026-12-05 02:00 (a Saturday) is none of the times that the rule gives "
        "(the next that is one: 2026-12-06 02:00, a Sunday)",
    ),
    "maintenance that nobody answers for": (
        "devices:\n",
        MAINTENANCE.replace("{subjects", "§{subjects").replace(" owner: x,", ""),
        "maintenance.patching.owner: this key is required and missing",
    ),
    "maintenance for no reason": (
        "devices:\n",
        MAINTENANCE.replace("reason: x", "reason: §''"),
        "maintenance.patching.reason: text is wanted, and this is empty",
    ),
}  # fmt: skip


def spoilt(sound: str, case: str) -> tuple[str, str]:
    """The sound inventory with one mistake in it, and the line that should be told about it."""
    old, new, words = CASES[case]
    assert old in sound, "the sound inventory has changed under this case"
    before, _, after = sound.replace(old, new, 1).partition("§")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return before + after, f"inventory.yaml:{line}:{column}: {words}"


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_a_mistake_is_told_in_one_line_with_its_place(case: str, sound: str, told: Told) -> None:
    text, line = spoilt(sound, case)
    assert line in told(text)


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_nothing_else_is_told_of_the_same_place(case: str, sound: str, told: Told) -> None:
    text, line = spoilt(sound, case)
    place = ":".join(line.split(":")[:3])
    assert [one for one in told(text) if one.startswith(f"{place}: ")] == [line]


def test_the_sound_inventory_is_sound(sound: str, told: Told) -> None:
    assert told(sound) == []


def test_planned_maintenance_that_is_sound_is_taken(sound: str, told: Told) -> None:
    with_seconds = MAINTENANCE.replace("2026-12-06 02:00", "2026-12-06 02:00:00")  # YAML makes a timestamp of this
    cron = MAINTENANCE.replace("FREQ=MONTHLY;BYDAY=1SU", "'0 2 * * 0'")
    for line in (MAINTENANCE, with_seconds, cron, "maintenance:\ndevices:\n"):
        assert told(sound.replace("devices:\n", line)) == []


def test_two_mistakes_in_one_plan_are_told_at_once(sound: str, told: Told) -> None:
    spoilt = MAINTENANCE.replace("lasts: 3h", "lasts: long").replace("sw-wf-1", "sw-wf-9")
    assert [line.split(": ")[1] for line in told(sound.replace("devices:\n", spoilt))] == [
        "maintenance.patching.subjects[0]",
        "maintenance.patching.lasts",
    ]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(told: Told) -> None:
    lines = told(
        """\
councils: {a: {title: A, share: 1}}
sites: {here: {title: off, kind: office, owner: b}}
devices:
  - {name: one, address: nowhere at all, class: swich, site: there}
  - name: two
    address: 192.0.2.1
    class: ups
    site: here
    retries: many
    snmp: nobody
"""
    )
    assert [re.match(r"inventory.yaml:(\d+):\d+: ([^:]+)", line).group(1, 2) for line in lines] == [  # type: ignore[union-attr]
        ("2", "sites.here.title"),
        ("2", "sites.here.owner"),
        ("4", "devices[0].address"),
        ("4", "devices[0].class"),
        ("4", "devices[0].site"),
        ("9", "devices[1].retries"),
        ("10", "devices[1].snmp"),
    ]


@pytest.mark.parametrize(
    ("octets", "line"),
    [
        (b"", "inventory.yaml: the file is empty (it wants sites: and devices:)"),
        (b"# nothing but words\n", "inventory.yaml: the file is empty (it wants sites: and devices:)"),
        (b"- a\n- b\n", "inventory.yaml:1:1: sections such as sites: and devices: are wanted at the top"),
        (b"just text\n", "inventory.yaml:1:1: sections such as sites: and devices: are wanted at the top"),
        (b"sites:\n  a: {title: Caf\xe9}\n", "inventory.yaml:2:17: not UTF-8: octet 0xe9 (save the file as UTF-8)"),
        (b"sites:\n  a: b\x00c\n", "inventory.yaml:2:7: a character that YAML does not allow: U+0000"),
        (b"a: 1\n---\nb: 2\n", "inventory.yaml:2:1: not YAML: a second document begins "
         "(one file is one document: remove the '---')"),
        (b"sites: [\n", "inventory.yaml:2:1: not YAML: no expected node content "
         "(check the indentation, quotes and brackets here and just above)"),
    ],
)  # fmt: skip
def test_what_is_no_inventory_at_all_is_told_in_one_line(octets: bytes, line: str, told: Told) -> None:
    assert told(octets) == [line]


def test_thousands_of_brackets_do_not_break_the_reader(told: Told) -> None:
    for text in ("sites: " + "[" * 5000 + "]" * 5000, "sites: " + "{a: " * 3000 + "}" * 3000):
        lines = told(text)
        assert len(lines) >= 1
        assert "inside each other" in "".join(lines) or "not YAML" in "".join(lines)


def test_anchors_of_anchors_do_not_grow_without_bound(told: Told) -> None:
    rows = ["x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    rows += [f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert told("\n".join([*rows, "sites: {}"])) == []


def test_a_missing_file_is_a_problem_like_any_other() -> None:
    with pytest.raises(InventoryInvalid, match=r"^/nowhere/inventory.yaml: cannot read the inventory: No such file"):
        load("/nowhere/inventory.yaml")


def test_a_folder_is_no_inventory(tmp_path: object) -> None:
    with pytest.raises(InventoryInvalid, match="cannot read the inventory: Is a directory"):
        load(str(tmp_path))


SECRETS = (
    "hunter2",
    "0123456",
    "1:30:00",
    "env:9bad value",
    "file:relative",
    "vault:no-field",
    "plain:hunter",
    "12345678",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_that_is_refused_is_never_repeated(secret: str, sound: str, told: Told) -> None:
    lines = told(sound.replace("password: env:SHELL_PASSWORD", f"password: {secret}"))
    assert len(lines) == 1
    assert lines[0].startswith("inventory.yaml:9:41: credentials.shell.password: ")
    rest = secret.partition(":")[2] if secret.startswith(("env", "file", "vault", "plain")) else secret
    assert rest not in lines[0]
