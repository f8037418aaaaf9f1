"""The page that explains the profile format is itself a profile, with every key."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from collectors.profiles import KINDS, load
from collectors.profiles.load import _keys_of
from collectors.profiles.model import Profile

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "profile-format.md"


def example() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


def keys_in(data: object) -> set[str]:
    if isinstance(data, dict):
        return {str(k) for k in data} | {key for value in data.values() for key in keys_in(value)}
    if isinstance(data, list):
        return {key for value in data for key in keys_in(value)}
    return set()


def test_the_annotated_example_loads_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(example())
    for name in ("_base", "_if", "generic"):
        (tmp_path / f"{name}.yaml").write_text(f"profile: {name}\ntitle: t\n")
    assert load(tmp_path)["example"].device_class == "switch"


def test_the_annotated_example_shows_every_key_of_the_format() -> None:
    assert _keys_of(Profile) - keys_in(yaml.safe_load(example())) == set()


def test_the_page_lists_every_sensor_kind_with_its_unit() -> None:
    listed = re.search(r"<!-- kinds -->(.*?)<!-- /kinds -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert listed
    told = " ".join(listed[1].split()).rstrip(".").split(", ")
    assert told == [f"{kind} ({unit})" if unit else kind for kind, (unit, _, _) in KINDS.items()]
