"""Module files: both forms, what is wrong with them by file, line and key, and never a secret in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.exporter.snmp import ModulesInvalid, read_modules
from agent.exporter.snmp.document import MAX_VALUES

SECRET = "a-Secret-that-is-nobodys"
NEW = """\
auths:
  v3:
    version: 3
    username: hart
    security_level: authPriv
    password: {secret}
    auth_protocol: SHA256
    priv_protocol: AES256C
    priv_password: {secret}2
    context_name: ctx
modules:
  m:
    walk: [.1.3.6.1.2.1.2]
    timeout: 1m30s
    retries: 0
    max_repetitions: 5
    use_unconnected_udp_socket: true
    allow_nonincreasing_oids: true
    filters:
      - {{oid: 1.3.6.1.2.1.2.2.1.7, targets: [1.3.6.1.2.1.2.2.1.10], values: ['1']}}
    metrics:
      - name: a
        oid: 1.3.6.1.2.1.2.2.1.10
        type: counter
        help: ~
        indexes:
        - {{labelname: ifIndex, type: gauge}}
        enum_values: {{1: true, 2: "off", 3: 0x10}}
"""


def read(tmp_path: Path, text: str, name: str = "snmp.yml") -> list[str]:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ModulesInvalid) as caught:
        read_modules([path])
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{path}:") for line in lines)
    assert SECRET not in str(caught.value)
    return [line.removeprefix(f"{path}:") for line in lines]


def test_the_new_form_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "snmp.yml"
    path.write_text(NEW.format(secret=SECRET))
    modules = read_modules([path])
    module, access = modules.modules["m"], modules.auths["v3"]
    assert (module.walk, module.timeout_seconds, module.retries) == (("1.3.6.1.2.1.2",), 90.0, 0)
    assert module.max_repetitions == 5
    (metric,) = module.metrics.values()
    assert metric.names == {1: "true", 2: "off", 3: "0x10"}  # scalars are the text they are written as
    assert (access.version, access.user, access.auth, access.priv) == ("3", "hart", "SHA-256", "AES-256-CISCO")
    assert (access.auth_secret, access.priv_secret, access.context) == (SECRET, SECRET + "2", "ctx")
    assert SECRET not in repr(modules)
    assert "if_mib" in modules.modules


def test_the_old_form_has_a_credential_in_each_module_and_wins_over_a_built_in(tmp_path: Path) -> None:
    path = tmp_path / "old.yml"
    path.write_text("if_mib:\n  version: 1\n  auth: {community: c1}\n  walk: [1.3.6.1.2.1.2]\n  metrics:\n")
    module = read_modules([tmp_path / "o*.yml", tmp_path / "none*.yml"]).modules["if_mib"]
    assert module.access is not None
    assert (module.access.version, module.access.community) == ("1", "c1")
    assert module.metrics == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("m:\n  wallk: [1.3]\n", "2:3: m.wallk: there is no such key in a module definition (did you mean 'walk'?)"),
        ("m:\n  walk: [1.3.a]\n", "2:10: m.walk[0]: an object identifier of digits and dots is wanted, such as "
         "1.3.6.1.2.1.2.2.1.10"),
        ("m:\n  version: 4\n", "2:12: m.version: input should be less than or equal to 3"),
        ("m:\n  timeout: 5\n", "2:12: m.timeout: a duration as Go writes it is wanted: 5s, 500ms, 1m30s"),
        ("m:\n  metrics:\n  - {name: a b, oid: 1.3, type: gauge}\n",
         "3:12: m.metrics[0].name: not the name of a metric: letters, digits, _ and :, not beginning with a digit"),
        ("m:\n  metrics:\n  - {name: a, oid: 1.3, type: gauge, indexes: [{labelname: x, type: gauge, tpe: 1}]}\n",
         "3:76: m.metrics[0].indexes[0].tpe: there is no such key in a module definition (did you mean 'type'?)"),
        ("m:\n  metrics:\n  - {name: a, oid: 1.3, type: DisplayString, regex_extracts: {X: [{regex: '('}]}}\n",
         "3:75: m.metrics[0].regex_extracts.X[0].regex: not a regular expression that is known here: missing ), "
         "unterminated subpattern at position 0"),
        ("m:\n  metrics:\n  - {name: a, oid: 1.3, type: EnumAsInfo, enum_values: {one: 1}}\n",
         "3:57: m.metrics[0].enum_values.one: input should be a valid integer, unable to parse string as an integer"),
        ("m:\n  metrics:\n  - {name: a, oid: 1.3, type: ParseDateAndTime}\n",
         "3:5: m.metrics[0]: ParseDateAndTime wants a datetime_pattern, such as %b %d %Y"),
        ("m:\n  walk: [1.3]\n  walk: [1.4]\n", "3:3: m.walk: this key stands twice: remove one of them"),
        ("m: [\n", "2:1: not YAML: did not find expected node content"),
        ("- m\n", "1:1: module definitions in the form of snmp_exporter's snmp.yml are wanted"),
        ("modules:\n  m: {auth: {community: x}}\n", "2:7: modules.m.auth: there is no such key in a module definition"),
        (f"auths:\n  a: {{version: 3, password: {SECRET}}}\n", "2:6: auths.a: version 3 wants a username"),
        (f"auths:\n  a: {{version: 3, username: u, security_level: authPriv, password: {SECRET}}}\n",
         "2:6: auths.a: authPriv wants a priv_password"),
        (f"auths:\n  a: {{priv_protocol: {SECRET}}}\n", "2:22: auths.a.priv_protocol: input should be 'DES', 'AES', "
         "'AES192', 'AES192C', 'AES256' or 'AES256C'"),
        (f"auths:\n  a: {{community: [{SECRET}]}}\n", "2:18: auths.a.community: input should be a valid string"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_line_and_key(tmp_path: Path, text: str, line: str) -> None:
    assert read(tmp_path, text) == [line]


def test_a_file_that_is_not_there_and_one_that_is_no_text_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(ModulesInvalid, match="cannot read these module definitions: no such file or directory"):
        read_modules([tmp_path / "snmp.yml"])
    (tmp_path / "snmp.yml").write_bytes(b"m:\n  \xff\n")
    with pytest.raises(ModulesInvalid, match="not UTF-8: octet 0xff"):
        read_modules([tmp_path / "snmp.yml"])


def test_a_small_file_cannot_become_a_large_one(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert read(tmp_path, "\n".join(lines)) == [f" more than {MAX_VALUES:,} values, aliases followed"]
    assert read(tmp_path, "m: " + "[" * 60 + "]" * 60) == [" more than 20 levels inside each other"]
    assert len(read(tmp_path, "m:\n" + "".join(f"  k{n}: 1\n" for n in range(50)))) == 21
