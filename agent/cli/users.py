"""`hartwatch user`: who may sign in to the pages and write there. Changes the users file, and shows a token once."""

from __future__ import annotations

import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.common import AnyFormat, Format, show
from agent.cli.serve import SettingsFile, fail, settings_of

COST = 12  # of bcrypt: a fifth of a second
SHORTEST, LONGEST = 12, 72  # characters; octets, of which bcrypt takes in no more


class RoleName(StrEnum):
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


Name = Annotated[str, typer.Argument(help="Of the user or token.")]
RoleOption = Annotated[RoleName, typer.Option("--role", help="What they may do.")]
File = Annotated[Path | None, typer.Option("--file", help="The users file.", show_default="users_file of the settings")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Users and API tokens of the pages: add, change and remove them.", no_args_is_help=True)
    for name, command in (
        ("add", add), ("passwd", passwd), ("role", role), ("token", token), ("list", list_), ("remove", remove),
    ):  # fmt: skip
        group.command(name)(command)
    app.add_typer(group, name="user")


def add(
    name: Name,
    role: RoleOption,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="A role only: the web configuration or a proxy shows who it is.")
    ] = False,
    file: File = None,
    settings: SettingsFile = None,
) -> None:
    """Add a user. Asks for the password, or takes it from standard input where that is no terminal."""
    path = _path(file, settings)
    entry = {"role": role.value}
    _checked(path, name, there=False)
    if not no_password:
        entry["password"] = _hashed()
    _change(path, "users", name, entry, there=False)
    print(f"{name} is added as {role.value} in {path}")


def passwd(name: Name, file: File = None, settings: SettingsFile = None) -> None:
    """Give a user another password. Ends the sessions that were begun with the old one."""
    path = _path(file, settings)
    before = _checked(path, name, there=True)
    _change(path, "users", name, {**before, "password": _hashed()}, there=True)
    print(f"{name} has another password")


def role(name: Name, role: RoleOption, file: File = None, settings: SettingsFile = None) -> None:
    """Give a user another role."""
    path = _path(file, settings)
    before = _checked(path, name, there=True)
    _change(path, "users", name, {**before, "role": role.value}, there=True)
    print(f"{name} is {role.value} now")


def token(
    name: Name,
    role: RoleOption,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it is taken.")
    ] = None,
    file: File = None,
    settings: SettingsFile = None,
) -> None:
    """Make an API token and print it. It is shown this once: the file keeps its SHA-256 only."""
    import secrets

    from agent.access.users import digest_of

    path = _path(file, settings)
    made = f"hwt_{secrets.token_urlsafe(32)}"
    entry = {"role": role.value, "sha256": digest_of(made).hex()}
    if expires is not None:
        entry["expires"] = expires.date().isoformat()
    _change(path, "tokens", name, entry, there=False)
    print(f"hartwatch: token {name} ({role.value}) is in {path}; send it as Authorization: Bearer", file=sys.stderr)
    print(made)


def list_(form: AnyFormat = Format.TABLE, file: File = None, settings: SettingsFile = None) -> None:
    """List users and tokens, without what they are known by."""
    from agent.access.users import UsersInvalid, read_users

    path = _path(file, settings)
    try:
        found = read_users(path)
    except UsersInvalid as problem:
        fail(str(problem), 2)
    rows: list[tuple[Any, ...]] = [
        (name, "user", user.role.value, "password" if user.hashed else "elsewhere", "")
        for name, user in sorted(found.users.items())
    ]
    rows += [
        (one.name, "token", one.role.value, "token", one.expires.isoformat() if one.expires else "")
        for one in sorted(found.tokens.values(), key=lambda one: one.name)
    ]
    show(("name", "kind", "role", "known_by", "expires"), rows, form, "No users.")


def remove(name: Name, file: File = None, settings: SettingsFile = None) -> None:
    """Remove a user or a token. It holds within seconds: sessions and all."""
    from agent.access.edit import EditImpossible, alone_with, entry_of, load, save, without_entry

    path = _path(file, settings)
    try:
        with alone_with(path) as real:
            text = load(real)
            section = next((s for s in ("users", "tokens") if entry_of(text, s, name, str(path)) is not None), None)
            if section is None:
                fail(f"{path} has no user or token {name!r}", 2)
            save(real, without_entry(text, str(section), name, str(path)))
    except EditImpossible as problem:
        fail(str(problem), 2)
    print(f"{name} is removed")


# ---------------------------------------------------------------- pieces
def _path(file: Path | None, settings: Path | None) -> Path:
    found = file or settings_of({}, settings).users_file
    if found is None:
        fail("the settings name no users_file: say which with --file", 2)
    return Path(found)


def _checked(path: Path, name: str, *, there: bool) -> dict[str, str]:
    """The entry of a user, before anybody is asked for a password; an end where it cannot be."""
    from agent.access.edit import EditImpossible, entry_of, load

    try:
        text = load(path)
        found = entry_of(text, "users", name, str(path))
        taken = found is not None or entry_of(text, "tokens", name, str(path)) is not None
    except EditImpossible as problem:
        fail(str(problem), 2)
    if there and found is None:
        fail(f"{path} has no user {name!r}", 2)
    if not there and taken:
        fail(f"{path} has {name!r} already", 2)
    return found or {}


def _change(path: Path, section: str, name: str, entry: dict[str, str], *, there: bool) -> None:
    from agent.access.edit import EditImpossible, alone_with, entry_of, load, save, with_entry

    try:
        with alone_with(path) as real:
            text = load(real)
            if (entry_of(text, section, name, str(path)) is not None) is not there:
                fail(f"{path} has {name!r} already" if not there else f"{path} has no {name!r} any more", 2)
            save(real, with_entry(text, section, name, entry, str(path)))
    except EditImpossible as problem:
        fail(str(problem), 2)


def _hashed() -> str:
    """The bcrypt hash of a password that is asked for twice, or comes by standard input. Never by an argument, which
    every user of the machine can read."""
    import getpass

    import bcrypt

    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            fail("these are two passwords: nothing was changed", 2)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST:
        fail(f"a password has at least {SHORTEST} characters: nothing was changed", 2)
    if len(password.encode()) > LONGEST:
        fail(f"of a password {LONGEST} octets count at most, and this has more: nothing was changed", 2)
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST)).decode()
