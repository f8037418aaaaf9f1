"""Who is looked at when: spread evenly, one visit per device at a time, and no device at the cost of another.

    schedule = Schedule(pipeline.visit)                 visit(device, cadence) -> Outcome
    schedule.every("heartbeat", 10, pipeline.beat)      coarse work of the agent itself, plain function or coroutine
    schedule.start({"sw-wf-1": Intervals(), ...})       in a running event loop
    schedule.apply({...}, changed={"sw-wf-1"})          a reload: only what differs is disturbed
    schedule.look_soon("sw-wf-1", 10)                   (the schedule does so itself when an Outcome asks for it)
    await schedule.drain(10)                            nothing new starts; what runs may finish until then
    schedule.stats                                      ScheduleStats, for the metrics

There is one APScheduler job per shard (a slot of a grid interval, see `phases`) and none per device: eleven thousand
jobs would cost twenty-five times as much. All timing is by the loop's steady clock; APScheduler itself goes by the wall
clock, so a step of that is noticed within a second and the jobs are put right.

Devices that did not answer last time wait for their turn in a lane of their own, and a visit that takes long is moved
there, so that any number of dead or slow ones, each holding its place until its time-outs are over, leaves the others
theirs.
"""

from __future__ import annotations

from agent.schedule.phases import Intervals, Rhythm
from agent.schedule.roster import Applied, Drained, Outcome, Schedule
from agent.schedule.stats import ScheduleStats

__all__ = ["Applied", "Drained", "Intervals", "Outcome", "Rhythm", "Schedule", "ScheduleStats"]
