"""The users file: what is taken, what is refused in one line without a secret in it, and `hartwatch user`."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from agent import web
from agent.access import Role
from agent.access.edit import EditImpossible, with_entry, without_entry
from agent.access.users import UsersFile, UsersInvalid, digest_of, read_users
from agent.cli import users as user_commands
from tests.web.composed import HASHES, TOKENS, users_text

HASH = HASHES["eddie"]
DIGEST = digest_of(TOKENS["desk"]).hex()


CHEAP, DEAR = HASH.replace("$04$", "$03$"), HASH.replace("$04$", "$20$")


def read(folder: Path, text: str) -> UsersFile:
    (folder / "users.yaml").write_text(text)
    return read_users(folder / "users.yaml")


def test_a_file_of_everything_is_taken(tmp_path: Path) -> None:
    found = read(tmp_path, users_text(proxy="{from: ['::1', 10.0.0.0/8], user_header: X-User}", anonymous="viewer"))
    assert {name: user.role for name, user in found.users.items()} == {
        "vera": Role.VIEWER, "eddie": Role.EDITOR, "ada": Role.ADMIN, "web-editor": Role.EDITOR
    }  # fmt: skip
    assert found.anonymous is Role.VIEWER
    assert HASH not in repr(found)
    assert DIGEST not in repr(found)
    last, after = datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 1, 0, 0, tzinfo=UTC)
    assert found.token(TOKENS["old"], last) is not None
    assert found.token(TOKENS["old"], after) is None
    assert read(tmp_path, "# nothing\n") == UsersFile()


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("usrs: {}", "1:1: usrs", "did you mean 'users'?"),
        ("users: {a: {role: king}}", "1:19: users.a.role", "'king' is not one of viewer, editor, admin"),
        ("users: {a: {}}", "users.a", "required and missing"),
        ("users: {a: {role: admin, pasword: x}}", "users.a.pasword", "did you mean 'password'?"),
        ("users: {a: {role: admin, password: secret-in-plain}}", "users.a.password", "a bcrypt hash is wanted"),
        ("users: {a: {role: admin, password: 12345678}}", "users.a.password", "text is wanted here"),
        ("users:\n  a: {role: admin, password: *secret-in-plain}", "users.yaml:2", "wants quotes"),
        (f"users: {{a: {{role: admin, password: '{CHEAP}'}}}}", "password", "a bcrypt cost of 3"),
        (f"users: {{a: {{role: admin, password: '{DEAR}'}}}}", "password", "a bcrypt cost of 20"),
        ("users: {'a:b': {role: admin}}", "1:9: users.a:b", "no colon"),
        ("users: {' a': {role: admin}}", "users. a", "can be printed"),
        ("users: {a: {role: admin}, a: {role: viewer}}", "users.a", "stands twice"),
        ("tokens: {a: {role: editor}}", "tokens.a.sha256", "required and missing"),
        ("tokens: {a: {role: editor, sha256: hwt_secret-in-plain}}", "tokens.a.sha256", "64 hexadecimal digits"),
        (f"tokens: {{a: {{role: editor, sha256: '{DIGEST}', expires: soon}}}}", "tokens.a.expires", "date"),
        (f"tokens: {{a: {{role: editor, sha256: '{DIGEST}'}}, b: {{role: admin, sha256: '{DIGEST}'}}}}", "b.sha256",
         "this is the token 'a'"),
        (f"users: {{a: {{role: admin}}}}\ntokens: {{a: {{role: editor, sha256: '{DIGEST}'}}}}", "2:10: tokens.a", "of"),
        ("proxy: {from: [0.0.0.0/0], user_header: X-User}", "proxy.from[0]", "everybody would be the proxy"),
        ("proxy: {from: [here], user_header: X-User}", "proxy.from[0]", "no address or network"),
        ("proxy: {from: [], user_header: X-User}", "proxy.from", "at least 1"),
        ("proxy: {user_header: X-User}", "proxy.from", "required and missing"),
        ("proxy: {from: [127.0.0.1], user_header: Cookie}", "proxy.user_header", "no header that a proxy"),
        ("proxy: {from: [127.0.0.1], user_header: 'X User'}", "proxy.user_header", "no header that a proxy"),
        ("proxy: {from: [127.0.0.1], default: viewer}", "1:1: proxy", "user_header is missing"),
        ("proxy: {from: [127.0.0.1], user_header: X, groups: {a: admin}}", "proxy.groups", "groups_header is missing"),
        ("sessions: {idle: 5h, longest: 1h}", "sessions.idle", "longer than the longest"),
        ("sessions: {idle: 1s}", "sessions.idle", "between 1m and 30d"),
        ("anonymous: editor", "1:12: anonymous", "viewer, nobody"),
        ("- a", "users.yaml:1:1", "keys such as users:"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line_with_file_line_and_key_and_no_secret(
    tmp_path: Path, text: str, place: str, says: str
) -> None:
    with pytest.raises(UsersInvalid) as caught:
        read(tmp_path, text)
    line = str(caught.value)
    assert re.search(r"users\.yaml:\d+:\d+", line)
    assert place in line
    assert says in line
    assert "\n" not in line
    for secret in ("secret-in-plain", "12345678", HASH[7:], DIGEST):
        assert secret not in line


def test_a_real_file_wants_a_cost_that_takes_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.access.users.CHEAPEST", 10)
    with pytest.raises(UsersInvalid, match="a bcrypt cost of 4 is not taken"):
        read(tmp_path, users_text())


def test_beyond_this_machine_a_users_file_counts_as_users_only_where_it_lets_nobody_in_by_itself() -> None:
    config, user = web.WebConfig(), {"a": object()}
    assert "without TLS and users" in str(web.refusal("192.0.2.1", config))
    closed = UsersFile(users=user)  # type: ignore[arg-type]
    assert "without TLS:" in str(web.refusal("192.0.2.1", config, closed))
    opened = UsersFile(users=user, anonymous=Role.VIEWER)  # type: ignore[arg-type]
    with_users = web.WebConfig(users={"a": b"x"})
    assert "without TLS and users" in str(web.refusal("192.0.2.1", with_users, opened))
    assert "without TLS and users" in str(web.refusal("192.0.2.1", config, UsersFile()))
    assert web.refusal("127.0.0.1", config, opened) is None


# ---------------------------------------------------------------- the command
WRITTEN = """\
# Who may what. Ask the service desk.
users:
  # the network team
  jo: {role: editor, password: "%s"}  # leaves in May

  sam: {role: viewer}
