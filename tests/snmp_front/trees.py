"""Simulated devices for the comparison: every kind of value, every kind of index."""

from __future__ import annotations

from agent.demo import ber
from agent.demo.tree import Tree, address, count, count64, gauge, opaque_float, pointer, text, ticks, whole
from collectors.replay import Varbind

OURS = "1.3.6.1.4.1.99"


def kinds() -> Tree:
    """Every kind of value, once."""
    tree = Tree()
    tree.scalars("1.3.6.1.2.1.1", {3: ticks(123_456), 5: text("core-1")})
    cells = {
        1: gauge(4_294_967_295),
        2: count64(2**53 + 12_345),
        3: text(bytes([0, 1, 0xAB, 0xFF])),
        4: text(b""),
        5: text('say "hello"\\ and\nbye'),
        6: text(bytes.fromhex("02fc0a0b0c0d")),
        7: text(bytes.fromhex("02fc0a")),
        8: address("192.0.2.7"),
        9: text(bytes([192, 0, 2, 8])),
        10: text(bytes.fromhex("20010db8000000000000000000000001")),
        11: pointer("1.3.6.1.4.1.9.1.1208"),
        12: text(bytes([0x07, 0xEA, 5, 13, 12, 30, 59, 9])),
        13: text(bytes([0x07, 0xEA, 5, 13, 12, 30, 59, 0]) + b"+\x05\x1e"),
        14: text(b"later"),
        15: text(bytes([0x07, 0xEA, 13, 0, 23, 59, 60, 0])),
        16: whole(2),
        17: whole(9),
        18: whole(3),
        19: whole(-4),
        20: text(bytes([0b1000_0001, 0b1000_0000, 1])),
        21: opaque_float(lambda _: 23.5),
        22: text("Software (X), Version 15.2(4)M3"),
        23: text("41C"),
        24: whole(-40),
        25: whole(17),
        77: gauge(5),
    }
    tree.scalars(f"{OURS}.1", cells)
    tree.put(f"{OURS}.1.26.1.0", gauge(1))
    return tree


def tables() -> Tree:
    """Every kind of index."""
    tree = Tree()
    base = f"{OURS}.2"
    for port in (1, 2, 300):
        tree.row(
            f"{base}.1", port, {2: text(f"port {port}"), 3: gauge(port * 10), 4: whole(port % 2 + 7), 5: count(port)}
        )
    tree.row(f"{base}.2", 8, {2: text("card eight")})
    mac = tuple(bytes.fromhex("02fc0a0b0c0d"))
    tree.row(f"{base}.3", (*mac, 4), {1: gauge(1), 2: text("ap-4")})
    tree.row(f"{base}.4", (3, *b"bob", 9), {1: gauge(2)})
    tree.row(f"{base}.4", (0, 10), {1: gauge(3)})
    tree.row(f"{base}.5", (*b"abc", 1, 2), {1: gauge(4)})
    tree.row(f"{base}.6", (5, *b"implied"), {1: gauge(5)})
    tree.row(f"{base}.7", (1, 4, 192, 0, 2, 1, 80), {1: gauge(6)})
    six = tuple(bytes.fromhex("20010db8000000000000000000000001"))
    tree.row(f"{base}.7", (2, 16, *six, 443), {1: gauge(7)})
    tree.row(f"{base}.7", (16, 3, 97, 98, 99, 22), {1: gauge(8)})
    tree.row(f"{base}.8", (1, 192, 0, 2, 2), {1: gauge(9)})
    tree.row(f"{base}.8", (5, 1, 2, 3), {1: gauge(10)})
    tree.row(f"{base}.9", 1, {2: whole(1), 3: text(bytes([192, 0, 2, 3])), 4: gauge(1)})
    tree.row(f"{base}.9", 2, {2: whole(2), 3: text(bytes(six)), 4: gauge(2)})
    tree.row(f"{base}.9", 3, {2: whole(9), 3: text(b"\x01\x02"), 4: gauge(3)})
    tree.row(f"{base}.10", 1, {1: whole(3), 2: text(bytes(mac))})
    tree.row(f"{base}.10", 2, {1: whole(5), 2: text("Gi1/0/1")})
    tree.row(f"{base}.10", 3, {1: whole(4), 2: text(b"\x01\x02")})
    tree.row(f"{base}.11", 1, {1: gauge(1)})
    tree.row(f"{base}.11", 7, {1: gauge(7)})
    tree.put(f"{base}.12.1.3", gauge(1))
    tree.row(f"{base}.13", 1, {1: whole(1)})
    tree.row(f"{base}.13", 2, {1: whole(5)})
    return tree


def switch(ports: int = 4) -> Tree:
    """IF-MIB of a small switch; the last interface has neither name nor alias."""
    tree = Tree()
    tree.put("1.3.6.1.2.1.2.1.0", whole(ports))
    for port in range(1, ports + 1):
        columns = {c: count(1000 * c + port) for c in (10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)}
        tree.row(
            "1.3.6.1.2.1.2.2.1",
            port,
            columns
            | {
                1: whole(port),
                2: text(f"GigabitEthernet1/0/{port}"),
                3: whole(6 if port < ports else 161),
                4: whole(1500),
                5: gauge(1_000_000_000),
                6: text(bytes([2, 0xFC, 0, 0, 0, port])),
                7: whole(1),
                8: whole(port % 2 + 1),
                9: ticks(500 + port),
                21: gauge(0),
                22: pointer("0.0"),
            },
        )
        wide = {c: count(c * 7 + port) for c in (2, 3, 4, 5)} | {c: count64(2**54 + c) for c in range(6, 14)}
        named = {1: text(f"Gi1/0/{port}"), 18: text(f'uplink "{port}"')} if port < ports else {}
        tree.row(
            "1.3.6.1.2.1.31.1.1.1",
            port,
            wide | named | {14: whole(1), 15: gauge(1000), 16: whole(2), 17: whole(1), 19: ticks(0)},
        )
    return tree


def recorded(varbinds: list[Varbind]) -> Tree:
    """A recorded device."""
    tree = Tree()
    for bind in varbinds:
        value = bind.value
        if value is None or isinstance(value, float):
            continue
        if isinstance(value, str):
            tree.put(bind.oid, pointer(value) if bind.tag == ber.OBJECT_ID else address(value))
        else:
            tree.put(bind.oid, (bind.tag, value))
    return tree
