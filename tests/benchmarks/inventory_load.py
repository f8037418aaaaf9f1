"""How long an inventory of eleven thousand devices takes: `python tests/benchmarks/inventory_load.py [DEVICES]`.

Seconds of CPU, best of three; the machine's own speed is printed beside them as the time of a fixed loop, so that
numbers from two machines can be compared. Each step is measured in a fresh state.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from agent.credentials import Secrets
from agent.inventory import InventoryInvalid, KnownHosts, difference, read, target

HEAD = """\
councils: {a: {title: A, share: 0.5}, b: {title: B, share: 0.5}}
zones: {general: {title: General}}
credentials:
  snmp: {kind: snmp_v3, user: u, auth: SHA-256, auth_secret: env:A, priv: AES-256, priv_secret: env:P}
  ssh: {kind: ssh, user: u, password: env:S}
defaults: {zone: general, snmp: snmp, every: {pulse: 60s}}
class_defaults: {switch: {ssh: ssh, ssh_platform: cisco_ios}}
sites:
"""


def inventory(devices: int) -> str:
    """A text of `devices` devices at one site per thirty, as an authority with 400 sites has them."""
    sites = max(1, devices // 30)
    lines = [HEAD]
    lines += [f"  site-{n}: {{title: Site {n}, kind: office, owner: a}}\n" for n in range(sites)]
    lines.append("devices:\n")
    for n in range(devices):
        behind = f"    behind: [sw-{n // 30 * 30}]\n" if n % 30 else ""
        lines.append(
            f"  - name: sw-{n}\n    address: 10.{n >> 16}.{n >> 8 & 255}.{n & 255}\n    class: switch\n"
            f"    site: site-{min(n // 30, sites - 1)}\n{behind}"
            f"    owned: {{purchased: 2019-04-01, price: {1000 + n % 900}.00}}\n"
        )
    return "".join(lines)


def best(step: Callable[[], object], times: int = 3) -> float:
    """The least CPU seconds of a few runs: the others were disturbed."""
    took = []
    for _ in range(times):
        start = time.process_time()
        step()
        took.append(time.process_time() - start)
    return min(took)


def main() -> None:
    devices = int(sys.argv[1]) if len(sys.argv) > 1 else 11_000
    with tempfile.TemporaryDirectory() as folder:
        good, bad = Path(folder, "good.yaml"), Path(folder, "bad.yaml")
        text = inventory(devices)
        good.write_text(text)
        bad.write_text(text.replace("    class: switch\n", "    klass: switch\n", 1))
        estate = read(good).estate
        secrets = Secrets({"A": "authentic-secret", "P": "private-secret", "S": "shell-secret"})
        pinned = KnownHosts({})

        def invalid() -> None:
            try:
                read(bad)
            except InventoryInvalid:
                return
            raise SystemExit("the bad inventory was taken")

        print(f"{devices} devices, {len(text) / 1e6:.1f} MB; CPU seconds, best of three")
        print(f"  a loop of ten million additions       {best(lambda: sum(range(10_000_000))):6.2f}")
        print(f"  load, valid                           {best(lambda: read(good)):6.2f}")
        print(f"  load, one mistake, told with its line {best(invalid):6.2f}")
        print(f"  difference with itself                {best(lambda: difference(estate, estate)):6.2f}")
        print(
            f"  a target for every device             "
            f"{best(lambda: [target(estate, d, secrets, pinned) for d in estate.devices.values()]):6.2f}"
        )
        tracemalloc.start()
        read(good)
        print(f"  memory at most while loading, MB      {tracemalloc.get_traced_memory()[1] / 1e6:6.0f}")


if __name__ == "__main__":
    main()
