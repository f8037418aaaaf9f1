"""Write the bank holidays of England into Alertmanager's configurations, which cannot work them out themselves.

    python deploy/alertmanager/bank_holidays.py [FILE ...]      default: the files beside this one

This year's and those of the next two. What stands between the two marking comments is replaced, nothing else. Run it
once a year; where the configuration in force lacks a year, a bank holiday is a working day like any other, and the
on-call engineer is not paged in its desk hours.
"""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path

from agent.calendar_uk import LONDON, bank_holidays

YEARS = 3
BEGIN, END = "# begin of bank holidays", "# end of bank holidays"
_BLOCK = re.compile(rf"(^ *){re.escape(BEGIN)}\n.*?^ *{re.escape(END)}", re.MULTILINE | re.DOTALL)


def block(first_year: int, indent: str) -> str:
    """The marked lines: one interval for each month, in the order of the calendar."""
    lines = [f"{indent}{BEGIN}"]
    for year in range(first_year, first_year + YEARS):
        months: dict[int, list[str]] = {}
        for day in sorted(bank_holidays(year)):
            months.setdefault(day.month, []).append(f'"{day.day}"')
        lines += [
            f'{indent}- {{years: ["{year}"], months: ["{month}"], days_of_month: [{", ".join(days)}], '
            "location: Europe/London}"
            for month, days in months.items()
        ]
    return "\n".join([*lines, f"{indent}{END}"])


def renewed(text: str, first_year: int) -> str:
    """The configuration with the holidays of these years; ValueError if it has no place for them."""
    made, times = _BLOCK.subn(lambda found: block(first_year, found[1]), text)
    if times != 1:
        raise ValueError(f"the configuration has {times} times '{BEGIN}' to '{END}', and is to have it once")
    return made


def main() -> int:
    files = [Path(name) for name in sys.argv[1:]] or sorted(Path(__file__).parent.glob("*.yml"))
    for file in files:
        try:
            made = renewed(file.read_text(encoding="utf-8"), datetime.now(LONDON).year)
            file.write_text(made, encoding="utf-8")
        except (OSError, ValueError) as problem:
            print(f"{file}: {problem}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
