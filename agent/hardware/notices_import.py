"""Vendor notices from other people's files: CSV, and the JSON of endoflife.date.

    read_csv(path, vendor, product) -> Import
    read_endoflife(path, product, vendor, families) -> Import
    Import.text                       the file of notices that it makes, or "" where nothing can be taken
    store(folder, made) -> Stored     written whole or not at all; the same again changes nothing

What cannot be taken is in `Import.refused`, with file and line or entry; what has nothing to say is in `passed_over`.
The columns of endoflife.date mean different things for each product, so PRODUCTS says which date is taken for which.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from agent.hardware.notices import HardwareEntry, SoftwareEntry, check_document
from agent.inventory.document import MAX_BYTES, Document
from agent.inventory.explain import words_of
from agent.inventory.problems import did_you_mean
from agent.lifecycle.notices import ENDS, release_key, vendor_key

MARK = "# Imported by `hartwatch notices import`: change the source and import it again, or this is overwritten."


@dataclass(frozen=True, slots=True)
class Refused:
    """A row or an entry that was not taken, and why."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(slots=True)
class Import:
    """What a file gives. `name`: of the file of notices that it makes."""

    name: str
    hardware: list[dict[str, Any]] = field(default_factory=list)
    software: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    passed_over: list[Refused] = field(default_factory=list)

    @property
    def models(self) -> int:
        return len(self.hardware)

    @property
    def releases(self) -> int:
        return sum(len(entry["releases"]) for entry in self.software)

    @property
    def text(self) -> str:
        if not self.hardware and not self.software:
            return ""
        data: dict[str, Any] = {"version": 1}
        if self.hardware:
            data["hardware"] = self.hardware
        if self.software:
            data["software"] = self.software
        return f"{MARK}\n" + yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=10_000)


