"""E-mail and chat through Apprise, against servers on loopback; its addresses are shown nowhere."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from agent.alerts import TellError
from agent.alerts.apprise_channel import AppriseChannel
from agent.facts import Message
from tests.telling.conftest import Sink

# Apprise loads libraries that Python will drop one day.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PASSWORD = "s3cretpassw0rd"
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MESSAGE = Message("mail", "device:sw", "critical", "device sw is down", "Down since 09:00:00: no <b>answer</b>.", AT)


@pytest.fixture(autouse=True)
def _this_machine_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """smtplib looks up what this machine is called, which no test may do."""
    monkeypatch.setattr("socket.getfqdn", lambda *_: "agent.localhost")


@dataclass
class Post:
    """A mail server that takes what it is given, in clear."""

    port: int
    refuses: bool = False
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    mails: list[email.message.EmailMessage] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 post.example ESMTP")
        self.writers.append(writer)
        while line := (await reader.readline()).decode().strip():
            word = line.split()[0].upper()
            if word == "EHLO":
                await say("250-post.example")
                await say("250 AUTH PLAIN LOGIN")
            elif word == "AUTH":
                await say("235 welcome")
            elif word == "DATA":
                await say("354 go on")
                octets = b""
                while not octets.endswith(b"\r\n.\r\n"):
                    octets += await reader.readline()
                mail = email.message_from_bytes(octets[:-3], policy=email.policy.default)
                assert isinstance(mail, email.message.EmailMessage)
                self.mails.append(mail)
                await say("250 kept")
            elif word == "QUIT":
                await say("221 bye")
                break
            else:
                await say("550 not you" if self.refuses and word == "RCPT" else "250 ok")
        writer.close()


@pytest.fixture
async def post(free_port: Callable[[], int]) -> AsyncIterator[Post]:
    made = Post(free_port())
    server = await asyncio.start_server(made.serve, "127.0.0.1", made.port)
    yield made
    server.close()
    for writer in made.writers:
        writer.close()


def mail_to(post: Post) -> str:
    return f"mailto://jo:{PASSWORD}@127.0.0.1:{post.port}?to=desk@council.example&from=hartwatch@council.example"


async def test_an_e_mail_has_the_title_as_its_subject_and_the_text_as_plain_text(post: Post) -> None:
    await AppriseChannel([mail_to(post)]).tell(MESSAGE)
    (mail,) = post.mails
    assert mail["subject"] == "device sw is down"
    assert "desk@council.example" in mail["to"]
    plain = mail.get_body(("plain", "html"))
    assert plain is not None
    assert "Down since 09:00:00: no" in plain.get_content()
    assert "<b>answer</b>" not in mail.as_string() or plain.get_content_type() == "text/plain"


@pytest.mark.parametrize(("level", "said"), [("critical", "failure"), ("warning", "warning"), ("recovered", "success")])
async def test_a_chat_gets_title_text_and_how_grave_it_is(sink: Sink, level: str, said: str) -> None:
    message = Message("chat", "device:sw", level, "t" * 200, "Down.", AT)  # type: ignore[arg-type]
    await AppriseChannel([f"json://127.0.0.1:{sink.port}/hook"]).tell(message)
    (body,) = sink.bodies
    assert (body["type"], body["message"]) == (said, "Down.")
    assert len(body["title"]) <= 120


async def test_of_several_addresses_only_those_that_failed_are_told_again(post: Post, sink: Sink) -> None:
    channel = AppriseChannel([mail_to(post), f"json://127.0.0.1:{sink.port}/hook"])
    sink.status = 500
    with pytest.raises(TellError, match=r"^address 2 of 2 could not be told$") as problem:
        await channel.tell(MESSAGE)
    assert not problem.value.permanent
    sink.status = 200
    await channel.tell(MESSAGE)
    assert (len(post.mails), len(sink.bodies)) == (1, 2)


async def test_a_mail_server_that_refuses_or_is_away_is_tried_again_and_the_password_is_shown_nowhere(
    post: Post, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], free_port: Callable[[], int]
) -> None:
    caplog.set_level(1)
    logging.getLogger().setLevel(1)
    logging.getLogger("apprise").setLevel(1)  # whoever turned it up: making a channel turns it off
    post.refuses = True
    for port in (post.port, free_port()):
        channel = AppriseChannel([mail_to(post).replace(str(post.port), str(port))], timeout_seconds=5)
        with pytest.raises(TellError) as problem:
            await channel.tell(MESSAGE)
        assert PASSWORD not in f"{problem.value!r} {channel!r} {vars(channel)}"
    said = capfd.readouterr()
    assert PASSWORD not in caplog.text + said.out + said.err
    assert "apprise" not in caplog.text


async def test_an_address_that_hangs_is_waited_for_no_longer_than_the_deadline(
    free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.alerts.apprise_channel.GRACE", 1.0)
    port = free_port()
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda reader, writer: held.append(writer), "127.0.0.1", port)
    with pytest.raises(TellError):
        await AppriseChannel([f"json://127.0.0.1:{port}/"], timeout_seconds=0.3).tell(MESSAGE)
    server.close()
    for writer in held:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("url", [f"nosuch://jo:{PASSWORD}@x", f"mailto://{PASSWORD}", ""])
def test_an_address_that_apprise_does_not_know_is_refused_by_its_number(url: str) -> None:
    with pytest.raises(ValueError, match=r"^address 1 is none that Apprise knows") as problem:
        AppriseChannel([url])
    assert PASSWORD not in str(problem.value)


def test_apprise_is_not_imported_by_who_does_not_use_it() -> None:
    import subprocess

    code = "import sys, agent.serving; sys.exit('apprise' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
