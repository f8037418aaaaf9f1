"""`hartwatch demo`: simulated estate, agent, Prometheus, history, in the order in which they need each other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.calendar_uk import quarter_of
from agent.config import Settings
from agent.demo.answered import report
from agent.demo.begin import Begun, SimulatorProcess
from agent.demo.bought import import_records, write_records
from agent.demo.curves import Clock
from agent.demo.estate import Demo
from agent.demo.history import AUTHOR, PastClock, back_fill
from agent.demo.prometheus import PrometheusProcess
from agent.demo.world import World
from agent.hardware.notices import load_notices
from agent.ledger import Ledger, LedgerUnusable
from agent.paper_sources import sources_of
from agent.reports import Edition, quarter_paper, write
from agent.serving import CannotStart, serve
from agent.web import CannotListen, listen

log = logging.getLogger(__name__)

USUAL_PORT = 9640
AGENT = "demo"
PAPER_SECONDS = 40.0
PULSE, HEALTH, INVENTORY = timedelta(seconds=15), timedelta(seconds=60), timedelta(minutes=10)
HARDWARE_SETTLES = timedelta(seconds=60)  # what falls due is told while somebody still looks


async def run(begun: Begun) -> int:
    """Run until Ctrl-C, SIGTERM or `runs_for`; the exit status. CannotStart and CannotBegin say why it cannot."""
    options, made = begun.options, begun.demo
    port = _port(options.port)
    ending = asyncio.Event()
    with _signals(ending):
        if options.history:
            await asyncio.to_thread(_back_fill, made, begun.directory)
        await asyncio.to_thread(begun.simulator.wait)
        return await _serve(begun, _prepare(begun, port), ending)


async def _serve(begun: Begun, settings: Settings, ending: asyncio.Event) -> int:
    options, made, directory = begun.options, begun.demo, begun.directory
    prometheus: PrometheusProcess | None = None
    watching: list[asyncio.Task[None]] = []

    async def after_start(address: str) -> None:
        nonlocal prometheus
        if options.prometheus and PrometheusProcess.installed():
            deploy = options.inventory.absolute().parent / "deploy"
            rules = deploy / "prometheus" / "rules"
            prometheus = PrometheusProcess(directory / "prometheus", address.removeprefix("http://"), rules)
            await prometheus.start()
            (directory / "prometheus.address").write_text(prometheus.address + "\n")
            watching.append(asyncio.create_task(report(prometheus.address, deploy, _say)))
        # The first paper has no hardware in it yet; the second one has what the first visits saw.
        for wait in (0.0, PAPER_SECONDS):
            await asyncio.sleep(wait)
            try:
                await asyncio.to_thread(_write_papers, made, settings)
            except (LedgerUnusable, OSError) as problem:
                log.warning("the demo's papers could not be written: %s", problem)

    def started(address: str) -> None:
        print(f"{address}", flush=True)
        words = f"{len(made.plan.kits)} simulated devices; faults: hartwatch demo fault list; Ctrl-C ends it"
        _say(words)
        watching.append(asyncio.create_task(after_start(address)))
        watching.append(asyncio.create_task(_until(ending, options.runs_for, begun.simulator)))

    try:
        return await serve(settings, started=started, ending=ending, signals=False)
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        if prometheus is not None:
            await prometheus.stop()


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


async def _until(ending: asyncio.Event, runs_for: timedelta | None, simulator: SimulatorProcess) -> None:
    """End the demo when its time is over, or when its devices are gone."""
    loop = asyncio.get_running_loop()
    over_at = loop.time() + runs_for.total_seconds() if runs_for else float("inf")
    try:
        while loop.time() < over_at and not simulator.ended and not ending.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), min(0.5, over_at - loop.time()))
        if simulator.ended:
            print("hartwatch: the simulated estate ended by itself; so does the demo", file=sys.stderr)
    finally:
        ending.set()


def _prepare(begun: Begun, port: int) -> Settings:
    """Write what the agent reads: inventory, secrets, pinned host keys; and its settings."""
    made, directory, simulator = begun.demo, begun.directory, begun.simulator
    secrets, state = directory / "secrets", directory / "agent"
    made.write_secrets(secrets)
    (directory / "inventory.yaml").write_text(made.inventory(simulator.snmp_port, simulator.ssh_port, secrets))
    state.mkdir(exist_ok=True)
    settings = Settings(
        inventory=directory / "inventory.yaml",
        state_directory=state,
        agent_name=AGENT,
        listen_address="127.0.0.1",
        listen_port=port,
        pulse_interval=PULSE,
        health_interval=HEALTH,
        inventory_interval=INVENTORY,
        hardware_settles=HARDWARE_SETTLES,
        self_check_addresses=(simulator.gateway,),
        stop_grace=timedelta(seconds=3),
    )
    settings.known_hosts.write_text(made.known_hosts(simulator.ssh_port))
    return settings


def _back_fill(made: Demo, directory: Path) -> None:
    clock, state = PastClock(), directory / "agent"
    try:
        ledger = Ledger.open(state / "ledger.sqlite3", AGENT, clock=clock)
    except LedgerUnusable as problem:
        raise CannotStart(str(problem)) from None
    try:
        now = datetime.now(UTC)
        back_fill(ledger, made.estate, made.plan, now, clock)
        records = write_records(World(made.plan, Clock(now.timestamp())), directory)
        import_records(records, ledger, made.estate, AUTHOR, now)
    finally:
        ledger.close()


def _write_papers(made: Demo, settings: Settings) -> None:
    """Both editions of the last whole quarter's paper, from the ledger as it is now."""
    now = datetime.now(UTC)
    quarter = quarter_of(now).previous
    with contextlib.closing(Ledger.open(settings.ledger_url, f"{AGENT}-papers", watch=False)) as ledger:
        sources = sources_of(ledger, made.estate, load_notices(settings.notices), quarter, now)
    paper = quarter_paper(sources, quarter, now)
    for edition in Edition:
        write(paper, f"demo-ict-quarter-{quarter}", edition, settings.state_directory / "papers")


def _port(asked: int | None) -> int:
    """The port asked for, which must be free; else the usual one, or any."""
    try:
        with contextlib.closing(listen("127.0.0.1", USUAL_PORT if asked is None else asked)) as probe:
            port: int = probe.getsockname()[1]
            return port
    except CannotListen as problem:
        if asked is None:
            return 0
        raise CannotStart(f"--port {asked}: {problem}") from None


@contextlib.contextmanager
def _signals(ending: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, ending.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
