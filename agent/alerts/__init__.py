"""Telling people: what is worth telling, and the senders that empty the ledger's outbox.

    messages_of(changes, mind, held, now) -> tuple[Message, ...]   pure: one for each cause, with what it takes down
    due(...) -> tuple[Message, ...]                         pure: what time alone makes worth telling (agent.alerts.due)
    believed_after(messages, believed)                      what people now believe of each subject
    sender = Sender(ledger.outbox, {"log": LogChannel(), "desk": WebhookChannel("https://...")})
    await sender.send_due()                                 claim, tell, mark; call it every few seconds

A message is in the outbox because it was recorded with what it tells of. It is claimed by one sender, told, and marked;
a channel's failure says whether trying again makes sense.
"""

from __future__ import annotations

from agent.alerts.alertmanager_channel import AlertmanagerStats
from agent.alerts.channels import Channel, LogChannel, TellError, WebhookChannel
from agent.alerts.due import due
from agent.alerts.sender import TRIES, Sender, SenderStats
from agent.alerts.telling import Level, Mind, Takes, believed_after, messages_of

__all__ = [
    "TRIES",
    "AlertmanagerStats",
    "Channel",
    "Level",
    "LogChannel",
    "Mind",
    "Sender",
    "SenderStats",
    "Takes",
    "TellError",
    "WebhookChannel",
    "believed_after",
    "due",
    "messages_of",
]
