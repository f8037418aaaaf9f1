"""The agent's own settings. The estate is not here: that is the inventory.

Each setting is looked for in this order, and the first that is found counts: a flag of the command line, the
environment (`HARTWATCH_LISTEN_PORT`), the settings file (`listen_port:` in hartwatch.yaml), the default.
"""

from __future__ import annotations

import ipaddress
import json
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from agent.channel_settings import Channels, ChannelSettings
from agent.inventory.document import Document, read_document
from agent.inventory.explain import words_of
from agent.inventory.problems import Problem
from agent.inventory.reference import SCHEMA_URL, default, wanted
from agent.inventory.values import Duration, Name, Says, Text, duration_text, refuse
from agent.paper_settings import Papers, PaperSettings
from collectors.readings import Cadence

PREFIX = "HARTWATCH_"
FILES = (Path("hartwatch.yaml"), Path("/etc/hartwatch/hartwatch.yaml"))  # the first that is there is read


class SettingsInvalid(Exception):
    """Settings cannot be used; `problems` has every reason, one line each."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def _state_directory() -> Path:
    """systemd's StateDirectory= if it started us, else the user's own place for state (XDG Base Directory)."""
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(given) if given else Path(home) / "hartwatch"


def _agent_name() -> str:
    fit = "".join(c if c.isalnum() or c in "-_." else "-" for c in platform.node()).strip("-._")
    return fit[:63] or "hartwatch"


def _split(value: object) -> object:
    """Lists come from the environment and from flags as text with commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _bindable(value: str) -> str:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        refuse(f"{value!r} is not an IP address to listen on", "127.0.0.1, or 0.0.0.0 for every interface")
    return value


_LIST = "list; as text with commas"
TextList = Annotated[tuple[Text, ...], NoDecode, BeforeValidator(_split), Says(_LIST)]
PathList = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split), Says(_LIST)]


