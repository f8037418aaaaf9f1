"""The composition root: the only place that wires settings, inventory, sessions, pipeline, schedule, ledger and HTTP.

agent = Agent(settings, estates, ledger, sessions, now)     agent.begin(), agent.reload(), await agent.end()

agent.serving opens what it needs, runs it and closes it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from time import monotonic

from starlette.applications import Starlette

from agent import exporter, figures, logs, outage_figures, placing, subject_figures, web
from agent.accounting.readiness import readiness_of
from agent.alerts import Sender
from agent.answers import LedgerAnswers
from agent.calendar_uk import quarter_of
from agent.channels import Telling
from agent.config import Settings, SettingsInvalid
from agent.credentials import SecretMissing, Secrets
from agent.desk import Desk
from agent.drafts import MIND_SECONDS, Drafts
from agent.estates import Estates
from agent.exporter import snmp
from agent.facts import Audit
from agent.hardware.minder import HardwareMinder
from agent.hardware.notices import NoticesFolder
from agent.inventory import InventoryInvalid, difference
from agent.latest import Latest
from agent.ledger import BUFFER_LIMIT, HEARTBEAT_SECONDS, Ledger
from agent.looking import Crew, Here, Looks
from agent.minder import Minder
from agent.pipeline import Pipeline
from agent.probing import Probes
from agent.quarters import Quarters
from agent.rest import REST_SECONDS, Rest
from agent.schedule import Schedule
from agent.selfcheck import Reference, SelfCheck
from agent.spread import Spread
from agent.traffic import Traffic
from agent.view import AgentState, View
from agent.vitals import Channel, Vitals, Workers, resident_octets
from agent.words import count
from collectors import Cadence, ProfileInvalid, Sessions, Target, Visit, load_profiles
from collectors.readings import Labels
from collectors.target import Probe

log = logging.getLogger(__name__)

TELL_SECONDS = 5.0
SEEN_SECONDS = 300.0


class Agent:
    """Everything wired; made once the start can no longer fail."""

    def __init__(
        self, settings: Settings, estates: Estates, ledger: Ledger, sessions: Sessions, started_at: datetime,
        reread: Callable[[], Settings] | None = None, page: str = "",
    ) -> None:  # fmt: skip
        """`reread` reads the settings as they are on disk now; without it a reload leaves them as they are. `page` is
        the address of the agent's pages, for links. ChannelsInvalid where people cannot be told as the settings say."""
        self.settings, self.estates, self.ledger, self.started_at = settings, estates, ledger, started_at
        self._reread = reread or (lambda: settings)
        self.waiting: tuple[str, ...] = ()  # settings that differ on disk and are taken on by a restart only
        self._sessions = sessions
        self.looks: Looks
        self.crew: Crew | None = None
        if settings.workers:
            self.looks = self.crew = Crew(
                settings.workers,
                families=settings.families,
                ssh_threads=settings.ssh_threads,
                log_format=settings.log_format,
                log_level=settings.log_level,
            )
        else:
            self.looks = Here(sessions, load_profiles(*settings.families))
        self.latest = Latest(Traffic(self._watched_of))
        self.selfcheck = SelfCheck(_references(settings), self._ask)
        self.answers = LedgerAnswers(ledger, estates, notices=NoticesFolder(settings.notices).current)
        self.quarters = Quarters(ledger, estates, self.answers)
        self.telling = Telling.of(settings, Secrets(), ledger, estates, lambda: self.answers.plan, page)
        self.pipeline = Pipeline(
            self._look, self.selfcheck.cut_off, ledger, self.latest, estates.topology, planned=self.answers.planned,
            steady=monotonic, channels=tuple(self.telling.channels), takes=self.telling.takes,
        )  # fmt: skip
        self.minder = Minder(self.answers, self.pipeline, ledger, estates, settings.remind_every, settings.agent_name)
        self.hardware = HardwareMinder(
            self.answers, ledger, self.pipeline.mind.channels, settings.hardware_settles, takes=self.telling.takes
        )
        self.drafts = Drafts(
            ledger, estates, lambda: self.settings, self.pipeline.mind.channels, takes=self.telling.takes
        )
        self.schedule = Schedule(self.pipeline.visit, slots=settings.visits_at_once)
        self.probes = Probes(self.schedule.look_now, lambda: self.estates.watched)
        self.sender = Sender(ledger.outbox, self.telling.channels)
        self.snmp = snmp.Front(
            sessions,
            lambda: self.estates.targets,
            lambda: snmp.read_modules(self.settings.snmp_modules),
            anybody=lambda: self.settings.snmp_targets == "any",
        )
        self.own = exporter.Own(self._figures, self._spreads)
        self.pages = exporter.Pages(
            latest=self.latest,
            devices=lambda: self.estates.watched,
            own=self.own,
            now=lambda: datetime.now(UTC),
            facts=self._facts,
            blind=lambda: self.pipeline.stats.blind,
        )
        self.links = subject_figures.LinkFigures()
        self.renewal: web.Renewal | None = None  # of the web configuration, once there is a server
        self.desk = Desk(ledger, self.answers, estates)
        self.gate = web.Gate(advertised=settings.advertised_address)
        self.users: web.UsersRenewal | None = None  # of the users file
        self.rest = Rest(lambda: len(self.latest))
        self._reloading = asyncio.Lock()

    # ------------------------------------------------------------ visits
    def _watched_of(self, device: str) -> tuple[str, ...]:
        """The interfaces of a device by which links are watched."""
        target = self.estates.targets.get(device)
        return target.watch if target is not None else ()

    async def _look(self, device: str, cadence: Cadence) -> Visit:
        return await self.looks.look(self.estates.targets[device], cadence)

    async def _ask(self, reference: Reference) -> bool:
        seconds = self.settings.self_check_timeout.total_seconds()
        options = (("port", reference.port),) if reference.kind == "tcp" else ()
        probe = Probe(reference.kind, "self_check", options)
        outside = Target("self-check", reference.host, timeout_seconds=seconds)
        stage = await self._sessions.probe(outside, probe, monotonic() + seconds)
        return bool(stage.answered)

    # ------------------------------------------------------------ readers
    async def look(self) -> View:
        """What pages are made of."""
        await self.answers.fresh()
        now, answers = datetime.now(UTC), self.answers
        running = await asyncio.to_thread(answers.running, now)  # a thousand fix clocks take a while after a bad storm
        return View(
            now=now,
            estate=self.estates.estate,
            watched=self.estates.watched,
            latest=self.latest,
            board=self.pipeline.board,
            agent=self._state(),
            outages=answers.shown(now),
            pieces=answers.pieces,
            topology=self.estates.topology,
            book=answers.book,
            every_outage=answers.outages,
            notes=answers.notes,
            running=running,
            plan=answers.plan,
            told=answers.told,
            quarter=answers.quarter,
            closed=answers.closed,
        )

    def _state(self) -> AgentState:
        visits, writer = self.pipeline.stats, self.ledger.stats
        return AgentState(
            version=version("hartwatch"),
            started_at=self.started_at,
            blind=visits.blind,
            inventory_file=str(self.settings.inventory),
            inventory_loaded_at=self.estates.loaded_at,
            inventory_problems=(
                *self.estates.settings_problems,
                *self.estates.problems,
                *(self.renewal.problems if self.renewal else ()),
                *([self.users.problem] if self.users and self.users.problem else ()),
            ),
            waiting=self.waiting,
            ledger=self.ledger.place,
            ledger_problem=writer.problem if writer.failing_since else "",
            vitals=self._vitals(),
        )

    def _vitals(self) -> Vitals:
        visits, schedule, writer, crew = self.pipeline.stats, self.schedule.stats, self.ledger.stats, self.crew
        return Vitals(
            lateness=schedule.lateness,
            duration=schedule.duration,
            visits=visits.visits,
            failures=visits.failures,
            requests=visits.requests_total,
            retries=visits.retries_total,
            crashes=visits.crashes_total + schedule.crashed_total,
            unrecorded=visits.unrecorded_total,
            in_flight=schedule.in_flight,
            places=self.settings.visits_at_once,
            waiting=schedule.waiting,
            skipped=schedule.skipped,
            missed=schedule.missed_total,
            stuck=schedule.stuck_total,
            loop_lag=schedule.loop_lag_seconds,
            workers=Workers(crew.stats.workers, crew.stats.alive, crew.stats.restarts_total) if crew else None,
            buffered=writer.buffered,
            buffer_limit=BUFFER_LIMIT,
            last_write_at=writer.last_commit_at,
            write_errors=writer.errors_total,
            octets=self.answers.octets,
            channels={
                name: Channel(one.waiting, one.sent, one.given_up, one.failing, one.last_sent_at)
                for name, one in self.sender.stats.channels.items()
            },
            followed=len(self.latest.traffic),
            resident=resident_octets(),
        )

    def _figures(self) -> Iterator[figures.Fact]:
        estates = self.estates
        yield from figures.of_visits(self.pipeline.stats, self.schedule.stats)
        yield from figures.of_ledger(self.ledger.stats, self.answers.octets, self.sender.stats)
        yield from figures.of_channels(
            self.sender.stats, {name: channel.stats for name, channel in self.telling.refreshed.items()}
        )
        yield from figures.of_drafts(self.drafts.stats)
        yield from figures.of_looks(self.looks.traffic(), self.crew.stats if self.crew else None)
        yield from figures.of_inventory(len(estates.watched), estates.problems, estates.loaded_at, estates.reloaded)
        yield from figures.of_scrapes(self.snmp.stats)
        yield from figures.of_settings(estates.settings_problems, self.waiting)
        yield from self.probes.figures()
        if self.renewal is not None:
            yield from self.renewal.figures()

    def _spreads(self) -> Iterator[tuple[str, Labels, Spread]]:
        yield from figures.spreads_of(self.schedule.stats)
        yield from self.answers.history.spreads()

    def _facts(self) -> list[exporter.Lot]:
        answers, estates, now = self.answers, self.estates, datetime.now(UTC)
        return [
            (
                estates.loaded_at,
                lambda: placing.of_places(
                    estates.places,
                    lambda subject: subject_figures.title_of(subject, estates.estate),
                ),
            ),
            (
                (self.pipeline.stats.board_changes, now.minute),  # flapping ends by time alone
                lambda: outage_figures.of_standing(dict(self.pipeline.board), now),
            ),
            (None, lambda: answers.history.facts(answers.plan, now)),
            (None, lambda: outage_figures.of_running(answers.running(now))),
            (None, lambda: outage_figures.of_maintenance(answers.plan, self.estates.topology.expected, now)),
            (
                self.pipeline.stats.board_changes,
                lambda: outage_figures.of_readiness(
                    readiness_of(self.estates.estate, self.estates.topology, self.pipeline.board)
                ),
            ),
            (None, lambda: outage_figures.of_quarter(answers.quarter)),
            (
                (estates.loaded_at, now.hour, now.minute // 5),  # what is seen comes with inventory visits
                lambda: figures.of_neighbours(
                    estates.estate, self.latest.told(Cadence.INVENTORY, estates.watched, now)
                ),
            ),
            (None, lambda: self.links.facts(self.estates.estate, self.latest.of)),
            (answers.register_revision, lambda: figures.of_register(answers.pieces)),
            (answers.register_revision, lambda: figures.of_programme(answers.programme)),
        ]

    async def _audits(self, since: datetime, who: str | None, most: int) -> list[Audit]:
        return await asyncio.to_thread(self.ledger.audits, since, who, most)

    def in_a_line(self) -> str:
        """How it goes, for `systemctl status`."""
        trouble = [
            "cut off from everything" if self.pipeline.stats.blind else "",
            "the ledger cannot be written" if self.ledger.stats.failing_since else "",
            "the draft of a paper cannot be made" if self.drafts.stats.failing else "",
            f"the inventory on disk is not taken on: {count(len(self.estates.problems), 'problem')}"
            if self.estates.problems
            else "",
            "the web configuration on disk is not taken on" if self.renewal and self.renewal.problem else "",
            "the users file on disk is not taken on" if self.users and self.users.problem else "",
        ]
        return "; ".join([f"watching {count(len(self.estates.watched), 'device')}", *filter(None, trouble)])

    def not_ready(self) -> str | None:
        if self.estates.watched and not any(recent.visits for _, recent in self.latest):
            return "no device has answered yet" if self.pipeline.stats.visits else "no device was looked at yet"
        return None

    def http(self, config: web.WebConfig) -> web.Guard:
        async def before_metrics() -> None:
            await self.answers.fresh()

        routes = [
            *exporter.routes(self.pages, self.not_ready, before_metrics, self.settings.advertised_address, self.probes),
            snmp.route(self.snmp),
            *web.login_routes(self.gate, self.desk.note),
            *web.writing_routes(self.look, self.desk.write, self._audits, self.gate, self.desk.note),
            *web.routes(
                self.look,
                self.settings.state_directory / "papers",
                _last_quarter,
                self.answers.past,
                told_of=self.quarters.of,
                write=self.desk.write,
                keep=self.desk.note,
            ),
        ]
        hosts = None
        if web.is_loopback(self.settings.listen_address):
            advertised = (self.settings.advertised_address or "").rpartition(":")[0]
            hosts = frozenset({"localhost", "127.0.0.1", "::1", self.settings.listen_address, advertised} - {""})
        return web.Guard(Starlette(routes=routes), config, hosts, self.gate)

    # ------------------------------------------------------------ life
    def begin(self) -> None:
        self.schedule.every("heartbeat", HEARTBEAT_SECONDS, self.pipeline.beat)
        self.schedule.every("hardware last seen", SEEN_SECONDS, self.pipeline.note_seen)
        self.schedule.every("alerts that are due", TELL_SECONDS, self.minder.mind)
        self.schedule.every("hardware that has come to a point", TELL_SECONDS, self.hardware.mind)
        self.schedule.every("drafts of papers", MIND_SECONDS, self.drafts.mind)
        self.schedule.every("messages", TELL_SECONDS, self.sender.send_due)
        self.schedule.every("alerts that stand", TELL_SECONDS, self.telling.refresh)
        self.schedule.every("memory at rest", REST_SECONDS, self.rest.settle)
        if self.renewal is not None:
            self.schedule.every("web configuration", web.LOOK_SECONDS, self.renewal.look)
        if self.users is not None:
            self.schedule.every("users file", web.LOOK_SECONDS, self.users.look)
        self.pipeline.beat()
        self.minder.adopt()
        self.ledger.settle()  # the windows that were just written hold from the first look on
        self.answers.read_outages()
        self.pipeline.adopt(self.estates.topology)  # what left the inventory while we were not running
        self.schedule.start(self.estates.intervals())

    async def reload(self) -> None:
        """Take on what is on disk: the web configuration, and settings and inventory as a difference.

        What is invalid changes nothing and is said loudly.
        """
        if self.renewal is not None:
            await self.renewal.reload()
        if self.users is not None:
            await self.users.reload()
        async with self._reloading:
            before = self.estates.estate
            try:
                fresh = await asyncio.to_thread(self._reread)
                settings, changed, waiting = self.settings.reloaded(fresh)
                loaded, targets = await asyncio.to_thread(self.estates.read, settings)
            except (SettingsInvalid, InventoryInvalid, ProfileInvalid, SecretMissing, OSError) as problem:
                self._refuse(problem)
                await self.snmp.reload()
                return
            changes = difference(before, loaded.estate)
            moved = {name for name, made in targets.items() if self.estates.targets.get(name) != made}
            self._set(settings, waiting)
            await self.snmp.reload()
            self.estates.take(settings, loaded, targets)
            self.looks.forget({*changes.removed, *changes.changed, *moved})
            self.pipeline.adopt(self.estates.topology)
            await asyncio.to_thread(self.minder.adopt)
            self.schedule.apply(self.estates.intervals(), changed=moved)
            if changed:
                log.info("settings taken on: %s", ", ".join(changed))
            log.info("inventory taken on: %s", changes)
            self.estates.warn()

    def _refuse(self, problem: Exception) -> None:
        lines = tuple(str(problem).splitlines())
        of_settings = isinstance(problem, SettingsInvalid)
        self.estates.refuse(lines, of_settings)
        for line in lines:
            log.error("%s", line)
        log.error(
            "%s not taken on, what was loaded before stays in force: %d problems",
            "the settings are" if of_settings else "the inventory is", len(lines),
        )  # fmt: skip

    def _set(self, settings: Settings, waiting: tuple[str, ...]) -> None:
        """Let everybody know who took a setting when the agent began; `waiting`: what only a restart takes on."""
        self.settings, self.waiting = settings, waiting
        logs.set_level(settings.log_level)
        self.selfcheck.references = _references(settings)
        self.minder.remind_every, self.hardware.settle = settings.remind_every, settings.hardware_settles
        if waiting:
            log.warning("settings that wait for a restart: %s", ", ".join(waiting))

    async def end(self) -> None:
        """Let running visits finish, then write what is known."""
        drained = await self.schedule.drain(self.settings.stop_grace.total_seconds())
        log.info("visits finished: %d, cut short: %d", drained.finished, drained.cancelled)
        self.pipeline.note_seen()
        self.pipeline.beat()
        await self.sender.end()
        if self.crew is not None:
            await self.crew.close()


def _references(settings: Settings) -> tuple[Reference, ...]:
    return tuple(_reference(text) for text in settings.self_check_addresses)


def _reference(text: str) -> Reference:
    """ "192.0.2.1" is pinged, "192.0.2.1:443" and "[2001:db8::1]:443" are connected to."""
    host, _, port = text.rpartition(":")
    if port.isdigit() and host and (host.startswith("[") or ":" not in host):
        return Reference(host.strip("[]"), "tcp", int(port))
    return Reference(text.strip("[]"), "icmp")


def _last_quarter(now: datetime) -> str:
    return str(quarter_of(now).previous)