class _Plain(yaml.SafeDumper):
    """Without anchors: a file that people read says a date wherever it stands."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class CannotImport(Exception):
    """The file as a whole cannot be used; nothing of it was looked at further."""


# ---------------------------------------------------------------- products of endoflife.date
_SOFTWARE, _SECURITY, _SUPPORT = "end_of_software_maintenance", "end_of_security_support", "end_of_support"
_USUAL = {"eoas": _SOFTWARE, "eol": _SUPPORT, "discontinued": "end_of_sale"}
_SECURE = {"eoas": _SOFTWARE, "eol": _SECURITY}


@dataclass(frozen=True, slots=True)
class Product:
    """What is known of a product of endoflife.date: whose it is, which devices run it, and what its dates mean.

    `means`: name of a date there (eol, eoas, discontinued, or one of the product's own) -> the end it is here.
    """

    vendor: str
    name: str
    families: tuple[str, ...] = ()
    means: Mapping[str, str] = field(default_factory=lambda: dict(_USUAL))
    labels: Mapping[str, str] = field(default_factory=dict)
    drop: str = ""  # pattern: what is taken off the name of a release
    leave: str = ""  # pattern: releases that cannot be told apart by what a device reports
    models: tuple[str, ...] = ()
    hardware: bool = False  # its "releases" are models


PRODUCTS: Mapping[str, Product] = {
    "fortios": Product("Fortinet", "FortiOS", ("fortigate",),
                       labels={"eoas": "End of Engineering Support", "eol": "End of Support"}),
    "panos": Product("Palo Alto Networks", "PAN-OS", ("panos",), labels={"eol": "End-of-life Date"}),
    "cisco-ios-xe": Product("Cisco", "IOS XE", ("cisco_ios", "cisco_c9800"), _SECURE,
                            {"eoas": "Maintenance Support", "eol": "Security Support"}),
    "cisco-nx-os": Product("Cisco", "NX-OS", ("cisco_nxos",), {**_SECURE, "eos": _SUPPORT},
                           {"eoas": "Maintenance Support", "eol": "Security Support", "eos": "Service Support Ends"},
                           drop=r"-(?:nxos|aci)$"),
    "cisco-hardware": Product("Cisco", "", labels={"eol": "End of Support", "discontinued": "End of Sale"},
                              hardware=True),
    "esxi": Product("VMware", "ESXi", ("vmware_esxi",), {"eol": _SECURITY, "technicalGuidance": _SUPPORT},
                    {"eol": "General Support", "technicalGuidance": "Technical Guidance Ends"}),
    "vcenter": Product("VMware", "vCenter Server", ("vmware_esxi",), {"eol": _SECURITY, "technicalGuidance": _SUPPORT},
                       {"eol": "General Support", "technicalGuidance": "Technical Guidance Ends"},
                       models=("*vCenter*",)),
    "windows-server": Product("Microsoft", "Windows Server", ("windows",), _SECURE,
                              {"eoas": "Active Support", "eol": "Security Support"}, leave=r"^200[38]$|-(?:sac|ac)$"),
    "opnsense": Product("OPNsense", "OPNsense", ("opnsense",), _SECURE, {"eol": "Security Support"}),
    "pfsense": Product("Netgate", "pfSense CE", ("pfsense",), labels={"eol": "Supported"}),
    "arista-eos": Product("Arista", "EOS", ("arista_eos",), labels={"eol": "Support"}),
    "big-ip": Product("F5", "BIG-IP", ("f5_bigip",),
                      labels={"eoas": "End of Software Development", "eol": "End of Technical Support"}),
    "synology-dsm": Product("Synology", "DSM", ("synology_dsm",), _SECURE,
                            {"eoas": "Maintenance", "eol": "Security Updates"}),
    "truenas": Product("iXsystems", "TrueNAS", ("truenas",), _SECURE, {"eol": "Security Support"}),
    "routeros": Product("MikroTik", "RouterOS", ("mikrotik",), _SECURE, {"eol": "Security Support"}),
}  # fmt: skip
_OTHER_NAMES = {"pan-os": "panos", "nxos": "cisco-nx-os", "nx-os": "cisco-nx-os", "vmware-esxi": "esxi",
                "vmware-vcenter": "vcenter", "dsm": "synology-dsm", "windowsserver": "windows-server"}  # fmt: skip
# The same dates under their names in the older form of the JSON.
_OLDER = {"eoas": "support", "eoes": "extendedSupport"}


def families_of(product: str) -> tuple[str, ...]:
    """The device families that run a product, by its name; () where it is not known."""
    name = product.casefold()
    return next((known.families for known in PRODUCTS.values() if known.name.casefold() == name), ())


# ---------------------------------------------------------------- reading files
def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            octets = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CannotImport(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(octets) > MAX_BYTES:
        raise CannotImport(f"{path}: larger than {MAX_BYTES // 2**20} MiB")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets[: error.start].count(b"\n") + 1
        raise CannotImport(f"{path}:{line}: not UTF-8: save the file as UTF-8 (CSV UTF-8 in a spreadsheet)") from None


def _fetched(path: Path) -> date:
    """The day a file was fetched, as far as it says so itself: importing it again another day changes nothing."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "notices"


# ---------------------------------------------------------------- CSV
DATES = ("released_on", *ENDS)
COLUMNS = ("vendor", "model", "product", "version", "families", *DATES, "ended", "source", "fetched_on", "label")
_UK_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


def read_csv(path: Path, vendor: str | None = None, product: str | None = None) -> Import:
    """Rows of models (`model`) and of releases (`product`, `version`); `vendor`, `product` where a row names none."""
    text = _text_of(path)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first and "," not in first else ",")
    made = Import(_slug(path.stem))
    fetched = _fetched(path)
    seen: dict[tuple[str, ...], tuple[int, dict[str, str]]] = {}
    columns: list[str] = []
    try:
        for cells in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _header(path, line, cells)
                continue
            where = f"{path}:{line}"
            if len(cells) > len(columns):
                made.refused.append(Refused(where, f"{len(cells)} cells under {len(columns)} headings"))
                continue
            row = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
            row.setdefault("vendor", vendor or "")
            row.setdefault("product", (product or "") if "version" in row else "")
            key = (vendor_key(row["vendor"]), row.get("model", "").casefold(), row["product"].casefold(),
                   row.get("version", "").casefold())  # fmt: skip
            if key in seen:
                before, said = seen[key]
                if said == row:
                    made.passed_over.append(Refused(where, f"says the same as line {before}"))
                else:
                    made.refused.append(Refused(where, f"the same {'release' if key[3] else 'model'} as line {before}"
                                                       ", with something else"))  # fmt: skip
                continue
            seen[key] = (line, row)
            try:
                _take_row(made, row, fetched)
            except ValueError as problem:
                made.refused += [Refused(where, why) for why in str(problem).split("\n")]
    except csv.Error as error:
        raise CannotImport(f"{path}:{reader.line_num}: not CSV: {error}") from None
    if not columns:
        raise CannotImport(f"{path}: empty: the first line has the headings, such as vendor,model,end_of_support")
    return made


