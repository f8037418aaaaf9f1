"""`hartwatch notices`: importing good files and bad ones, and which notice is in force."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from agent.cli import notices
from agent.hardware.notices import NoticesFolder, load_notices, read_file, shipped
from agent.hardware.notices_import import CannotImport, parse_day, read_csv, read_endoflife, store

HEAD = "vendor,model,product,version,end_of_sale,end_of_software_maintenance,end_of_support,source,fetched_on\n"
GOOD = (
    HEAD
    + "HPE,J9775A*,,,31/10/2022,,2027-10-31,supplier's list,2026-05-04\n"
    + "Fortinet,,FortiOS,8.0,,2030-01-01,2031-07-01,https://support.fortinet.com/,2026-05-04\n"
    + "Fortinet,,FortiOS,8.2,,,2032-07-01,https://support.fortinet.com/,2026-05-04\n"
)
FORTIOS = [
    {"cycle": "8.0", "releaseDate": "2026-01-15", "support": "2029-01-15", "eol": "2030-07-15", "lts": False},
    {"cycle": "7.2", "releaseDate": "2022-03-31", "support": True, "eol": False},
    {"cycle": "5.4", "eol": True},
]
PANOS = {
    "schema_version": "1.2.1",
    "generated_at": "2026-05-04T18:48:02+00:00",
    "result": {
        "name": "panos",
        "label": "Palo Alto Networks PAN-OS",
        "labels": {"eoas": None, "discontinued": None, "eol": "End-of-life Date", "eoes": None},
        "releases": [
            {"name": "12.1", "releaseDate": "2025-08-28", "isEol": False, "eolFrom": "2028-08-28"},
            {"name": "11.0", "releaseDate": "2022-11-17", "isEol": True, "eolFrom": "2024-11-17"},
            {"name": "4.9", "releaseDate": None, "isEol": True, "eolFrom": None},
            {"name": "13.0", "releaseDate": None, "isEol": False, "eolFrom": None},
        ],
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "notices"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    notices.register(app)

    def command(*words: str) -> Result:
        state = () if words[0] == "reference" else ("--state", "state")
        return CliRunner().invoke(app, ["notices", *words, *state], env={"COLUMNS": "200"})

    return command


def write(path: Path, data: object) -> Path:
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return path


# ---------------------------------------------------------------- CSV
def test_a_csv_is_taken_whole_and_the_same_again_changes_nothing(run: Any, tmp_path: Path, folder: Path) -> None:
    write(tmp_path / "mine.csv", GOOD)
    first = run("import", "mine.csv")
    assert first.exit_code == 0, first.output
    assert "1 model, 2 releases" in first.output
    made = folder / "mine.yaml"
    text, written = made.read_text(), made.stat().st_mtime_ns
    again = run("import", "mine.csv")
    assert "nothing has changed" in again.output
    assert (made.read_text(), made.stat().st_mtime_ns) == (text, written)
    index = load_notices(folder)
    assert index.problems == ()
    assert len(index) == len(shipped()) + 3
    switch = index.hardware("Aruba", "J9775A 2530-48G", "procurve")
    assert switch is not None
    assert (str(switch.end_of_sale), str(switch.end_of_support)) == ("2022-10-31", "2027-10-31")
    firewall = index.software("Fortinet", "FortiGate 60F", "fortigate", "v8.0.1,build1")
    assert firewall is not None
    assert (firewall.imported, str(firewall.end_of_support)) == (True, "2031-07-01")
    assert firewall.where.startswith(str(made))


BAD_ROWS = [
    ("HPE,J1A*,,,31/02/2022,,,x.org,", "end_of_sale: there is no day 31/02/2022"),
    ("HPE,J1A*,,,2022-13-01,,,x.org,", "end_of_sale: there is no day 2022-13-01"),
    ("HPE,J1A*,,,31/10/22,,,x.org,", "end_of_sale: a date is 2026-03-31 or 31/03/2026, not '31/10/22'"),
    ("HPE,J1A*,,,Oct 2022,,,x.org,", "end_of_sale: a date is"),
    ("HPE,J1A*,,,0022-10-31,,,x.org,", "is not a day that a vendor would announce"),
    ("HPE,J1A*,,,2027-01-01,,2026-01-01,x.org,", "end_of_sale 2027-01-01 is after end_of_support 2026-01-01"),
    ("HPE,J1A*,,,,,,x.org,", "it has no date"),
    ("HPE,J1A*,,,2027-01-01,,,,", "source: is missing"),
    ("HPE,J1A*,,,2027-01-01,,,x.org,yesterday", "fetched_on: a date is"),
    (",J1A*,,,2027-01-01,,,x.org,", "vendor: is missing"),
    ("HPE,,,,2027-01-01,,,x.org,", "model: is missing, and so is version"),
    ("HPE,*,,,2027-01-01,,,x.org,", "'*' would fit nearly everything"),
    ("HPE,J1[A,,,2027-01-01,,,x.org,", "a [ without its ]"),
    ("HPE,,,7.2,,,2027-01-01,x.org,", "product: is missing"),
    ("HPE,,Comware,7.2,,,2027-01-01,x.org,", "families: Comware is not a product that is known here"),
    ("Fortinet,,FortiOS,latest,,,2027-01-01,x.org,", "version: 'latest' is no release"),
    ("HPE,J1A*,,,2027-01-01,,,x.org,,more", "10 cells under 9 headings"),
]


@pytest.mark.parametrize(("row", "why"), BAD_ROWS, ids=[why for _, why in BAD_ROWS])
def test_a_bad_row_is_named_with_its_line_and_nothing_goes_in_unless_asked(
    run: Any, tmp_path: Path, folder: Path, row: str, why: str
) -> None:
    write(tmp_path / "mine.csv", GOOD + row + "\n")
    whole = run("import", "mine.csv")
    assert whole.exit_code == 1
    assert (
        f"not taken: mine.csv:5: {why}" in whole.output or (f"mine.csv:5: {why}") in whole.output or why in whole.output
    )
    assert "mine.csv:5: " in whole.output
    assert "--partial" in whole.output
    assert not folder.exists()
    part = run("import", "mine.csv", "--partial")
    assert part.exit_code == 0
    assert "1 model, 2 releases; 1 not taken" in part.output
    assert len(load_notices(folder)) == len(shipped()) + 3


def test_every_reason_of_a_row_and_every_bad_row_is_told(tmp_path: Path) -> None:
    made = read_csv(write(tmp_path / "mine.csv", HEAD + ",J1A*,,,x,,y,,\nHPE,,,,,,,x.org,\n"))
    assert len(made.refused) == 5
    assert made.text == ""


def test_the_same_row_twice_is_passed_over_and_a_contradiction_is_refused(tmp_path: Path) -> None:
    row = "HPE,J9775A*,,,31/10/2022,,2027-10-31,supplier's list,2026-05-04\n"
    made = read_csv(write(tmp_path / "mine.csv", GOOD + row + row.replace("2027", "2028").replace("HPE", "Aruba")))
    assert [str(one).partition("mine.csv")[2] for one in made.passed_over] == [":5: says the same as line 2"]
    assert [str(one).partition("mine.csv")[2] for one in made.refused] == [
        ":6: the same model as line 2, with something else"
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"), ("\n\n", "empty"), ("vendor,model,end_of_suport\n", "did you mean 'end_of_support'?"),
        ("vendor,model,model\n", "stands twice"), ("vendor,source\n", "a column `model` or `version` is wanted"),
    ],
)  # fmt: skip
def test_a_csv_that_is_none_is_refused_as_a_whole(run: Any, tmp_path: Path, folder: Path, text: str, why: str) -> None:
    write(tmp_path / "mine.csv", text)
    result = run("import", "mine.csv", "--partial")
    assert result.exit_code == 1
    assert why in result.output
    assert "mine.csv" in result.output
    assert not folder.exists()


def test_text_that_is_not_utf_8_a_missing_file_and_a_folder_are_told(run: Any, tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes(GOOD.encode() + "HPE,J2é,,,,,2027-01-01,x,\n".encode("latin-1"))
    assert "latin.csv:5: not UTF-8" in run("import", "latin.csv").output
    assert "none.csv: cannot be read" in run("import", "none.csv").output
    (tmp_path / "folder.csv").mkdir()
    assert run("import", "folder.csv").exit_code == 1


def test_a_spreadsheets_csv_with_semicolons_a_mark_and_headings_in_capitals_is_read(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_text("\ufeffVendor;Model;End of support;Source\r\nHPE;J9775A*;31/10/2027;our list\r\n;;;\r\n", "utf-8")
    made = read_csv(path)
    assert made.refused == []
    assert str(made.hardware[0]["end_of_support"]) == "2027-10-31"


def test_what_a_row_does_not_say_is_taken_from_the_options(run: Any, tmp_path: Path, folder: Path) -> None:
    write(tmp_path / "mine.csv", "version,end_of_support,source\n9.9,2031-01-01,our list\n")
    assert run("import", "mine.csv").exit_code == 1
    assert run("import", "mine.csv", "--vendor", "Fortinet", "--product", "FortiOS").exit_code == 0
    assert load_notices(folder).software("Fortinet", None, "fortigate", "9.9.1") is not None


def test_ended_without_a_day_is_kept_as_such(tmp_path: Path, folder: Path) -> None:
    text = "vendor,model,ended,source\nHPE,J1A*,end_of_sale end_of_support,our list\nHPE,J2A*,end_of_time,our list\n"
    made = read_csv(write(tmp_path / "mine.csv", text))
    assert made.hardware[0]["ended"] == ["end_of_sale", "end_of_support"]
    assert len(made.refused) == 1
    store(folder, made)
    found = load_notices(folder).hardware("HPE", "J1A", None)
    assert found is not None
    assert found.ended == ("end_of_sale", "end_of_support")


# ---------------------------------------------------------------- endoflife.date
def test_the_list_form_is_read_by_the_name_of_the_file_with_the_meaning_of_the_product(
    run: Any, tmp_path: Path, folder: Path
) -> None:
    write(tmp_path / "fortios.json", FORTIOS)
    result = run("import", "fortios.json")
    assert result.exit_code == 0, result.output
    assert "0 models, 3 releases" in result.output
    index = load_notices(folder)
    new = index.software("Fortinet", None, "fortigate", "8.0.1")
    assert new is not None
    assert (str(new.released_on), str(new.end_of_software_maintenance), str(new.end_of_support)) == (
        "2026-01-15", "2029-01-15", "2030-07-15",
    )  # fmt: skip
    assert 'end_of_support is "End of Support"' in new.label
    over = index.software("Fortinet", None, "fortigate", "7.2.8")
    assert over is not None
    assert over.imported
    assert (over.ended, over.end_of_software_maintenance) == (("end_of_software_maintenance",), None)
    old = index.software("Fortinet", None, "fortigate", "5.4.1")
    assert old is not None
    assert old.ended == ("end_of_support",)
    assert "nothing has changed" in run("import", "fortios.json").output


def test_the_newer_form_says_itself_which_product_it_is_and_when_it_was_made(tmp_path: Path, folder: Path) -> None:
    made = read_endoflife(write(tmp_path / "download.json", PANOS))
    assert made.refused == []
    assert [str(one).partition("entry ")[2] for one in made.passed_over] == ["4 (13.0): says no date that is used here"]
    store(folder, made)
    found = load_notices(folder).software("Palo Alto Networks", "PA-440", "panos", "11.0.4-h1")
    assert found is not None
    assert (str(found.end_of_support), found.ended, str(found.fetched_on)) == ("2024-11-17", (), "2026-05-04")
    assert found.label == 'end_of_support is "End-of-life Date"'
    assert found.source == "https://endoflife.date/panos"
    old = load_notices(folder).software("Palo Alto Networks", None, "panos", "4.9.1")
    assert old is not None
    assert old.ended == ("end_of_support",)
    with pytest.raises(CannotImport, match="it says that it is 'panos'"):
        read_endoflife(tmp_path / "download.json", product="fortios")
    assert read_endoflife(tmp_path / "download.json", product="pan-os").releases == 3


def test_the_same_word_means_different_ends_for_different_products(tmp_path: Path) -> None:
    entry = [{"cycle": "17.9", "eol": "2026-07-29", "support": "2025-01-29"}]
    path = write(tmp_path / "x.json", entry)
    xe = read_endoflife(path, product="cisco-ios-xe").software[0]["releases"][0]
    assert (str(xe["end_of_security_support"]), "end_of_support" in xe) == ("2026-07-29", False)
    nx = [{"cycle": "10.5-nxos", "eol": "2029-02-28", "eos": "2029-08-31"}, {"cycle": "16.1-aci", "eol": "2029-02-28"}]
    releases = read_endoflife(write(tmp_path / "x.json", nx), product="nx-os").software[0]["releases"]
    assert [one["version"] for one in releases] == ["10.5", "16.1"]
    assert str(releases[0]["end_of_support"]) == "2029-08-31"
    esxi = [{"name": "8.0", "eolFrom": "2027-10-11", "isEol": False, "custom": {"technicalGuidance": "2029-10-11"}}]
    wrapped = {"result": {"name": "esxi", "releases": esxi}}
    release = read_endoflife(write(tmp_path / "x.json", wrapped)).software[0]["releases"][0]
    assert (str(release["end_of_security_support"]), str(release["end_of_support"])) == ("2027-10-11", "2029-10-11")
    windows = [{"cycle": "2012-r2", "eol": "2023-10-10"}, {"cycle": "2003", "eol": "2007-04-10"}]
    made = read_endoflife(write(tmp_path / "x.json", windows), product="windows-server")
    assert (made.releases, len(made.passed_over)) == (1, 1)


def test_models_are_taken_from_a_list_of_hardware_and_their_signs_are_no_wildcards(
    tmp_path: Path, folder: Path
) -> None:
    entries = [{"cycle": "WS-C2960+24LC-L", "eol": "2026-10-31", "discontinued": "2021-10-31"},
               {"cycle": "C9200*", "eol": "2030-10-31", "discontinued": True},
               {"cycle": "C9200-48P-A", "eol": False, "discontinued": False}]  # fmt: skip
    made = read_endoflife(write(tmp_path / "cisco-hardware.json", entries))
    assert (made.models, len(made.refused), len(made.passed_over)) == (2, 0, 1)
    store(folder, made)
    index = load_notices(folder)
    assert index.hardware("Cisco", "C9200L-24P", None) is None
    found = index.hardware("Cisco", "C9200*", None)
    assert found is not None
    assert (found.ended, str(found.end_of_support)) == (("end_of_sale",), "2030-10-31")


BAD_ENTRIES: list[tuple[Any, str]] = [
    ({"cycle": "9.1", "eol": "soon"}, "eol: a date is"),
    ({"cycle": "9.1", "eol": 20270101}, "eol: a date or true or false is wanted"),
    ({"cycle": "9.1", "eol": "2027-02-30"}, "eol: there is no day 2027-02-30"),
    ({"cycle": "9.1", "eol": ["2027-01-01"]}, "eol: a date or true or false is wanted"),
    ({"cycle": "9.1", "releaseDate": "2028-01-01", "eol": "2027-01-01"}, "is after end_of_support 2027-01-01"),
    ({"cycle": "8.0", "eol": "2027-01-01"}, "the same as"), ({"eol": "2027-01-01"}, "has no name"),
    ({"cycle": None, "eol": True}, "has no name"), ({"cycle": True, "eol": True}, "has no name"),
    ({"cycle": 7.1, "eol": True}, "is a number"), ({"cycle": "rolling", "eol": True}, "'rolling' is no release"),
    ("9.1", "not an object"), (None, "not an object"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "why"), BAD_ENTRIES, ids=[why for _, why in BAD_ENTRIES])
def test_a_bad_entry_is_named_and_nothing_goes_in_unless_asked(
    run: Any, tmp_path: Path, folder: Path, entry: Any, why: str
) -> None:
    write(tmp_path / "fortios.json", [*FORTIOS, entry])
    whole = run("import", "fortios.json")
    assert whole.exit_code == 1
    assert "not taken: fortios.json: entry 4" in whole.output
    assert why in whole.output
    assert not folder.exists()
    assert "3 releases; 1 not taken" in run("import", "fortios.json", "--partial").output


@pytest.mark.parametrize(
    "text",
    ["", "[", "{}", "[]", "null", "7", '"x"', '{"result": {}}', '{"result": {"releases": {}}}', "[" * 100_000, "\x00"],
)
def test_json_that_is_no_product_is_refused_as_a_whole(run: Any, tmp_path: Path, folder: Path, text: str) -> None:
    write(tmp_path / "fortios.json", text)
    result = run("import", "fortios.json", "--partial")
    assert result.exit_code == 1
    assert "hartwatch: fortios.json" in result.output
    assert not folder.exists()


def test_a_product_that_is_not_known_wants_a_vendor_and_families(run: Any, tmp_path: Path, folder: Path) -> None:
    write(tmp_path / "exos.json", [{"cycle": "32.7", "eol": "2028-01-01"}])
    assert "say whose it is and which device families run it" in run("import", "exos.json").output
    assert run("import", "exos.json", "--vendor", "Extreme", "--family", "extreme_exos").exit_code == 0
    found = load_notices(folder).software("Extreme Networks", "X690-48x-2q-4c", "extreme_exos", "32.7.1.9")
    assert found is not None
    assert str(found.end_of_support) == "2028-01-01"
    write(tmp_path / "mine.csv", GOOD)
    assert run("import", "mine.csv", "--family", "x").exit_code == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["2027-01-01", "7.2", "cycle", "eol", "name", "result", "releases", "custom", "labels"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["cycle", "name", "eol", "eolFrom", "isEol", "support", "releaseDate", "custom", "result",
                         "releases", "labels", "label", "generated_at"]), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(json_values)
def test_no_json_at_all_breaks_the_import_and_what_is_taken_can_be_read_back(tmp_path: Path, data: Any) -> None:
    path = write(tmp_path / "fortios.json", data)
    try:
        made = read_endoflife(path)
    except CannotImport:
        return
    if made.text:
        stored = store(tmp_path / "notices", made)
        assert read_file(stored.path).problems == ()
        assert len(read_file(stored.path).notices) == made.models + made.releases


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(st.text(max_size=12) | st.sampled_from(["HPE", "J1*", "2027-01-01", "7.2", "FortiOS"]),
                         min_size=9, max_size=9), max_size=4))  # fmt: skip
def test_no_csv_at_all_breaks_the_import_and_what_is_taken_can_be_read_back(
    tmp_path: Path, rows: list[list[str]]
) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    path = tmp_path / "mine.csv"
    path.write_text(HEAD + buffer.getvalue(), "utf-8", "surrogatepass")
    try:
        made = read_csv(path)
        if made.text:
            stored = store(tmp_path / "notices", made)
            assert len(read_file(stored.path).notices) == made.models + made.releases
    except CannotImport:
        return


@given(st.dates())
def test_a_day_is_read_as_iso_and_as_people_in_the_united_kingdom_write_it(day: Any) -> None:
    assert parse_day(day.isoformat()) == parse_day(f"{day.day}/{day.month}/{day.year:04}") == day


# ---------------------------------------------------------------- the folder
def test_a_file_that_somebody_wrote_is_not_overwritten(run: Any, tmp_path: Path, folder: Path) -> None:
    write(tmp_path / "mine.csv", GOOD)
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("version: 1\n")
    result = run("import", "mine.csv")
    assert result.exit_code == 1
    assert "was not written by an import" in result.output
    assert (folder / "mine.yaml").read_text() == "version: 1\n"
    assert list(folder.iterdir()) == [folder / "mine.yaml"]


def test_a_folder_that_cannot_be_written_is_told(run: Any, tmp_path: Path) -> None:
    write(tmp_path / "mine.csv", GOOD)
    write(tmp_path / "state", "a file")
    result = run("import", "mine.csv")
    assert result.exit_code == 1
    assert "cannot write" in result.output


BROKEN = {
    "not yaml": ("version: [", ":2:1: not YAML"),
    "tab.yaml": ("version: 1\n\thardware: []\n", ":2"), "list": ("- 1\n", ":1"),
    "key": ("version: 1\nhardwear: []\n", ":2:1: hardwear: unknown key"),
    "version": ("version: 2\n", ":1:10: version"),
    "day": ("version: 1\nhardware:\n  - {vendor: V, models: [AB1], source: s.t, end_of_sale: 2026-02-30}\n", ":3"),
    "number": ("version: 1\nsoftware:\n  - vendor: V\n    product: P\n    families: [x]\n    source: s.t\n"
               "    releases:\n      - {version: 7.10, end_of_support: 2030-01-01}\n", ":8:19: software[0].releases"),
    "order": ("version: 1\nhardware:\n  - vendor: V\n    models: [AB1]\n    source: s.t\n    end_of_sale: 2031-01-01\n"
              "    end_of_support: 2030-01-01\n", ":3:5: hardware[0]: end_of_sale 2031-01-01 is after end_of_support"),
    "release key": ("version: 1\nsoftware:\n  - vendor: V\n    product: P\n    families: [x]\n    source: s.t\n"
                    '    releases:\n      - {version: "1.2", eol: 2030-01-01}\n', ":8:26: software[0].releases[0].eol"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_named_loudly_and_the_others_stay_in_force(
    run: Any, tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    text, place = BROKEN[kind]
    store(folder, read_csv(write(tmp_path / "mine.csv", GOOD)))
    (folder / "bad.yaml").write_text(text)
    with caplog.at_level("ERROR"):
        index = load_notices(folder)
    assert len(index) == len(shipped()) + 3
    assert index.problems
    assert f"{folder / 'bad.yaml'}{place}" in index.problems[0]
    assert all(problem in caplog.text for problem in index.problems)
    result = run("list", "--vendor", "HPE")
    assert result.exit_code == 0
    assert f"left out: {Path('state/notices/bad.yaml')}{place}" in result.output
    assert "J9775A*" in result.output


def test_the_folder_is_read_again_only_when_a_file_in_it_has_changed(tmp_path: Path, folder: Path) -> None:
    reader = NoticesFolder(folder)
    empty = reader.current()
    assert len(empty) == len(shipped())
    assert reader.current() is empty
    store(folder, read_csv(write(tmp_path / "mine.csv", GOOD)))
    one = reader.current()
    assert len(one) == len(shipped()) + 3
    assert reader.current() is one
    other = folder / "mine.yaml"
    other.write_text(other.read_text().replace("8.2", "8.4"))
    os.utime(other, ns=(1, 1))
    assert reader.current().software("Fortinet", None, "fortigate", "8.4.1") is not None
    other.unlink()
    assert len(reader.current()) == len(shipped())


# ---------------------------------------------------------------- listing and asking
def test_check_says_which_notice_is_in_force_and_what_it_comes_before(run: Any, tmp_path: Path) -> None:
    write(tmp_path / "mine.csv", HEAD + "Fortinet,,FortiOS,7.2,,,2029-01-01,our list,2026-05-04\n")
    assert run("import", "mine.csv").exit_code == 0
    found = run("check", "FortiGate 60F", "--vendor", "Fortinet", "--version", "v7.2.8 build1639")
    assert found.exit_code == 0
    assert "Fortinet FortiGate 60F: no notice fits" in found.output
    assert "FortiOS 7.2" in found.output
    assert "end of support: 2029-01-01" in found.output
    assert "(imported)" in found.output
    assert "comes before FortiOS 7.2 from vendor-notices/fortinet.yaml:" in found.output
    other = run("check", "FortiGate 60F", "--vendor", "Fortinet", "--version", "7.2.8", "--family", "fortiswitch")
    assert other.exit_code == 1
    ended = run("check", "x", "--vendor", "Netgate", "--version", "2.4.5")
    assert "end of support: over, the day is not known" in ended.output


def test_list_by_vendor_product_and_model_and_for_programs(run: Any) -> None:
    rows = json.loads(run("list", "--product", "fortios", "--format", "json").output)
    assert {row["vendor"] for row in rows} == {"Fortinet"}
    assert {"where", "label", "fetched_on", "families", "imported"} <= set(rows[0])
    models = json.loads(run("list", "--model", "WS-C3850-48T-S", "--format", "json").output)
    assert [row["end_of_support"] for row in models] == ["2025-10-31"]
    table = list(csv.DictReader(io.StringIO(run("list", "--vendor", "Cisco Systems", "--format", "csv").output)))
    assert {row["vendor"] for row in table} == {"Cisco"}
    assert "There is no such notice." in run("list", "--vendor", "Nobody").output
    assert run("reference").output.startswith("# Vendor notices\n")
