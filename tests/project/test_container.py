"""The image and compose.yaml, as far as they can be seen without a Docker daemon. No test builds or starts an image."""

from __future__ import annotations

import fnmatch
import http.server
import importlib.util
import os
import re
import site
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.config import Settings, load_settings
from agent.inventory import load
from tests.probe.certificates import certificate

Server = Callable[[str], Path]
INSIDE = ("hartwatch", "prometheus", "alertmanager", "grafana")


@pytest.fixture
def deploy(root: Path) -> Path:
    return root / "deploy"


@pytest.fixture
def dockerfile(deploy: Path) -> list[tuple[str, str]]:
    """The instructions, with what follows them."""
    text = (deploy / "container" / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


@pytest.fixture
def compose(deploy: Path) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))
    return made


# ---------------------------------------------------------------- the image
def ignored(path: str, rules: list[str]) -> bool:
    """Whether a build is not sent this file: the last rule that fits, or fits a folder it is in, counts."""
    answer = False
    parents = ["/".join(path.split("/")[:n]) for n in range(1, path.count("/") + 2)]
    for rule in rules:
        pattern = rule.removeprefix("!").removeprefix("**/")
        names = [p.rpartition("/")[2] for p in parents] if "**/" in rule else parents
        if any(fnmatch.fnmatchcase(name, pattern) for name in names):
            answer = not rule.startswith("!")
    return answer


def test_what_the_image_copies_is_there_and_is_sent_to_the_build(dockerfile: list[tuple[str, str]], root: Path) -> None:
    text = (root / ".dockerignore").read_text(encoding="utf-8")
    rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    copies = [rest.split() for word, rest in dockerfile if word == "COPY" and not rest.startswith("--from")]
    assert copies
    for *sources, _ in copies:
        for source in sources:
            assert (root / source).exists(), source
            files = [root / source] if (root / source).is_file() else [*(root / source).rglob("*.py")]
            for file in files:
                assert not ignored(file.relative_to(root).as_posix(), rules), file
    for kept in ("inventory.yaml", "deploy/secrets/snmp_auth", ".git/config", "tests/conftest.py", "var/x",
                 "agent/__pycache__/app.cpython-311.pyc"):  # fmt: skip
        assert ignored(kept, rules), kept


def test_the_image_runs_as_nobody_s_root_and_says_how_it_is(dockerfile: list[tuple[str, str]]) -> None:
    last = max(i for i, (word, _) in enumerate(dockerfile) if word == "FROM")
    assert [rest.split()[0] for word, rest in dockerfile if word == "FROM"] == ["python:3.11-slim-bookworm"] * 2
    final = dict(dockerfile[last:])
    assert final["USER"] == "10640:10640"
    assert final["STOPSIGNAL"] == "SIGTERM"
    assert final["EXPOSE"] == str(Settings.model_fields["listen_port"].default)
    assert final["VOLUME"] == "/var/lib/hartwatch"
    assert "/opt/hartwatch/healthy.py" in final["HEALTHCHECK"]
    assert (final["ENTRYPOINT"], final["CMD"]) == ('["hartwatch"]', '["run"]')
    assert "--require-hashes -r requirements/run.txt" in "".join(rest for _, rest in dockerfile)


def test_what_is_taken_out_of_the_image_is_what_only_builds(dockerfile: list[tuple[str, str]], root: Path) -> None:
    spec = importlib.util.spec_from_file_location("debian_build", root / "deploy" / "debian" / "build.py")
    assert spec
    assert spec.loader
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    (out,) = re.findall(r"pip uninstall --yes (hatchling[^&]*)", "".join(rest for _, rest in dockerfile))
    gone = set(out.split())
    assert gone <= set(build.pins())
    wheel = Path(site.getsitepackages()[0])
    (metadata,) = [p for p in wheel.glob("hartwatch-*.dist-info")]
    waiting = [(build.Requirement(r), build.EXTRAS) for r in requires(metadata)]
    seen: set[str] = set()
    while waiting:
        requirement, extras = waiting.pop()
        marker = requirement.marker
        key = build.canonicalize_name(requirement.name)
        if key in seen or (marker and not any(marker.evaluate({"extra": e}) for e in ("", *extras))):
            continue
        seen.add(key)
        found = next(iter(build.importlib.metadata.Distribution.discover(name=requirement.name)), None)
        waiting += [(build.Requirement(r), tuple(requirement.extras)) for r in (found.requires if found else ()) or ()]
    assert not gone & seen, "it is needed to run"


def requires(metadata: Path) -> list[str]:
    return re.findall(r"^Requires-Dist: (.*)$", (metadata / "METADATA").read_text(), re.MULTILINE)


def test_the_settings_in_the_image_are_ones_that_the_agent_takes(deploy: Path) -> None:
    settings = load_settings(file=deploy / "container" / "hartwatch.yaml")
    assert str(settings.state_directory) == "/var/lib/hartwatch"
    assert settings.listen_address == "127.0.0.1"


