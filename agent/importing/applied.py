"""What a comparison means for the inventory's files: new texts, checked as a whole before anything is written.

files = Files.open(path)
report = compare(files.estate, records, fields, files.keeps, sites)
report = files.apply(report, fields)              # what cannot be edited has become a conflict
files.check(report)                          # NotWritten where the result is not what was meant
files.save()
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agent.importing.compare import Change, Report
from agent.importing.edit import EditImpossible, Editor
from agent.importing.records import OF_DEVICE, OF_HARDWARE, OF_OWNED, Field, Record, Value
from agent.inventory import Estate, InventoryInvalid, read
from agent.inventory.assemble import Assembly, Source
from agent.inventory.saving import replace_file

BOM = "\ufeff"
BACKUP = ".bak"


class NotWritten(Exception):
    """The result would not be what was meant, or no inventory at all; nothing was written. Says why, in lines."""


class Files:
    """The files of an inventory, the estate they make, and what is to be changed in them."""

    def __init__(self, path: Path, estate: Estate, assembly: Assembly, texts: Mapping[Path, str]) -> None:
        self.path, self.estate = path, estate
        self._sources: Mapping[tuple[str, str], Source] = assembly.sources
        self._texts = texts  # as they are on the disk, a byte order mark included
        self._by_name = {str(file): file.resolve() for file in (Path(name) for name in self._names(assembly))}
        self._editors: dict[Path, Editor] = {}
        self._into = self._home()

    @classmethod
    def open(cls, path: Path) -> Files:
        """InventoryInvalid where the inventory cannot be used as it is; OSError."""
        loaded = read(path)
        assembly = Assembly()
        assembly.read(path)
        texts = {file: file.read_bytes().decode("utf-8") for file in loaded.files}
        return cls(path, loaded.estate, assembly, texts)

    @staticmethod
    def _names(assembly: Assembly) -> set[str]:
        return {source.document.file for source in assembly.sources.values()}

    def _home(self) -> Path:
        """Where new devices go: the file that has the most of them, else the main one."""
        counts: dict[Path, int] = {}
        for (section, _), source in self._sources.items():
            if section == "devices":
                file = self._by_name[source.document.file]
                counts[file] = counts.get(file, 0) + 1
        return max(counts, key=lambda file: counts[file], default=self.path.resolve())

    def into(self, file: Path) -> None:
        """Put new devices into this file of the inventory; NotWritten where it is none of them."""
        if file.resolve() not in self._texts:
            raise NotWritten(f"{file} is no file of the inventory: include it first")
        self._into = file.resolve()

    def _editor(self, file: Path) -> Editor:
        editor = self._editors.get(file)
        if editor is None:
            shown = next((name for name, path in self._by_name.items() if path == file), str(file))
            editor = self._editors[file] = Editor(shown, self._texts[file].removeprefix(BOM))
        return editor

    def _at(self, section: str, name: str) -> tuple[Editor, Source]:
        source = self._sources[section, name]
        return self._editor(self._by_name[source.document.file]), source

    def keeps(self, device: str, entry: str, key: Field) -> bool:
        """Whether somebody wrote `# keep` at a value, or at the beginning of its device."""
        editor, source = self._at("devices", device)
        inside = (key,) if key in OF_DEVICE else ("owned", key) if key in OF_OWNED else ()
        if editor.keeps((*source.steps, *inside) if inside else source.steps):
            return True
        if entry and key in OF_HARDWARE:
            editor, source = self._at("hardware", entry)
            return editor.keeps((*source.steps, key))
        return False

    # ------------------------------------------------------------ changing
    def apply(self, report: Report, fields: Collection[Field]) -> Report:
        """Change the texts. What stands in a way that cannot be changed by itself is a conflict in the new report."""
        refused: dict[tuple[str, str], str] = {}
        new_entries: dict[str, dict[str, Value]] = {}
        for change in report.changes:
            try:
                if change.field in OF_HARDWARE and not change.entry:
                    new_entries.setdefault(change.device, {})[change.field] = change.value
                else:
                    self._change(change)
            except EditImpossible as problem:
                refused[change.device, change.field] = str(problem)
        for record in report.added:
            self._editor(self._into).append_device(_device(record, fields))
            if hardware := {key: record.values[key] for key in OF_HARDWARE if key in record.values and key in fields}:
                new_entries[record.name] = {str(key): value for key, value in hardware.items()}
        for device, values in new_entries.items():
            entry: dict[str, object] = {"device": device, **{key: values[key] for key in OF_HARDWARE if key in values}}
            self._editor(self._into).append_hardware(self._free(device), entry)
        if not refused:
            return report
        lines = [
            replace(line, what="conflict", why=refused[line.device, line.field])
            if line.what == "changed" and (line.device, line.field) in refused
            else line
            for line in report.lines
        ]
        changes = [one for one in report.changes if (one.device, one.field) not in refused]
        return replace(report, lines=tuple(lines), changes=tuple(changes))

    def _change(self, change: Change) -> None:
        if change.field in OF_HARDWARE:
            editor, source = self._at("hardware", change.entry)
            editor.set((*source.steps, change.field), change.value)
            return
        editor, source = self._at("devices", change.device)
        steps = (change.field,) if change.field in OF_DEVICE else ("owned", change.field)
        editor.set((*source.steps, *steps), change.value)

    def _free(self, device: str) -> str:
        name = device
        while name in self.estate.hardware:
            name = f"{name[:54]}-chassis"
        return name

    # ------------------------------------------------------------ checking and writing
    def check(self, report: Report) -> None:
        """That the new texts are a valid inventory in which what was meant has changed, and nothing else."""
        try:
            self._new = {file: editor.result() for file, editor in self._editors.items() if editor.changed}
            after = read(self.path, instead=self._new).estate
        except EditImpossible as problem:
            raise NotWritten(str(problem)) from None
        except InventoryInvalid as problems:
            raise NotWritten(f"the result would be no inventory:\n{problems}") from None
        meant: dict[str, list[Change]] = {}
        for change in report.changes:
            meant.setdefault(change.device, []).append(change)
        for name, device in self.estate.devices.items():
            fields = {change.field: change.value for change in meant.get(name, ()) if change.field not in OF_HARDWARE}
            own: dict[str, Value] = {
                ("class_" if key == "class" else key): value for key, value in fields.items() if key in OF_DEVICE
            }
            owned: dict[str, Value] = {key: value for key, value in fields.items() if key in OF_OWNED}
            wanted = device.model_copy(update={**own, "owned": device.owned.model_copy(update=owned)})
            if after.devices.get(name) != wanted:
                raise NotWritten(f"{name} would not be what was meant; nothing was written")
        new = set(after.devices) - set(self.estate.devices)
        if new != {record.name for record in report.added}:
            raise NotWritten("there would be other devices than were meant; nothing was written")

    @property
    def changed(self) -> Sequence[Path]:
        """The files that `save` will replace; after `check`."""
        return tuple(self._new)

    def save(self) -> list[Path]:
        """Replace the files, each at once, keeping the old ones as *.bak; all or none. OSError, NotWritten."""
        for file in self._new:
            if file.read_bytes() != self._texts[file].encode("utf-8"):
                raise NotWritten(f"{file} has been changed meanwhile; nothing was written: import again")
        done: list[Path] = []
        try:
            for file, text in self._new.items():
                mark = BOM if self._texts[file].startswith(BOM) else ""
                replace_file(file, mark + text, keep=file.with_name(file.name + BACKUP))
                done.append(file)
        except OSError:
            for file in done:
                replace_file(file, self._texts[file])
            raise
        return done


def _device(record: Record, wanted: Collection[Field]) -> dict[str, object]:
    fields: dict[str, object] = {"name": record.name} | {key: record.values[key] for key in OF_DEVICE}
    owned = {key: record.values[key] for key in OF_OWNED if key in record.values and key in wanted}
    return fields | ({"owned": owned} if owned else {})
