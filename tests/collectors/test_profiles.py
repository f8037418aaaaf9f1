"""Profiles are strict data: every mistake is named with file, line and key, and nothing is half loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.profiles import ProfileInvalid, builtin, candidates, choose, load, questions
from collectors.profiles.model import Profile
from collectors.ssh import PLATFORMS

GENERIC = "profile: generic\ntitle: anything\n"


def folder(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "generic.yaml").write_text(GENERIC)
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("profile: x\ntitle: t\nscalar: []\n", "x.yaml:3: scalar: unknown key (did you mean 'scalars'?)"),
        (
            "profile: x\ntitle: t\nscalars:\n  - {metric: a, oid: .1.3.6.1, help: h}\n",
            "x.yaml:4: scalars[0].oid: '.1.3.6.1' is no object identifier (digits and dots, as 1.3.6.1.2.1.1.3.0)",
        ),
        (
            "profile: x\ntitle: t\nchecks:\n  - check: c\n    oid: 1.3.6.1.2\n    states: {7: [off, critical]}\n",
            "x.yaml:6: checks[0].states.7[0]: YAML reads this word as False; put it in quotes",
        ),
        (
            "profile: x\ntitle: t\nidentity:\n  model: [{oid: 1.3.6.1.2, value: a}]\n",
            "x.yaml:4: identity.model[0]: a source has exactly one of oid, column, entity, value, join",
        ),
        (
            "profile: x\ntitle: t\nsensors:\n  - {entry: 1.3.6.1.2, value: 3, kind: heat}\n",
            "x.yaml:4: sensors[0]: kind 'heat' is not one of",
        ),
        ("profile: y\ntitle: t\n", "x.yaml: profile: is 'y', and must be the file's name, 'x'"),
        ("profile: x\ntitle: t\nextends: [_bsae]\n", "x.yaml: extends: there is no profile '_bsae'"),
        ("profile: x\ntitle: [\n", "x.yaml:3:1: not YAML: "),
        ("- 1\n", "x.yaml:1: a profile is a mapping that begins with `profile: NAME`"),
        ("profile: x\ntitle: t\nmatch: [{sys_descr: '('}]\n", "'(' is no regular expression"),
        ("profile: x\ntitle: t\nmatch: [{}]\n", "match[0]: an entry of match needs sys_object_id, sys_descr, has or"),
        ("profile: x\ntitle: t\nextends: [x]\n", "x.yaml: extends: goes in a circle: x > x"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ProfileInvalid) as problem:
        load(folder(tmp_path, x=text))
    assert complaint in str(problem.value)


def test_all_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(ProfileInvalid) as problem:
        load(folder(tmp_path, a="profile: a\ntitle: t\nx: 1\n", b="profile: b\ntitle: t\ny: 1\nz: 2\n"))
    assert len(problem.value.problems) == 3


def test_own_entries_come_before_inherited_ones_and_instead_drops_them(tmp_path: Path) -> None:
    base = "profile: _b\ntitle: b\nscalars: [{metric: a, oid: 1.3.6.1.1.0, help: h}]\nidentity: {model: [{value: B}]}\n"
    own = "extends: [_b]\nscalars: [{metric: b, oid: 1.3.6.1.2.0, help: h}]\nidentity: {model: [{value: X}]}\n"
    profiles = load(
        folder(
            tmp_path,
            _b=base,
            x=f"profile: x\ntitle: t\n{own}",
            y=f"profile: y\ntitle: t\ninstead: [scalars]\n{own}",
        )
    )
    assert [s.metric for s in profiles["x"].scalars] == ["b", "a"]
    assert [s.value for s in profiles["x"].identity.model] == ["X", "B"]
    assert [s.metric for s in profiles["y"].scalars] == ["b"]
    assert "_b" not in profiles


def test_the_built_in_families_load_and_generic_is_among_them() -> None:
    assert "generic" in builtin()


MATCHES = {
    "vendor": "match: [{sys_object_id: 1.3.6.1.4.1.9.*}]",
    "series": "match: [{sys_object_id: 1.3.6.1.4.1.9.1.*, sys_descr: IOS}]",
    "model": "match: [{sys_object_id: 1.3.6.1.4.1.9.1.7}]",
    "words": "match: [{sys_descr: ['^Widget']}]",
    "asked": "match: [{sys_object_id: 1.3.6.1.4.1.8072.*, has: 1.3.6.1.4.1.5.1.0}]",
    "told": "match: [{sys_object_id: 1.3.6.1.4.1.8072.*, answers: {1.3.6.1.4.1.6.1.0: 'Box'}}]",
}


@pytest.mark.parametrize(
    ("oid", "descr", "answers", "name"),
    [
        ("1.3.6.1.4.1.9.5.1", "", {}, "vendor"),
        ("1.3.6.1.4.1.9.1.6", "Cisco IOS", {}, "series"),
        ("1.3.6.1.4.1.9.1.6", "other", {}, "vendor"),
        ("1.3.6.1.4.1.9.1.7", "other", {}, "model"),
        ("1.3.6.1.4.1.99.1", "Widget 5", {}, "words"),
        ("1.3.6.1.4.1.99.1", "A Widget", {}, "generic"),
        ("1.3.6.1.4.1.8072.3.2.10", "Linux", {"1.3.6.1.4.1.5.1.0": "x"}, "asked"),
        ("1.3.6.1.4.1.8072.3.2.10", "Linux", {"1.3.6.1.4.1.6.1.0": "My Box"}, "told"),
        ("1.3.6.1.4.1.8072.3.2.10", "Linux", {}, "generic"),
        (None, None, {}, "generic"),
        ("1.3.6.1.4.1.90.1", "", {}, "generic"),
    ],
)
def test_the_most_special_family_is_chosen(
    tmp_path: Path, oid: str | None, descr: str | None, answers: dict[str, str], name: str
) -> None:
    files = {n: f"profile: {n}\ntitle: t\n{match}\n" for n, match in MATCHES.items()}
    profiles = load(folder(tmp_path, **files))
    found = candidates(profiles, oid, descr)
    assert set(answers) <= set(questions(found))
    assert choose(profiles, found, answers).profile == name


def test_no_two_built_in_families_match_in_the_same_words() -> None:
    seen: dict[str, str] = {}
    doubled = []
    for profile in builtin():
        for entry in profile.match:
            key = entry.model_dump_json()
            if key in seen:
                doubled.append((seen[key], profile.profile))
            seen[key] = profile.profile
    assert doubled == []


def test_every_family_says_what_it_is() -> None:
    silent = [p.profile for p in builtin() if p.profile != "generic" and not (p.device_class or p.class_by)]
    assert silent == []


def test_a_profile_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Profile.model_validate({"profile": "x", "title": "t"}).title = "u"


def test_families_name_only_platforms_whose_command_line_is_known() -> None:
    unknown = {p.profile: p.ssh.platform for p in builtin() if p.ssh and p.ssh.platform not in PLATFORMS}
    assert unknown == {}
