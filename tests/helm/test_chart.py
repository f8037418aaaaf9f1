"""The Helm chart, rendered by what Helm is made of: Go's templates and sprig.

Helm itself is in no package registry that tests may use; render.go says what of it is written anew.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from agent.config import Settings, load_settings
from agent.inventory import load

GO_PACKAGES = Path("/usr/share/gocode")
WANTED = {"web": {"existingSecret": "hw-web"}}
INVENTORY = """\
# inventory.yaml
councils: {c: {title: "A council: {{ .not }} a template", share: 1}}
sites: {s: {title: Site, kind: office, owner: c}}
credentials:
  v3: {kind: snmp_v3, user: u, auth: SHA-256, auth_secret: "cred:auth", priv: AES-256, priv_secret: "cred:priv"}
devices:
  - {name: sw-1, address: 192.0.2.1, class: switch, site: s, snmp: v3}
"""
Render = Callable[..., dict[str, list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("go") is None or not (GO_PACKAGES / "src/github.com/Masterminds/sprig").is_dir():
        pytest.skip("go and sprig are not installed: apt install golang-go golang-github-masterminds-sprig-dev "
                    "golang-gopkg-yaml.v3-dev")  # fmt: skip
    folder = tmp_path_factory.mktemp("render")
    settings = {"GO111MODULE": "off", "GOPATH": str(GO_PACKAGES), "GOCACHE": str(folder / "cache"), "GOFLAGS": "-p=1"}
    source = Path(__file__).with_name("render.go")
    words = ["go", "build", "-o", str(folder / "render"), str(source)]
    made = subprocess.run(
        words, env={**os.environ, **settings}, capture_output=True, text=True, check=False, timeout=300
    )
    assert made.returncode == 0, made.stderr
    return folder / "render"


@pytest.fixture
def chart(root: Path) -> Path:
    return root / "deploy" / "helm" / "hartwatch"


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Values as Helm puts them together: tables into each other, all else replaced."""
    made = dict(base)
    for name, value in over.items():
        both = isinstance(value, dict) and isinstance(made.get(name), dict)
        made[name] = merged(made[name], value) if both else value
    return made