def _header(path: Path, line: int, cells: Sequence[str]) -> list[str]:
    names = [re.sub(r"[\s-]+", "_", cell.strip().casefold()) for cell in cells]
    problems = []
    for name in dict.fromkeys(names):
        if name not in COLUMNS:
            hint = did_you_mean(name, COLUMNS)
            problems.append(f"{path}:{line}: unknown column {name!r}" + (f" ({hint})" if hint else ""))
        elif names.count(name) > 1:
            problems.append(f"{path}:{line}: the column {name!r} stands twice")
    if not {"model", "version"} & set(names):
        problems.append(f"{path}:{line}: a column `model` or `version` is wanted; columns are {', '.join(COLUMNS)}")
    if problems:
        raise CannotImport("\n".join(problems))
    return names


def parse_day(text: str) -> date:
    """2026-03-31 or 31/03/2026; ValueError in words."""
    uk = _UK_DAY.fullmatch(text)
    try:
        return date(int(uk[3]), int(uk[2]), int(uk[1])) if uk else date.fromisoformat(text)
    except ValueError:
        wanted = f"there is no day {text}" if uk or re.fullmatch(r"\d{4}-\d\d-\d\d", text) else (
            f"a date is 2026-03-31 or 31/03/2026, not {text!r}"
        )  # fmt: skip
        raise ValueError(wanted) from None


def _take_row(made: Import, row: Mapping[str, str], fetched: date) -> None:
    """Take a row; ValueError with every reason why not, one a line."""
    problems: list[str] = []
    entry: dict[str, Any] = {}
    days: dict[str, Any] = {}
    for name in DATES:
        if name in row:
            try:
                days[name] = parse_day(row[name])
            except ValueError as problem:
                problems.append(f"{name}: {problem}")
    if "ended" in row:
        days["ended"] = [name for name in re.split(r"[\s,;]+", row["ended"]) if name]
    try:
        fetched = parse_day(row["fetched_on"]) if "fetched_on" in row else fetched
    except ValueError as problem:
        problems.append(f"fetched_on: {problem}")
    if not row["vendor"]:
        problems.append("vendor: is missing; say it in the row, or for all rows with --vendor")
    if not row.get("source"):
        problems.append("source: is missing; a date that nobody can look up again is no evidence")
    label = {"label": row["label"]} if "label" in row else {}
    families = [name for name in re.split(r"[\s,;]+", row.get("families", "")) if name]
    models = [row["model"]] if "model" in row else []
    entry = {"vendor": row["vendor"]}
    if "version" in row:
        families = families or list(families_of(row["product"]))
        if not row["product"]:
            problems.append("product: is missing; say whose release it is")
        elif not families and not models:
            problems.append(f"families: {row['product']} is not a product that is known here: say which device "
                            "families run it")  # fmt: skip
        entry |= {"product": row["product"]} | ({"families": families} if families else {})
        entry |= {"models": models} if models else {}
        entry |= {"source": row.get("source", ""), "fetched_on": fetched, **label}
        release = {"version": row["version"], **days}
        if not problems:
            problems = list(_flaws(SoftwareEntry, {**entry, "releases": [release]}))
        if not problems:
            _add_release(made, entry, release)
    else:
        if not models:
            problems.append("model: is missing, and so is version")
        entry |= {"models": models} | ({"families": families} if families else {})
        entry |= {**days, "source": row.get("source", ""), "fetched_on": fetched, **label}
        if not problems:
            problems = list(_flaws(HardwareEntry, entry))
        if not problems:
            made.hardware.append(entry)
    if problems:
        raise ValueError("\n".join(problems))


