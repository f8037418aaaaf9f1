"""What differs between command lines: prompts, pagers, what is typed at log-in. Data, and nothing that configures.

Everything ever sent to a device is here or in `collectors.ssh.commands`: `setup` holds only settings of one's own
terminal session (gone at log-out), because a pager that can only be turned off in the configuration (FortiOS
`config system console`, AireOS `config paging`, EXOS `disable clipaging`) is not turned off: we turn its pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# The last line when a device waits for a command, before we know its own prompt.
ANY_PROMPT = re.compile(r"(?:^|\n)[^\n]{0,120}?[^\s>#$%][^\n]{0,40}?[>#$%] ?$|(?:^|\n)[>#$%] ?$")

PAGER_TEXT = re.compile(
    r"-{2,4} ?\(?[Mm](?:ore|ORE)\b[^\n\r\x1b]{0,60}|<-{3} More -{3}>"
    r"|lines \d{1,6}-\d{1,6}(?:/\d{1,6})?[^\n\r\x1b]{0,20}|Press <SPACE> to continue[^\n\r\x1b]{0,40}"
    r"|More: <space>[^\n\r\x1b]{0,60}|More\? \[next screen[^\n\r\x1b]{0,60}"
)
PAGER = re.compile(rf"(?:{PAGER_TEXT.pattern})\s{{0,4}}$")


@dataclass(frozen=True, slots=True)
class Platform:
    """One kind of command line. `name` is netmiko's device type, unless `netmiko` says which is meant."""

    name: str
    setup: tuple[str, ...] = ()  # session-only commands after log-in; a refusal of them is harmless
    enable: bool = False  # "enable" asks for `enable_secret` while the prompt ends in ">"
    asks_again: bool = False  # asks for user and password in the terminal, after SSH authentication (AireOS)
    greetings: tuple[tuple[str, str], ...] = ()  # text before the first prompt > the one key that passes it
    questions: tuple[tuple[str, str], ...] = ()  # text instead of the prompt while a command prints > the answer
    netmiko: str = ""
    unknown: tuple[str, ...] = field(  # how the device says that it has no such command
        default=(r"% ?Invalid (?:input|command)", r"% ?Unknown command", r"% ?Ambiguous command", r"% ?Incomplete")
    )


_FASTIRON = (r"Invalid input", r"Unrecognized command", r"Incomplete command", r"Ambiguous input", r"Not authorized")
_FASTPATH = (r"% ?Invalid input", r"% ?Unrecognized command", r"Command not found", r"Incomplete command", r"Ambiguous")
_VYATTA = (r"Invalid command", r"command not found", r"Incomplete command", r"Ambiguous command")

