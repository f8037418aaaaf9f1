"""What a simulated switch sees beside it: what it is behind of, phones, and now and then something nobody wrote down.

LLDP-MIB (IEEE 802.1AB): lldpLocPortTable and lldpRemTable.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from agent.demo.device import Device
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, text, whole

LOCAL_PORT = "1.0.8802.1.1.2.1.3.7.1"
REMOTE = "1.0.8802.1.1.2.1.4.1.1"
MAC, INTERFACE_NAME = 4, 5  # subtypes of chassis and port
BRIDGE, ROUTER, TELEPHONE = 0x20, 0x08, 0x04
PHONES = 3
STRANGE = 0.2  # share of switches with something plugged in that nobody wrote down
STRANGERS = ("TL-SG108E", "NETGEAR GS108", "USW-Flex-Mini", "lobby-switch")


def mac_of(name: str) -> bytes:
    """The base address of a device, the same whoever sees it; locally administered, so it is nobody's."""
    return b"\x02\x00\x5e" + sha256(name.encode()).digest()[:3]


def neighbours(tree: Tree, device: Device, rows: Sequence[tuple[int, Port]]) -> None:
    """The neighbours of a switch, on ports that are up."""
    lit = [(index, port) for index, port in rows if port.up and port.physical]
    uplinks = [pair for pair in lit if pair[1].alias.startswith("UPLINK")]
    desks = [pair for pair in lit if pair[1].alias.startswith(("Desk", "Distribution"))]
    seen: list[tuple[int, str, bytes, str, int]] = []
    for (index, _), front in zip(uplinks, device.kit.beside, strict=False):
        seen.append((index, front, mac_of(front), "1/1/1", BRIDGE | ROUTER))
    for index, _ in desks[:PHONES]:
        mac = mac_of(f"{device.kit.name} phone {index}")
        seen.append((index, f"SEP{mac.hex().upper()}", mac, "Port 1", BRIDGE | TELEPHONE))
    if desks[PHONES:] and device.draw("stranger") < STRANGE:
        name = STRANGERS[int(device.draw("which stranger") * len(STRANGERS))]
        seen.append((desks[-1][0], name, mac_of(f"{device.kit.name} stranger"), "Port 1", BRIDGE))
    for index, port in lit:
        tree.row(LOCAL_PORT, index, {2: whole(INTERFACE_NAME), 3: text(port.name), 4: text(port.name)})
    for row, (index, name, mac, their_port, can) in enumerate(seen, 1):
        tree.row(
            REMOTE,
            (0, index, row),
            {
                4: whole(MAC),
                5: text(mac),
                6: whole(INTERFACE_NAME),
                7: text(their_port),
                8: text(their_port),
                9: text(name),
                10: text(""),
                11: text(bytes((can, 0))),
                12: text(bytes((can, 0))),
            },
        )