def _add_release(made: Import, entry: dict[str, Any], release: dict[str, Any]) -> None:
    """Releases that have everything else in common stand together."""
    for known in made.software:
        if {key: value for key, value in known.items() if key != "releases"} == entry:
            known["releases"].append(release)
            return
    made.software.append({**entry, "releases": [release]})


def _flaws(shape: type[BaseModel], entry: Mapping[str, Any]) -> Iterator[str]:
    try:
        shape.model_validate(entry)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            message, suggestion = words_of(one, shape)
            steps = [str(step) for step in one["loc"] if step not in ("releases", "models") and isinstance(step, str)]
            place = f"{steps[-1]}: " if steps else ""
            yield place + message + (f" ({suggestion})" if suggestion else "")


# ---------------------------------------------------------------- endoflife.date
def read_endoflife(
    path: Path, product: str | None = None, vendor: str | None = None, families: Iterable[str] = ()
) -> Import:
    """One product of endoflife.date: the list of /api/PRODUCT.json, or the object of /api/v1/products/PRODUCT."""
    try:
        data = json.loads(_text_of(path))
    except ValueError as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise CannotImport(f"{path}{line}: not JSON: {getattr(error, 'msg', error)}") from None
    except RecursionError:
        raise CannotImport(f"{path}: not the JSON of one product of endoflife.date") from None
    result = data.get("result") if isinstance(data, dict) else None
    entries = result.get("releases") if isinstance(result, dict) else data
    if not isinstance(entries, list) or not entries:
        raise CannotImport(f"{path}: not the JSON of one product of endoflife.date: a list of releases is wanted")
    slug, own = _product(path, product, result)
    known = PRODUCTS.get(slug)
    if known is None:
        wanted = tuple(families)
        if not vendor or not wanted:
            raise CannotImport(
                f"{path}: the product {slug!r} is not known here: say whose it is and which device families run it, "
                "with --vendor and --family, or which product it is with --product"
            )
        known = Product(vendor, own.get("label") or slug, wanted)
    words = {**known.labels, **{key: value for key, value in (own.get("labels") or {}).items() if value}}
    label = ", ".join(f'{end} is "{words.get(key, key)}"' for key, end in known.means.items() if key in known.labels)
    label = label or ", ".join(f'{end} is "{words.get(key, key)}"' for key, end in known.means.items())
    common = {"source": f"https://endoflife.date/{slug}", "fetched_on": _generated(data) or _fetched(path)}
    made = Import(f"endoflife-{_slug(slug)}")
    names: dict[tuple[int | str, ...] | str, str] = {}
    for number, entry in enumerate(entries, 1):
        where = f"{path}: entry {number}"
        if not isinstance(entry, dict):
            made.refused.append(Refused(where, "not an object"))
            continue
        name = entry.get("name") if "name" in entry else entry.get("cycle")
        if isinstance(name, float):  # 7.10 has become 7.1 by now
            made.refused.append(Refused(where, f"the name {name} is a number: as text it would be unmistakable"))
            continue
        if not isinstance(name, str | int) or isinstance(name, bool) or not str(name).strip():
            made.refused.append(Refused(where, "has no name (`cycle` or `name`)"))
            continue
        where = f"{where} ({name})"
        _take_entry(made, entry, str(name).strip(), where, known, {**common, "label": label}, names)
    return made


def _product(path: Path, product: str | None, result: Any) -> tuple[str, dict[str, Any]]:
    """Which product it is, and what the file says of it: told, or named in the file, or the name of the file."""
    own: dict[str, Any] = result if isinstance(result, dict) else {}
    named = own.get("name") if isinstance(own.get("name"), str) else None
    slug = (product or named or path.stem).strip().casefold()
    slug = _OTHER_NAMES.get(slug, slug)
    if named and slug != _OTHER_NAMES.get(named, named):
        raise CannotImport(f"{path}: it says that it is {named!r}, not {product!r}")
    return slug, own