PLATFORMS: dict[str, Platform] = {
    p.name: p
    for p in (
        Platform("cisco_ios", ("terminal length 0", "terminal width 511"), enable=True),
        Platform("cisco_xe", ("terminal length 0", "terminal width 511"), enable=True),
        Platform("cisco_nxos", ("terminal length 0", "terminal width 511")),
        Platform(
            "cisco_asa",
            ("terminal pager 0",),
            enable=True,
            unknown=(r"ERROR: % ?Invalid", r"ERROR: % ?Incomplete", r"ERROR: Command requires failover"),
        ),
        Platform(
            "cisco_wlc_ssh",
            asks_again=True,
            questions=((r"Would you like to display the next \d+ entries\? ?\(y/n\) ?$", "y"),),
            unknown=(r"Incorrect usage", r"Incorrect input", r"Invalid (?:command|input)"),
        ),
        Platform("aruba_os", ("no paging",), enable=True, unknown=(r"% ?Invalid input", r"% ?Parse error")),
        Platform("aruba_aoscx", ("no page",), unknown=(r"% ?Unrecognized", r"Invalid input", r"% ?Command incomplete")),
        Platform(
            "hp_procurve",
            ("no page",),
            enable=True,
            greetings=((r"[Pp]ress any key to continue", "\r"),),
            unknown=(r"Invalid input", r"Incomplete input", r"Ambiguous input"),
        ),
        Platform(
            "fortinet",
            greetings=((r"Press 'a' to accept", "a\r"), (r"to accept\)? ?:?\s*$", "a\r")),
            unknown=(r"Unknown action", r"command parse error", r"Command fail", r"not permitted"),
        ),
        Platform(
            "paloalto_panos",
            ("set cli pager off", "set cli terminal width 500"),
            unknown=(r"Unknown command", r"Invalid syntax"),
        ),
        Platform(
            "juniper_junos",
            ("set cli screen-length 0", "set cli screen-width 511"),
            unknown=(r"unknown command", r"syntax error", r"error: command is not valid", r"Chassis cluster is not en"),
        ),
        Platform("linux", unknown=(r"not found", r"No such file or directory", r"Permission denied")),
        Platform("checkpoint_gaia", ("set clienv rows 0",), unknown=(r"CLINFR\d+", r"Invalid command")),
        Platform(
            "hp_comware",
            ("screen-length disable",),
            greetings=((r"Press Y or ENTER to continue", "\r"),),
            unknown=(r"% ?Unrecognized command", r"% ?Too many parameters", r"% ?Incomplete command"),
        ),
        Platform("extreme_exos", unknown=(r"%% Invalid input", r"%% Incomplete command", r"%% Unrecognized")),
        Platform("arista_eos", ("terminal length 0", "terminal width 511"), enable=True),
        Platform(
            "mikrotik_routeros",
            unknown=(r"bad command name", r"expected end of command", r"syntax error", r"no such item"),
        ),
        Platform(
            "huawei_vrp",
            ("screen-length 0 temporary",),
            greetings=((r"Change now\? ?\[Y/N\] ?:?", "N\r"),),
            unknown=(
                r"Error: ?(?:Unrecognized|Unknown) command", r"Error: ?Wrong parameter", r"Error: ?Incomplete command",
                r"Error: ?Too many parameters", r"Error: ?No permission", r"Info: No license",
            ),
        ),
        Platform(
            "cisco_s300",
            ("terminal datadump",),
            asks_again=True,
            unknown=(r"% ?Unrecognized command", r"% ?Invalid", r"% ?Incomplete", r"% ?missing mandatory"),
        ),
        Platform("allied_telesis_awplus", ("terminal length 0",), enable=True),
        Platform("ruckus_fastiron", ("skip-page-display",), enable=True, unknown=_FASTIRON),
        Platform("brocade_fastiron", ("skip-page-display",), enable=True, unknown=_FASTIRON),
        Platform("cisco_xr", ("terminal length 0", "terminal width 511")),
        Platform("alcatel_aos", unknown=(r"ERROR: (?:Invalid|Incomplete|Ambiguous|Authorization)",)),
        Platform(
            "avaya_ers",
            ("terminal length 0",),
            enable=True,
            greetings=((r"Enter Ctrl-Y to begin", "\x19"),),
            unknown=(r"% ?(?:Invalid input|Incomplete command|Ambiguous command|Bad format|Cannot)",),
        ),
        Platform(
            "avaya_vsp", ("terminal more disable",), enable=True, unknown=(r"% ?(?:Invalid|Incomplete|Ambiguous)",)
        ),
        Platform(
            "dell_force10", ("terminal length 0",), enable=True, unknown=(r"% ?Error: (?:Invalid|Incompl|Ambiguous)",)
        ),
        Platform("dell_os10", ("terminal length 0",), unknown=(r"% ?Error: ?(?:Unrecog|Invalid|Illegal|Incompl)",)),
        Platform("vyatta_vyos", ("terminal length 0",), unknown=_VYATTA),
        Platform("ubiquiti_edgerouter", ("terminal length 0",), unknown=_VYATTA),
        Platform("ubiquiti_edgeswitch", ("terminal length 0",), enable=True, unknown=_FASTPATH),
        Platform("broadcom_icos", ("terminal length 0",), enable=True, unknown=_FASTPATH),
        Platform(
            "edgecore",
            ("terminal length 0",),
            enable=True,
            netmiko="generic",
            unknown=(r"% ?Invalid input", r"Invalid command", r"% ?Incomplete", r"Ambiguous command"),
        ),
        Platform("zyxel_os", unknown=(r"not found", r"Unknown command", r"Invalid command")),
        Platform("oneaccess_oneos", ("term len 0",), unknown=(r"(?i)syntax error|unknown command|% ?invalid",)),
        Platform("cisco_viptela", ("paginate false",), unknown=(r"syntax error", r"% ?No entries", r"unknown command")),
    )
}  # fmt: skip


def says_unknown(platform: Platform, text: str) -> bool:
    """Whether a short answer means that the device has no such command, or will not run it for this user."""
    head = text[:600]
    return len(text) < 1500 and any(re.search(pattern, head) for pattern in platform.unknown)