# at the end
anonymous: viewer
"""


def command(*arguments: str, password: str = "") -> Result:
    app = typer.Typer()
    user_commands.register(app)
    return CliRunner().invoke(app, ["user", *arguments], input=f"{password}\n")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_commands, "COST", 4)


@pytest.mark.usefixtures("quick")
def test_users_are_added_changed_and_removed_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(WRITTEN % HASH)
    common = ("--file", str(file))
    assert command("add", "new.one", "--role", "admin", *common, password="a long password").exit_code == 0
    text = file.read_text()
    (line,) = set(text.splitlines()) - set((WRITTEN % HASH).splitlines())
    assert line.startswith("  new.one: {role: admin, password: ")
    assert "a long password" not in text
    assert command("passwd", "jo", *common, password="another password").exit_code == 0
    assert command("role", "jo", "--role", "viewer", *common).exit_code == 0
    (line,) = [line for line in file.read_text().splitlines() if "jo:" in line]
    assert line.startswith("  jo: {role: viewer, password: ")
    assert line.endswith("}  # leaves in May")
    assert HASH not in file.read_text()
    assert command("remove", "new.one", *common).exit_code == 0
    assert command("remove", "sam", *common).exit_code == 0
    left = [line for line in file.read_text().splitlines() if "jo:" not in line]
    assert left == [line for line in WRITTEN.splitlines() if "jo:" not in line and "sam" not in line]


def test_a_token_is_shown_once_and_only_its_digest_kept(tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    done = command("token", "desk", "--role", "editor", "--expires", "2027-03-31", "--file", str(file))
    assert done.exit_code == 0, done.output
    made = done.stdout.strip()
    assert re.fullmatch(r"hwt_[A-Za-z0-9_-]{43}", made)
    assert made not in file.read_text()
    assert made not in done.stderr
    found = read_users(file).token(made, datetime(2027, 1, 1, tzinfo=UTC))
    assert found is not None
    assert (found.name, found.role) == ("desk", Role.EDITOR)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    listed = command("list", "--file", str(file)).stdout
    assert "desk" in listed
    assert found.expires is not None
    assert digest_of(made).hex() not in listed


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("arguments", "password", "says"),
    [
        (("add", "jo", "--role", "admin"), "a long password", "has 'jo' already"),
        (("add", "x", "--role", "admin"), "short", "at least 12 characters"),
        (("add", "x", "--role", "admin"), "\u00e4" * 37, "72 octets"),
        (("add", "a:b", "--role", "admin"), "a long password", "no colon"),
        (("add", "a\nb: {role: admin}", "--role", "viewer"), "a long password", "can be printed"),
        (("token", "jo", "--role", "admin"), "", "a user has this name"),
        (("passwd", "nobody"), "a long password", "no user 'nobody'"),
        (("remove", "nobody"), "", "no user or token 'nobody'"),
    ],
)
def test_what_cannot_be_done_changes_nothing_and_is_one_line(
    tmp_path: Path, arguments: tuple[str, ...], password: str, says: str
) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(WRITTEN % HASH)
    done = command(*arguments, "--file", str(file), password=password)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_text() == WRITTEN % HASH
    assert [path.name for path in tmp_path.iterdir()] == ["users.yaml"]


def test_a_file_that_others_may_read_is_not_left_so_and_a_link_is_followed(tmp_path: Path) -> None:
    file, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    file.write_text(WRITTEN % HASH)
    file.chmod(0o644)
    link.symlink_to(file)
    assert command("remove", "sam", "--file", str(link)).exit_code == 0
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert "sam" not in file.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "users: {a: {role: viewer}}\n",
        "users: &x\n  a:\n    role: viewer\n",
        "users:\n  a: &y {role: viewer}\n  b: *y\n",
    ],
)
def test_what_is_written_otherwise_is_changed_right_or_refused(text: str) -> None:
    for change in (
        lambda: with_entry(text, "users", "a", {"role": "admin"}),
        lambda: with_entry(text, "users", "c", {"role": "admin"}),
        lambda: without_entry(text, "users", "a"),
    ):
        try:
            changed = change()
        except EditImpossible as problem:
            assert re.search("by hand|one line|one entry a line|valid", str(problem))  # noqa: PT017
        else:
            assert changed != text