def _generated(data: Any) -> date | None:
    """The day the answer was made, which only the newer form says."""
    try:
        return date.fromisoformat(str(data["generated_at"])[:10]) if isinstance(data, dict) else None
    except (KeyError, ValueError):
        return None


def _take_entry(
    made: Import, entry: Mapping[str, Any], name: str, where: str, known: Product, common: Mapping[str, Any],
    names: dict[tuple[int | str, ...] | str, str],
) -> None:  # fmt: skip
    if known.leave and re.search(known.leave, name):
        made.passed_over.append(Refused(where, "devices do not say which of these they run"))
        return
    plain = re.sub(known.drop, "", name) if known.drop else name
    plain = re.sub(r"\.x+$", "", plain)
    days: dict[str, Any] = {}
    problems: list[str] = []
    released = entry.get("releaseDate")
    if released not in (None, "", False) and not known.hardware:
        _day_of(released, "releaseDate", "released_on", days, problems)
    ended = []
    for key, end in known.means.items():
        value = _value(entry, key)
        if value is True:
            ended.append(end)
        elif value not in (None, False, ""):
            _day_of(value, key, end, days, problems)
    if ended:
        days["ended"] = ended
    key_of: tuple[int | str, ...] | str = plain.casefold() if known.hardware else release_key(plain)
    if not problems and key_of in names:
        problems.append(f"the same as {names[key_of]}")
    if not problems and not days:
        made.passed_over.append(Refused(where, "says no date that is used here"))
        return
    if not problems and known.hardware:
        row = {"vendor": known.vendor, "models": [re.sub(r"([*?[])", r"[\1]", plain)], **days, **common}
        problems = list(_flaws(HardwareEntry, row))
        if not problems:
            made.hardware.append(row)
    elif not problems:
        head: dict[str, Any] = {"vendor": known.vendor, "product": known.name, "families": list(known.families)}
        head |= {"models": list(known.models)} if known.models else {}
        head |= common
        release = {"version": plain, **days}
        problems = list(_flaws(SoftwareEntry, {**head, "releases": [release]}))
        if not problems:
            _add_release(made, head, release)
    if problems:
        made.refused += [Refused(where, problem) for problem in problems]
    else:
        names[key_of] = where


def _value(entry: Mapping[str, Any], key: str) -> Any:
    """A date of an entry in either form: a day, true (over, the day is not said), or nothing."""
    if f"{key}From" in entry or f"is{key[:1].upper()}{key[1:]}" in entry:
        since = entry.get(f"{key}From")
        return since if since is not None else entry.get(f"is{key[:1].upper()}{key[1:]}") is True
    custom = entry.get("custom")
    if isinstance(custom, dict) and key in custom:
        return custom[key]
    return entry.get(_OLDER.get(key, key))


def _day_of(value: Any, key: str, name: str, days: dict[str, Any], problems: list[str]) -> None:
    try:
        if not isinstance(value, str):
            raise ValueError(f"a date or true or false is wanted, not {value!r}")
        days[name] = parse_day(value)
    except ValueError as problem:
        problems.append(f"{key}: {problem}")


# ---------------------------------------------------------------- writing
@dataclass(frozen=True, slots=True)
class Stored:
    """Where an import was written, and whether that changed anything."""

    path: Path
    changed: bool


def store(folder: Path, made: Import) -> Stored:
    """Write the file of notices: whole, in one step. CannotImport where a file that a person wrote is in the way."""
    path, text = folder / f"{made.name}.yaml", made.text
    read = check_document(Document(str(path), text), imported=True)
    if read.problems:  # whatever was taken is checked as it will be read
        raise CannotImport("\n".join(str(problem) for problem in read.problems))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else None
        if before == text:
            return Stored(path, False)
        if before is not None and not before.startswith(MARK):
            raise CannotImport(f"{path} was not written by an import: rename it, or the file to be imported")
        _write(path, text)
    except UnicodeDecodeError:
        raise CannotImport(f"{path} was not written by an import: rename it, or the file to be imported") from None
    except OSError as error:
        raise CannotImport(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
    return Stored(path, True)


def _write(path: Path, text: str) -> None:
    """Beside it first, then in its place: a reader sees the old file or the new one, and never half of either."""
    handle, beside = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
