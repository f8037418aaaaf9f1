"""netmiko, an independent client, logs in to every simulated command line."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest
from netmiko import ConnectHandler, NetmikoAuthenticationException

from agent.demo.families import MODELS
from agent.demo.hostkeys import host_key
from agent.demo.kit import Plan
from agent.demo.shells import SHELLS
from agent.demo.simulator import Simulator
from collectors.ssh import fetch
from tests.demo.estate_for_tests import ACCESS, kit

PLATFORMS = {model.ssh_platform: key for key, model in MODELS.items() if model.ssh_platform}
SIGNS = {  # command > what its answer must hold
    "cisco_ios": ("show version", "uptime is"),
    "cisco_wlc_ssh": ("show redundancy summary", "Redundancy Mode = SSO ENABLED"),
    "aruba_os": ("show ap database", "ap-daneshill-01"),
    "aruba_aoscx": ("show vsf detail", "Conductor"),
    "hp_procurve": ("show system", "Serial Number"),
    "fortinet": ("get system ha status", "in-sync"),
    "paloalto_panos": ("show high-availability all", "State: active"),
    "linux": ("cat /etc/os-release", "Debian"),
}


@pytest.fixture
async def simulator():
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # clients that hang up in the middle
    kits = tuple(kit(model, ha_members=2, stack_members=2, access_points=6) for model in PLATFORMS.values())
    async with Simulator(Plan(kits, (), ACCESS)) as running:
        yield running


def visit(simulator: Simulator, platform: str, password: str = ACCESS.ssh_password) -> str:
    address = simulator.world.devices[f"{PLATFORMS[platform]}-1"].kit.address
    connection = ConnectHandler(
        device_type=platform, host=address, port=simulator.ssh_port, username=ACCESS.ssh_user, password=password,
        use_keys=False, allow_agent=False, conn_timeout=10, banner_timeout=10, auth_timeout=10,
    )  # fmt: skip
    try:
        said: str = connection.send_command(SIGNS[platform][0], read_timeout=20)
        return said
    finally:
        connection.disconnect()


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")  # all that netmiko asks FortiOS for
@pytest.mark.parametrize("platform", sorted(SHELLS))
async def test_netmiko_logs_in_and_gets_an_answer(simulator, platform):
    assert SIGNS[platform][1] in await asyncio.to_thread(visit, simulator, platform)


async def test_a_wrong_password_is_refused(simulator):
    with pytest.raises(NetmikoAuthenticationException):
        await asyncio.to_thread(visit, simulator, "cisco_ios", "guess")


async def test_a_host_key_is_the_devices_own_and_stays(simulator):
    device = simulator.world.devices[f"{PLATFORMS['cisco_ios']}-1"]
    shown = await fetch(device.kit.address, simulator.ssh_port)
    assert [key.line for key in shown] == [host_key(1, device.kit.name)]
    assert host_key(1, device.kit.name) != host_key(1, "another")
    assert host_key(1, device.kit.name) != host_key(2, device.kit.name)


async def test_a_device_that_is_down_says_nothing(simulator):
    device = simulator.world.devices[f"{PLATFORMS['linux']}-1"]
    device.down = True
    reader, writer = await asyncio.open_connection(device.kit.address, simulator.ssh_port)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.3)
    writer.close()
    device.down = False
    reader, writer = await asyncio.open_connection(device.kit.address, simulator.ssh_port)
    assert (await asyncio.wait_for(reader.read(4), 5)) == b"SSH-"
    writer.close()


async def test_shells_print_the_same_state_as_snmp(simulator):
    device = simulator.world.devices[f"{PLATFORMS['fortinet']}-1"]
    shell = SHELLS["fortinet"]
    t = simulator._now()
    assert "secondary" not in shell.run("get system status", device, t)
    device.swapped_roles, device.roles_changed_at = True, t
    assert "a-p, secondary" in shell.run("get system status", device, t)
    assert "out-of-sync" in shell.run("get system ha status", device, t)


@pytest.mark.parametrize("platform", sorted(SHELLS))
def test_an_unknown_command_is_called_unknown_and_changes_nothing(platform):
    from agent.demo.curves import Clock
    from agent.demo.device import Device
    from agent.demo.families import build
    from collectors.ssh.platforms import PLATFORMS as KNOWN
    from collectors.ssh.platforms import says_unknown

    shell = SHELLS[platform]
    device = Device(replace(kit(PLATFORMS[platform])), Clock(1.7e9), 1, build)
    assert says_unknown(KNOWN[platform], shell.run("reload in 5", device, 1.7e9))
