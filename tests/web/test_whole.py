"""The whole agent over a real connection: signed in, written, kept, and read by the commands."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from agent.cli import audit as audit_command
from agent.config import Settings
from agent.serving import CannotStart, serve
from tests.readers.test_app import estate as estate
from tests.readers.test_app import running, until
from tests.web.composed import PASSWORDS, TOKENS, form, users_text


@pytest.fixture
def settings(estate: Callable[..., Settings], tmp_path: Path) -> Settings:
    (tmp_path / "users.yaml").write_text(users_text())
    return estate(users_file=tmp_path / "users.yaml")


async def test_signed_in_and_planned_over_http_and_told_by_the_command(settings: Settings, tmp_path: Path) -> None:
    async with running(settings) as (client, ending, task):
        assert (await client.get("/-/healthy")).status_code == 200
        assert (await client.get("/metrics")).status_code == 401
        bearer = {"authorization": f"Bearer {TOKENS['reader']}"}
        assert (await client.get("/metrics", headers=bearer)).status_code == 200
        origin = {"origin": str(client.base_url).rstrip("/")}
        data = {"user": "eddie", "password": PASSWORDS["eddie"], "next": "/maintenance"}
        answer = await client.post("/login", data=data, headers=origin)
        assert (answer.status_code, answer.headers["location"]) == (303, "/maintenance")
        fields = await form(client, "/maintenance/plan")
        later = {"subjects": "sw-wf-1", "from": "2027-01-05T22:00", "for": "4h", "reason": "firmware"}
        answer = await client.post("/maintenance/plan", data={**fields, **later}, headers=origin)
        assert answer.status_code == 303, answer.text
        assert "firmware" in (await client.get(answer.headers["location"])).text.lower()

        # What is invalid on disk is told and the users before stay; what is valid again holds within a second or two.
        (tmp_path / "users.yaml").write_text("users: {eddie: {role: king}}\n")

        async def invalid() -> bool:
            page = (await client.get("/metrics", headers=bearer)).text
            return "\nhartwatch_web_config_invalid 1" in page  # not its help, which begins so

        await until(invalid)
        assert "king" in (await client.get("/")).text
        (tmp_path / "users.yaml").write_text(users_text().replace("eddie: {role: editor", "eddie: {role: viewer"))

        async def lowered() -> bool:
            return (await client.get("/maintenance/plan")).status_code == 403

        await until(lowered)
        ending.set()
        await task
    told = told_by_command(settings.state_directory)
    assert [(row["who"], row["action"]) for row in told] == [("eddie", "sign-in"), ("eddie", "maintenance plan")]
    assert told[1]["subject"] == "device:sw-wf-1"
    assert told_by_command(settings.state_directory, "--user", "nobody") == []


def told_by_command(state: Path, *more: str) -> list[dict[str, Any]]:
    app = typer.Typer()
    audit_command.register(app)
    done = CliRunner().invoke(app, ["--state", str(state), "--format", "csv", *more])
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout)))


async def test_an_invalid_users_file_keeps_it_from_beginning(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "users.yaml").write_text("users: {eddie: {role: king}}\n")
    with pytest.raises(CannotStart, match=r"users\.yaml:1:23: users\.eddie\.role: 'king' is not one of"):
        await serve(settings, signals=False)