class Settings(BaseSettings):
    """Everything that can be set about the agent itself."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    inventory: Path = Field(default=Path("inventory.yaml"), description="The inventory: the estate to watch.")
    state_directory: Path = Field(
        default_factory=_state_directory,
        description="Where the ledger, pinned SSH host keys and what must survive a restart are kept. Default: "
        "systemd's StateDirectory=, else ~/.local/state/hartwatch.",
    )
    ledger: Text | None = Field(
        default=None,
        description="Database of the ledger as an SQLAlchemy URL, for example postgresql+psycopg://db/hartwatch. "
        "Default: SQLite, ledger.sqlite3 in the state directory.",
    )
    agent_name: Name = Field(
        default_factory=_agent_name, description="Name of this agent in the ledger and in metrics. Default: the host's."
    )
    families: PathList = Field(
        default=(), description="Further folders with device families; they win over built-in ones of the same name."
    )

    snmp_modules: PathList = Field(
        default=(),
        description="Files with module definitions for /snmp, in the form of snmp_exporter's snmp.yml; * and ? match "
        "several. They win over the built-in modules of the same name. Read again on SIGHUP.",
    )
    snmp_targets: Literal["inventory", "any"] = Field(
        default="inventory",
        description="Whom /snmp may be asked for. inventory: devices of the inventory, by their own credentials. any: "
        "every address, by the credentials that the files of snmp_modules name; whoever may read the agent's pages "
        "can then have those credentials sent anywhere.",
    )

    listen_address: Annotated[str, AfterValidator(_bindable), Says("IP address")] = Field(
        default="127.0.0.1", description="Address of the HTTP side: pages, /metrics, health checks."
    )
    listen_port: int = Field(default=9640, ge=0, le=65535, description="Port of the HTTP side; 0 takes a free one.")
    advertised_address: Text | None = Field(
        default=None,
        description="host:port under which Prometheus reaches the agent, for /sd/prometheus. Default: as it was asked.",
    )
    web_config: Path | None = Field(
        default=None,
        description="TLS and users, in the web configuration file that Prometheus exporters share. Wanted where "
        "listen_address is not this machine's own.",
    )
    users_file: Path | None = Field(
        default=None,
        description="Users with roles, API tokens and trusted proxies: who may sign in to the pages and write there. "
        "Without it everybody who may read may only read. Read again when it changes.",
    )

    notices_directory: Path | None = Field(
        default=None,
        description="Where imported vendor notices are kept (`hartwatch notices`). Default: notices in the "
        "state directory.",
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Lines for people, or JSON objects.")

    pulse_interval: Duration = Field(
        default=timedelta(seconds=60), description="Reachability, uptime, interface counters and states."
    )
    health_interval: Duration = Field(default=timedelta(minutes=5), description="Sensors, checks, usage.")
    inventory_interval: Duration = Field(
        default=timedelta(hours=6), description="Identity, parts, labels, which rows there are."
    )
    visits_at_once: int = Field(default=256, ge=1, le=4096, description="Devices visited side by side at most.")
    workers: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Processes that ask the devices and decode what they say. 0: the agent does so itself, which is "
        "enough for some thousands of devices; beyond that, one for each core that may be used.",
    )
    ssh_threads: int = Field(
        default=16,
        ge=1,
        le=256,
        description="SSH sessions side by side at most (in each worker process); each is a thread.",
    )
    engine: Literal["fast", "pysnmp"] = Field(
        default="fast",
        description="pysnmp asks every device by the slower reference engine; a device may ask for it by itself.",
    )
    stop_grace: Duration = Field(
        default=timedelta(seconds=20), description="How long running visits may finish when the agent is stopped."
    )

    self_check_addresses: TextList = Field(
        default=(),
        description="What answers whenever our own network is well: an address is pinged, host:port is connected to. "
        "When nothing answers, neither these nor a device, the agent is cut off and the visit is blind.",
    )
    remind_every: Duration = Field(
        default=timedelta(hours=4),
        description="How often people are told again of an outage that nobody has acknowledged.",
    )
    hardware_settles: Duration = Field(
        default=timedelta(minutes=10),
        description="How long the hardware register must not have changed before people are told what has come about "
        "in it, so that the first polling of an estate is told as one thing and not piece by piece.",
    )
    channels: Annotated[Channels, NoDecode] = Field(
        default={},
        description="Where people are told, beside the log: Alertmanager, e-mail and chat, webhooks.",
    )
    papers: Annotated[Papers, NoDecode] = Field(
        default=PaperSettings(), description="Which drafts of papers the agent makes by itself, and when."
    )
    self_check_timeout: Duration = Field(default=timedelta(seconds=2), description="How long to wait for one of them.")

    # What a reload (SIGHUP) takes on; everything else is decided once, when the agent begins.
    RELOADED: ClassVar[frozenset[str]] = frozenset(
        {
            "inventory", "log_level", "pulse_interval", "health_interval", "inventory_interval", "engine",
            "self_check_addresses", "self_check_timeout", "remind_every", "hardware_settles", "stop_grace",
            "snmp_modules", "snmp_targets", "papers",
        }
    )  # fmt: skip

    def reloaded(self, fresh: Settings) -> tuple[Settings, tuple[str, ...], tuple[str, ...]]:
        """What is in force after a reload that found `fresh`; what changed, and what waits for a restart, by name."""
        differ = [name for name in type(self).model_fields if getattr(self, name) != getattr(fresh, name)]
        changed = tuple(name for name in differ if name in self.RELOADED)
        waiting = tuple(name for name in differ if name not in self.RELOADED)
        return self.model_copy(update={name: getattr(fresh, name) for name in changed}), changed, waiting

    @property
    def intervals(self) -> dict[Cadence, timedelta]:
        """What `agent.inventory.effective` and `target` take as the widest level."""
        return {
            Cadence.PULSE: self.pulse_interval,
            Cadence.HEALTH: self.health_interval,
            Cadence.INVENTORY: self.inventory_interval,
        }

    @property
    def known_hosts(self) -> Path:
        """Pinned SSH host keys, written by `hartwatch ssh trust`."""
        return self.state_directory / "ssh_known_hosts"

    @property
    def notices(self) -> Path:
        """The folder of imported vendor notices."""
        return self.notices_directory or self.state_directory / "notices"

    @property
    def ledger_url(self) -> str:
        """The ledger's database as an SQLAlchemy URL."""
        return self.ledger or f"sqlite:///{self.state_directory / 'ledger.sqlite3'}"


