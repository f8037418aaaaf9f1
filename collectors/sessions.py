"""Opens sessions: the place where a visit gets its ways to a device from.

`Sessions` is the real thing, one for the whole agent: it owns the shared sockets, the SSH connections that are kept and
the threads they need. `collectors.replay` is the one that plays files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from collectors.errors import DeviceFault, HostKeyUnknown, LockedOut, OutOfTime, Unreachable
from collectors.readings import Cadence, Failure, Findings
from collectors.session import SnmpSession
from collectors.snmp import Counts, Engine
from collectors.target import Memory, Probe, SnmpAccess, Target

if TYPE_CHECKING:
    from collectors.snmp import ReferenceEngine
    from collectors.ssh import Shells


SSH_KEEP_SECONDS = 900.0  # three health visits: a login costs more CPU and time than all commands of a visit


@dataclass(frozen=True, slots=True)
class Stage:
    """What one way to a device gave: whether it answered (None: could not be asked), and what."""

    answered: bool | None
    findings: Findings = field(default_factory=Findings)


class Opener(Protocol):
    """Whatever a visit can be made with."""

    def snmp(self, target: Target, access: SnmpAccess, memory: Memory) -> SnmpSession: ...

    async def shell(self, target: Target, cadence: Cadence, memory: Memory, until: float) -> Stage: ...

    async def probe(self, target: Target, probe: Probe, until: float) -> Stage: ...


class Sessions:
    """Real sessions. Use as `async with Sessions() as sessions`; engines and threads start when first needed."""

    def __init__(self, *, ssh_threads: int = 16) -> None:
        self._ssh_threads = ssh_threads
        self._fast: Engine | None = None
        self._reference: ReferenceEngine | None = None
        self._shells: Shells | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def snmp(self, target: Target, access: SnmpAccess, memory: Memory) -> SnmpSession:
        """An SNMP session by the target's engine."""
        return self._engine(target.engine).session(
            target.address,
            target.port,
            access,
            timeout_seconds=target.timeout_seconds,
            retries=target.retries,
            limits=memory.limits,
        )

    def _engine(self, name: str) -> Engine | ReferenceEngine:
        if name == "pysnmp":
            if self._reference is None:
                from collectors.snmp import ReferenceEngine  # pysnmp takes a second to import: only who asks pays

                self._reference = ReferenceEngine()
            return self._reference
        if self._fast is None:
            self._fast = Engine()
        return self._fast

    @property
    def snmp_counts(self) -> Counts | None:
        """What the own engine's sockets have seen; None before it was first needed."""
        return self._fast.counts if self._fast is not None else None

    def snmp_kernel_drops(self) -> int | None:
        """Datagrams that the kernel threw away because a receive buffer was full; None where that is not known."""
        return self._fast.kernel_drops() if self._fast is not None else None

    async def shell(self, target: Target, cadence: Cadence, memory: Memory, until: float) -> Stage:
        """Log in (or use a kept connection), run the platform's commands for this cadence, and read what they print."""
        from collectors import ssh  # netmiko takes a second to import: only estates with SSH pay

        assert target.ssh is not None  # noqa: S101  (the visit asks for a shell only then)
        if self._shells is None:
            self._shells = ssh.Shells(threads=self._ssh_threads, keep_seconds=SSH_KEEP_SECONDS)
        commands = ssh.plan(target.ssh.platform, cadence)
        if not commands:
            return Stage(None)
        session = self._shells.session(target.name, target.address, target.ssh, memory.limits)
        try:
            outputs = await session.run(commands, until)
        finally:
            await session.close()
        problem = next((o.problem for o in outputs if o.problem), None)
        if problem is not None and all(o.problem is not None for o in outputs):
            return Stage(_heard(problem), Findings(failures=(Failure.of("ssh", "login", problem),)))
        return Stage(True, ssh.read(target.ssh.platform, outputs))

    async def probe(self, target: Target, probe: Probe, until: float) -> Stage:
        """Look from outside."""
        from collectors.probe import probe as look

        result = await look(target.address, probe, until)
        return Stage(result.answered, result.findings)

    async def close(self) -> None:
        """Close every socket, connection and thread."""
        for part in (self._fast, self._reference, self._shells):
            if part is not None:
                await part.close()
        self._fast = self._reference = self._shells = None


def _heard(problem: DeviceFault) -> bool | None:
    """Whether a device answered that gave nothing but this problem; None where we did not even knock."""
    if isinstance(problem, LockedOut | HostKeyUnknown):
        return None
    return not isinstance(problem, Unreachable | OutOfTime)