# ---------------------------------------------------------------- is it well
class _Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/-/healthy" else 503)
        self.end_headers()
        self.wfile.write(b"Hartwatch is well.\n" if self.path == "/-/healthy" else b"Not ready: no device.\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def pages(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), _Pages) as served:
        if getattr(request, "param", False):
            now = datetime.now(UTC)
            shown = certificate("another.example", now - timedelta(days=1), now + timedelta(days=1))
            served.socket = shown.context(tmp_path).wrap_socket(served.socket, server_side=True)
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield served.server_port
        served.shutdown()
        thread.join()


def healthy(deploy: Path, port: int, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HARTWATCH_LISTEN_PORT": str(port), **more}
    command = [sys.executable, str(deploy / "container" / "healthy.py"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("pages", [False, True], indirect=True, ids=["plain", "TLS"])
def test_the_health_check_tells_well_from_not_ready_and_silent(
    pages: int, deploy: Path, request: pytest.FixtureRequest, free_port: Callable[[], int]
) -> None:
    more = {"HARTWATCH_WEB_CONFIG": "web-config.yml"} if "TLS" in request.node.name else {}
    well = healthy(deploy, pages, **more)
    assert (well.returncode, well.stdout) == (0, "Hartwatch is well.\n"), well.stderr
    unready = healthy(deploy, pages, "/-/ready", **more)
    assert (unready.returncode, unready.stdout) == (1, "Not ready: no device.\n")
    silent = healthy(deploy, free_port(), **more)
    assert silent.returncode == 1
    assert "no answer on port" in silent.stderr


# ---------------------------------------------------------------- compose
def test_compose_takes_the_file(deploy: Path, tmp_path: Path, server: Server) -> None:
    """By docker-compose 1.29 of Debian, which asks no daemon; `name:` is newer than it."""
    program = server("docker-compose")
    text = (deploy / "compose.yaml").read_text(encoding="utf-8")
    (tmp_path / "compose.yaml").write_text(re.sub(r"^name: .*\n", "", text, flags=re.MULTILINE))
    words = [
        str(program),
        "--project-directory",
        str(deploy),
        "-f",
        str(tmp_path / "compose.yaml"),
        "config",
        "--quiet",
    ]
    result = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr


def test_every_container_has_few_rights_a_fixed_version_and_a_health_check(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["healthcheck"]["test"], name
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"]), name
        assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(service), name
    assert set(compose["services"]) == {"net", *INSIDE}


def test_what_is_mounted_is_there_and_cannot_be_written(compose: dict[str, Any], deploy: Path) -> None:
    for name, service in compose["services"].items():
        for mount in service.get("volumes", []):
            source = re.sub(r"^\$\{\w+:-([^}]*)\}", r"\1", mount)
            where, _, rest = source.partition(":")
            if not where.startswith("."):
                assert where in compose["volumes"], f"{name}: {where}"
                continue
            assert (deploy / where).exists(), f"{name}: {where}"
            assert rest.endswith(":ro"), f"{name}: {mount}"
        for secret in service.get("secrets", []):
            assert secret in compose["secrets"]
    assert {one["file"].rpartition("/")[0] for one in compose["secrets"].values()} == {"./secrets"}


def test_the_parts_find_each_other(compose: dict[str, Any], deploy: Path) -> None:
    services = compose["services"]
    for name in INSIDE:
        assert services[name]["network_mode"] == "service:net", "they share loopback"
        assert "ports" not in services[name]
    assert services["net"]["ports"] == ["127.0.0.1:3000:3000"]
    listens = {name: next((word.partition("=")[2] for word in services[name]["command"] if "web.listen" in word), "")
               for name in ("prometheus", "alertmanager")}  # fmt: skip
    config = yaml.safe_load((deploy / "prometheus" / "prometheus.yml").read_text())
    assert config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] == [listens["alertmanager"]]
    assert services["grafana"]["environment"]["HARTWATCH_PROMETHEUS"] == f"http://{listens['prometheus']}"
    source = yaml.safe_load((deploy / "grafana" / "provisioning" / "datasources" / "hartwatch.yml").read_text())
    assert "${HARTWATCH_PROMETHEUS}" in [one["url"] for one in source["datasources"]]
    boards = yaml.safe_load((deploy / "grafana" / "provisioning" / "dashboards" / "hartwatch.yml").read_text())
    (folder,) = [one["options"]["path"] for one in boards["providers"]]
    assert f"./grafana/dashboards:{folder}:ro" in services["grafana"]["volumes"]
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (deploy / "grafana" / "dashboards" / Path(home).name).is_file()
    assert home.startswith(folder)
    for file in config["rule_files"]:
        assert (
            f"./prometheus/{Path(file).parent}:/etc/prometheus/{Path(file).parent}:ro"
            in services["prometheus"]["volumes"]
        )


def test_the_agent_finds_its_secrets_and_an_inventory_that_is_valid(compose: dict[str, Any], deploy: Path) -> None:
    inventory = deploy / "container" / "inventory.yaml"
    assert load(inventory).devices
    named = set(re.findall(r"cred:(\w+)", re.sub(r"^\s*#.*$", "", inventory.read_text(), flags=re.MULTILINE)))
    assert named == set(compose["services"]["hartwatch"]["secrets"])
    image = (deploy / "container" / "Dockerfile").read_text()
    assert "CREDENTIALS_DIRECTORY=/run/secrets" in image