@pytest.fixture
def rendered(program: Path, chart: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def render(release: str = "net", **values: Any) -> subprocess.CompletedProcess[str]:
        defaults = yaml.safe_load((chart / "values.yaml").read_text())
        given = merged(defaults, values)
        jsonschema.validate(given, json.loads((chart / "values.schema.json").read_text()))
        about = yaml.safe_load((chart / "Chart.yaml").read_text())
        data = {
            "Values": given,
            "Release": {"Name": release, "Namespace": "watch", "Service": "Helm"},
            "Chart": {"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
        }
        (tmp_path / "input.json").write_text(json.dumps(data))
        words = [str(program), str(chart), str(tmp_path / "input.json")]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)

    return render


@pytest.fixture
def render(rendered: Callable[..., subprocess.CompletedProcess[str]]) -> Render:
    """A function: values > kind > documents."""

    def documents(**values: Any) -> dict[str, list[dict[str, Any]]]:
        result = rendered(**merged({**WANTED, "inventory": INVENTORY}, values))
        assert result.returncode == 0, result.stderr
        found: dict[str, list[dict[str, Any]]] = {}
        for name, text in json.loads(result.stdout).items():
            if not name.endswith(".yaml"):
                continue
            for document in filter(None, yaml.safe_load_all(text)):
                found.setdefault(document["kind"], []).append(document)
        return found

    return documents


EVERYTHING: dict[str, Any] = {
    "serviceMonitor": {"enabled": True, "labels": {"release": "p"}, "basicAuthSecret": "hw-scrape",
                       "serverName": "hw.example"},
    "prometheusRule": {"enabled": True, "labels": {"release": "p"}},
    "networkPolicy": {"from": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
                      "to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
    "ledger": {"existingSecret": "hw-ledger"},
    "credentials": {"existingSecret": "hw-credentials"},
    "persistence": {"storageClass": "fast"},
    "imagePullSecrets": [{"name": "pull"}],
    "nodeSelector": {"zone": "a"},
    "tolerations": [{"key": "x", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    "podAnnotations": {"note": "yes"},
}  # fmt: skip


def test_without_more_it_is_an_agent_a_service_its_settings_and_a_policy(render: Render) -> None:
    assert sorted(render()) == ["ConfigMap", "NetworkPolicy", "Service", "StatefulSet"]
    assert sorted(render(**EVERYTHING)) == [
        "ConfigMap", "NetworkPolicy", "PrometheusRule", "Service", "ServiceMonitor", "StatefulSet",
    ]  # fmt: skip
    assert "NetworkPolicy" not in render(networkPolicy={"enabled": False})


@pytest.mark.parametrize(("without", "words"), [
    ({"web": {"existingSecret": ""}}, "web.existingSecret is wanted"),
    ({"inventory": ""}, "give an inventory"),
])  # fmt: skip
def test_what_it_cannot_do_without_is_said_in_words(
    without: dict[str, Any], words: str, rendered: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    result = rendered(**merged({**WANTED, "inventory": INVENTORY}, without))
    assert result.returncode == 1
    assert words in result.stderr


@pytest.mark.parametrize("values", [
    {"replicas": 2}, {"image": {"repository": ""}}, {"persistence": {"size": "lots"}}, {"service": {"port": 0}},
    {"settings": {"listen_address": "127.0.0.1"}}, {"serviceMonitor": {"interval": "often"}},
    {"credentials": {"existingSecret": "Not A Name"}}, {"terminationGracePeriodSeconds": 1},
])  # fmt: skip
def test_values_that_are_none_are_refused(values: dict[str, Any], chart: Path) -> None:
    schema = json.loads((chart / "values.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    defaults = yaml.safe_load((chart / "values.yaml").read_text())
    jsonschema.validate(defaults, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(merged(defaults, values), schema)


def test_the_settings_and_the_inventory_are_ones_that_the_agent_takes(
    render: Render, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config,) = render(settings={"pulse_interval": "2m", "self_check_addresses": ["192.0.2.1"]})["ConfigMap"]
    for name, text in config["data"].items():
        (tmp_path / name).write_text(text)
    settings = load_settings(file=tmp_path / "hartwatch.yaml")
    assert (settings.listen_address, settings.log_format) == ("0.0.0.0", "json")  # noqa: S104 - with TLS and users
    assert settings.pulse_interval.total_seconds() == 120
    assert (tmp_path / "inventory.yaml").read_text().strip() == INVENTORY.strip(), "no template is made of it"
    assert [*load(tmp_path / "inventory.yaml").devices] == ["sw-1"]
    (container,) = render()["StatefulSet"][0]["spec"]["template"]["spec"]["containers"]
    given = {one["name"] for one in container["env"]}
    known = {f"HARTWATCH_{name.upper()}" for name in Settings.model_fields} | {"HARTWATCH_SETTINGS"}
    assert given <= known


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["little", "everything"])
def test_the_pod_has_no_rights_that_it_does_not_need(render: Render, values: dict[str, Any]) -> None:
    """Kubernetes' Pod Security Standard "restricted", and a root file system that cannot be written."""
    (made,) = render(**values)["StatefulSet"]
    assert made["spec"]["replicas"] == 1
    pod = made["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert [s["name"] for s in pod["securityContext"]["sysctls"]] == ["net.ipv4.ping_group_range"]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert container["resources"]["limits"]["memory"]
    allowed = {"configMap", "secret", "emptyDir"}
    assert all(len(set(volume) & allowed) == 1 for volume in pod["volumes"])


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["little", "everything"])
def test_what_is_mounted_named_and_selected_is_there(render: Render, values: dict[str, Any], root: Path) -> None:
    made = render(**values)
    (state,) = made["StatefulSet"]
    pod = state["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]} | {"state"}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    for selector in (
        state["spec"]["selector"]["matchLabels"],
        made["Service"][0]["spec"]["selector"],
        made["NetworkPolicy"][0]["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= pod["metadata"]["labels"].items()
    (port,) = container["ports"]
    assert port["containerPort"] == Settings.model_fields["listen_port"].default
    assert made["Service"][0]["spec"]["ports"][0]["targetPort"] == port["name"]
    assert made["NetworkPolicy"][0]["spec"].get("ingress") in (
        [], [{"from": EVERYTHING["networkPolicy"]["from"], "ports": [{"port": "https", "protocol": "TCP"}]}],
    )  # fmt: skip
    image = (root / "deploy" / "container" / "Dockerfile").read_text()
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["exec"]["command"][:2] == ["python", "/opt/hartwatch/healthy.py"]
    assert "/opt/hartwatch/healthy.py" in image
    assert f"--uid {pod['spec']['securityContext']['runAsUser']} " in image
    for monitor in made.get("ServiceMonitor", []):
        (endpoint,) = monitor["spec"]["endpoints"]
        assert endpoint["port"] == made["Service"][0]["spec"]["ports"][0]["name"]
        labels = made["Service"][0]["metadata"]["labels"]
        assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_the_rules_are_those_that_prometheus_has_elsewhere(render: Render, root: Path) -> None:
    (rule,) = render(prometheusRule={"enabled": True})["PrometheusRule"]
    files = sorted((root / "deploy" / "prometheus" / "rules").glob("*.yml"))
    wanted = [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]
    assert rule["spec"]["groups"] == wanted
    assert "{{ $labels." in json.dumps(rule), "what is Prometheus' own template is left to it"


def test_names_fit_and_two_releases_do_not_collide(rendered: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    names = set()
    for release in ("hartwatch", "north", "south", "x" * 53):
        result = rendered(release=release, inventory=INVENTORY, **WANTED)
        assert result.returncode == 0, result.stderr
        name = yaml.safe_load(json.loads(result.stdout)["service.yaml"])["metadata"]["name"]
        assert len(name) <= 52, "a StatefulSet's pods and revisions get more letters"
        names.add(name)
    assert len(names) == 4
    assert "hartwatch" in names


def test_the_notes_say_what_is_left_to_do(rendered: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    little = json.loads(rendered(inventory=INVENTORY, **WANTED).stdout)["NOTES.txt"]
    assert "lets nobody read them" in little
    assert "No Secret for the inventory's credentials" in little
    much = json.loads(rendered(inventory=INVENTORY, **merged(WANTED, EVERYTHING)).stdout)["NOTES.txt"]
    assert "lets nobody" not in much


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["little", "everything"])
@pytest.mark.parametrize("version", ["1.25", "1.31"])
def test_kubernetes_own_schemas_take_it(render: Render, values: dict[str, Any], version: str) -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    for kind, documents in render(**values).items():
        if kind in ("ServiceMonitor", "PrometheusRule"):
            continue  # the operator's, and not Kubernetes' own
        for document in documents:
            validate.validate(document, version, strict=True)


def test_the_versions_are_those_of_the_project(chart: Path, root: Path) -> None:
    from importlib.metadata import version

    about = yaml.safe_load((chart / "Chart.yaml").read_text())
    assert about["appVersion"] == version("hartwatch")
    assert f'version="{version("hartwatch")}"' in (root / "deploy" / "container" / "Dockerfile").read_text()
