"""What a probe gives: metrics in a layout that is made once, a check, a failure. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from collectors.errors import DeviceFault, OutOfTime, Unreachable
from collectors.readings import Block, Cadence, Check, Failure, Findings, Group, Layout, Level, Metric
from collectors.target import Probe

SUCCESS = Metric("hartwatch_probe_success", "Whether a look from outside found what it should (1) or not (0).")
DURATION = Metric("hartwatch_probe_duration_seconds", "Time from the first packet of a look to the end of its answer.")
LOSS = Metric("hartwatch_probe_loss_ratio", "Share of echo requests without an answer, 0 to 1.")
STATUS = Metric("hartwatch_http_status_code", "Status code of the last answer (RFC 9110 section 15).")
EXPIRY = Metric(
    "hartwatch_certificate_expiry_timestamp_seconds",
    "When the certificate, or the first of those that signed it and came with it, ends (Unix time).",
)
METRICS: dict[str, tuple[Metric, ...]] = {
    "icmp": (SUCCESS, DURATION, LOSS),
    "tcp": (SUCCESS, DURATION),
    "http": (SUCCESS, DURATION, STATUS, EXPIRY),
    "dns": (SUCCESS, DURATION),
}


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """`answered`: True, False (asked, and silent) or None (could not be asked)."""

    answered: bool | None
    findings: Findings = field(default_factory=Findings)


@cache
def layout(kind: str, name: str) -> Layout:
    """The series of a probe. One object for all devices that have a probe of this kind and name, and for ever."""
    labels = (("kind", kind), ("probe", name))
    return Layout.of(Cadence.PULSE, tuple(Group(metric, (labels,)) for metric in METRICS[kind]))


def result(
    probe: Probe, answered: bool, state: str, level: Level, values: dict[Metric, float | None],
    fault: DeviceFault | None = None, checks: tuple[Check, ...] = (),
) -> ProbeResult:  # fmt: skip
    """A probe that was made: its metrics, its check and what went wrong."""
    made = layout(probe.kind, probe.name)
    success = 1.0 if level is Level.OK else 0.0
    block = Block(made, tuple(success if g.metric is SUCCESS else values.get(g.metric) for g in made.groups))
    failures = () if fault is None else (Failure.of(probe.kind, probe.name, fault),)
    own = Check("probe", probe.name, state, level)
    return ProbeResult(answered, Findings(blocks=(block,), checks=(own, *checks), failures=failures))


def failed(
    probe: Probe, fault: DeviceFault, values: dict[Metric, float | None] | None = None,
    checks: tuple[Check, ...] = (),
) -> ProbeResult:  # fmt: skip
    """A probe that ended in a fault. What answered, however badly, is there."""
    answered = not isinstance(fault, Unreachable | OutOfTime)
    return result(probe, answered, fault.kind, Level.CRITICAL, values or {}, fault, checks)


def unasked(probe: Probe, kind: str, detail: str) -> ProbeResult:
    """A probe that could not be made: nothing is known of the device by it, neither good nor bad."""
    return ProbeResult(None, Findings(failures=(Failure(probe.kind, kind, probe.name, detail),)))