def load_settings(flags: Mapping[str, Any] | None = None, file: Path | None = None) -> Settings:
    """The settings in force; SettingsInvalid with every reason.

    `flags` are by field name, None for "not given". `file`, or HARTWATCH_SETTINGS, names a settings file that must be
    there; otherwise the first of FILES is read if there is one.
    """
    return read_settings(flags, file)[0]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a setting comes from, as people are told: "--listen-port", "HARTWATCH_LISTEN_PORT",
    "/etc/hartwatch/hartwatch.yaml:3" or "default"."""

    name: str
    origin: str


def read_settings(
    flags: Mapping[str, Any] | None = None, file: Path | None = None
) -> tuple[Settings, tuple[Source, ...]]:
    """As `load_settings`, and where each comes from, in the order of the reference."""
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    document = _settings_file(file)
    from_file = document.data if document is not None else {}
    # pydantic-settings puts what it is given before the environment, so what the environment decides is left out.
    unset = {name: value for name, value in from_file.items() if not os.environ.get(PREFIX + name.upper())}
    try:
        found = Settings(**(unset | given))
    except ValidationError as error:
        problems = [_problem(e, given, document) for e in error.errors(include_url=False)]
        raise SettingsInvalid(sorted(problems)) from None
    return found, tuple(Source(name, _origin(name, given, document)) for name in Settings.model_fields)


def flag(name: str) -> str:
    """The flag by which commands take a setting."""
    return _FLAGS.get(name) or f"--{name.replace('_', '-')}"


_FLAGS = {"state_directory": "--state", "listen_address": "--listen", "listen_port": "--listen"}


def _origin(name: str, given: Mapping[str, Any], document: Document | None) -> str:
    if name in given:
        return flag(name)
    if os.environ.get(PREFIX + name.upper()):
        return PREFIX + name.upper()
    if document is not None and name in document.data:
        return f"{document.file}:{document.place((name,), of_key=True)[0]}"
    return "default"


def settings_path(file: Path | None = None) -> Path | None:
    """The settings file in force: the one that is named, else the first of FILES that is there."""
    named = file or (Path(os.environ["HARTWATCH_SETTINGS"]) if os.environ.get("HARTWATCH_SETTINGS") else None)
    return named or next((path for path in FILES if path.is_file()), None)


def _settings_file(file: Path | None) -> Document | None:
    path = settings_path(file)
    if path is None:
        return None
    try:
        document = read_document(path, str(path))
    except OSError as error:
        words = f"cannot read the settings: {error.strerror or error}"
        raise SettingsInvalid([Problem(str(path), 0, 0, "", words)]) from None
    if document.problems:
        raise SettingsInvalid(document.problems)
    document.data = {} if document.data is None else document.data  # all commented out
    if not isinstance(document.data, dict):
        raise SettingsInvalid([document.problem((), "settings such as listen_port: 9640 are wanted, one a line")])
    return document


def _problem(error: ErrorDetails, given: Mapping[str, Any], document: Document | None) -> Problem:
    """Where a setting that cannot be used came from: flag, variable or line."""
    name = str(error["loc"][0])
    variable = PREFIX + name.upper()
    in_file = document is not None and name in document.data and not os.environ.get(variable)
    loc = tuple(step for step in error["loc"] if step != "[key]")
    model: type[BaseModel] = Settings
    if (name == "channels" and len(loc) > 2) or (name == "papers" and len(loc) > 1):
        model = ChannelSettings if name == "channels" else PaperSettings
    if document is not None and in_file and name not in given:
        message, suggestion = words_of(error, model, document.written(loc))
        of_key = error["type"] == "extra_forbidden" or loc != error["loc"]
        return document.problem(loc, message, suggestion, of_key=of_key)
    message, suggestion = words_of(error, model)
    if name in given:
        return Problem(flag(name), 0, 0, "", message, suggestion)
    return Problem(variable, 0, 0, "", message, suggestion)


def shown(settings: Settings, name: str) -> str:
    """A setting as a settings file would have it; a password in a database's address is never shown."""
    value = getattr(settings, name)
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} ({channel.kind})" for key, channel in value.items())
    return _PASSWORD.sub(r"\1:***@", str(value)) if name == "ledger" else str(value)


