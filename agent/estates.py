"""The inventory in force, and all that follows from it: targets with their secrets, the topology, what readers know."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime

from agent.config import Settings
from agent.credentials import Secrets
from agent.inventory import Estate, InForce, Loaded, read, read_known_hosts, target
from agent.placing import Place, placed
from agent.schedule import Intervals
from agent.topology import Topology
from agent.view import watched_of
from agent.watched import Watched
from collectors import Cadence, Target, load_profiles

log = logging.getLogger(__name__)


class Estates:
    """The inventory in force, and all that follows from it. `take` replaces everything at once, or nothing."""

    def __init__(self) -> None:
        self._secrets = Secrets()
        self.problems: tuple[str, ...] = ()  # of the inventory on disk
        self.settings_problems: tuple[str, ...] = ()  # of the settings file on disk
        self.warnings: tuple[str, ...] = ()
        self.reloaded = True
        self.loaded_at = datetime.now(UTC)
        self.estate = Estate()
        self.topology = Topology()
        self.places: dict[str, Place] = {}  # where each subject belongs
        self.targets: dict[str, Target] = {}
        self.watched: dict[str, Watched] = {}

    def read(self, settings: Settings) -> tuple[Loaded, dict[str, Target]]:
        """Blocking: read the file, resolve every device. InventoryInvalid, ProfileInvalid, SecretMissing, OSError."""
        loaded = read(settings.inventory, lambda: load_profiles(*settings.families).by_name)
        self._secrets.forget()
        known_hosts = read_known_hosts(settings.known_hosts)
        topology = Topology.of(loaded.estate)
        targets = {}
        in_force = InForce(loaded.estate, settings.intervals)
        for name, device in loaded.estate.devices.items():
            made = target(loaded.estate, device, self._secrets, known_hosts, in_force=in_force)
            interfaces = tuple(dict.fromkeys(interface for _, interface in topology.watched.get(name, ())))
            engine = settings.engine if made.engine == "fast" else made.engine
            targets[name] = replace(made, watch=made.watch or interfaces, engine=engine)
        return loaded, targets

    def take(self, settings: Settings, loaded: Loaded, targets: dict[str, Target]) -> None:
        self.estate, self.targets = loaded.estate, targets
        self.topology = Topology.of(loaded.estate)
        self.places = placed(loaded.estate, self.topology)
        self.watched = watched_of(loaded.estate, settings.intervals)
        self.loaded_at, self.problems, self.settings_problems, self.reloaded = datetime.now(UTC), (), (), True
        self.warnings = tuple(str(warning) for warning in loaded.warnings)

    def warn(self) -> None:
        for warning in self.warnings:
            log.warning("%s", warning)

    def refuse(self, problems: tuple[str, ...], of_settings: bool = False) -> None:
        """What is on disk is invalid and not taken on; what was found of the other file the last time still holds."""
        if of_settings:
            self.settings_problems = problems
        else:
            self.problems, self.settings_problems = problems, ()
        self.reloaded = False

    def intervals(self) -> dict[str, Intervals]:
        return {
            name: Intervals(*(watched.intervals[cadence].total_seconds() for cadence in Cadence))
            for name, watched in self.watched.items()
        }