_PASSWORD = re.compile(r"(://[^:/@?#]*):.*@")  # greedy: a password may hold an @


def schema_text() -> str:
    """docs/reference/settings.schema.json: the JSON Schema of the settings file (draft 2020-12)."""
    made = Settings.model_json_schema()
    made.pop("description", None)
    made = {"$schema": SCHEMA_URL, **made, "title": "Hartwatch settings"}
    # Defaults that are this machine's own are no part of what everybody may write.
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def settings_page() -> str:
    """docs/reference/settings.md."""
    lines = ["| setting | environment | wanted | default | reload | meaning |", "| --- | --- | --- | --- | --- | --- |"]
    for name, info in Settings.model_fields.items():
        taken = "yes" if name in Settings.RELOADED else "restart"
        cells = (f"`{name}`", f"`{PREFIX}{name.upper()}`", wanted(info), default(info), taken, info.description or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    of_channels, of_papers = _keys_of(ChannelSettings), _keys_of(PaperSettings)
    return f"{_INTRODUCTION}\n{_joined(lines)}{_CHANNELS}\n{_joined(of_channels)}{_PAPERS}\n{_joined(of_papers)}"


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _keys_of(model: type[BaseModel]) -> list[str]:
    """The table of a setting that has keys of its own."""
    lines = ["| key | wanted | default | meaning |", "| --- | --- | --- | --- |"]
    for name, info in model.model_fields.items():
        of_key = (f"`{name}`", wanted(info), default(info), info.description or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in of_key) + " |")
    return lines


_INTRODUCTION = """\
# Settings

*Generated from the model by `hartwatch config reference`; do not edit.*

What can be set about the agent itself; the estate is in the [inventory](inventory.md). A setting is looked for in this
order, and the first that is found counts:

1. a flag of the command line, where the command has one: `--listen-port 9640`
2. the environment: `HARTWATCH_LISTEN_PORT=9640` (set to nothing counts as not set; lists with commas)
3. the settings file: `listen_port: 9640`. It is the file that `HARTWATCH_SETTINGS` names, else `hartwatch.yaml` in the
   working directory, else `/etc/hartwatch/hartwatch.yaml`; unknown keys are refused with file and line
4. the default

Durations are a whole number with a unit: `500ms`, `60s`, `5m`, `6h`, `7d`.

`hartwatch config check` tells every mistake in all that the agent needs to begin, and changes nothing.
`hartwatch config show` says what is in force and where each setting comes from. Editors that know JSON Schema complete
and check while you type, if the settings file begins with
`# yaml-language-server: $schema=docs/reference/settings.schema.json`.

A reload (`systemctl reload hartwatch`, or SIGHUP) reads the settings file again together with the inventory. Where the
column says yes, a change holds from then on; the others wait for a restart, which the agent says in its log, on its
page /health and by `hartwatch_settings_waiting`. If either file is invalid, nothing of both is taken on. The
environment of a process that runs cannot be changed from outside: what it sets waits for a restart in any case.
"""

_CHANNELS = """
## channels

Each has a name, by which the log, the metrics and `hartwatch channels` call it. The log itself is always told
everything. In the environment they are JSON. How to go about it is in [How to tell people](../how-to/tell-people.md).

```yaml
channels:
  pager:
    kind: alertmanager
    urls: [http://am-1.example:9093, http://am-2.example:9093]
  ict-managers:
    kind: apprise
    urls: cred:ict-managers
    least: critical
    topics: [outage, fix-clock, service]
    councils: [SBC]
```
"""

_PAPERS = """
## papers

When a quarter is over the agent writes a draft of its paper into the folder `papers` of the state directory, once, and
tells it over the channels. In the environment they are JSON. How to go on from there is in
[How to write papers](../how-to/write-papers.md).

```yaml
papers:
  days_after: 5
  editions: [public, exempt]
  forms: [pdf, xlsx]
```
"""
