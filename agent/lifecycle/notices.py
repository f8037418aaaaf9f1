"""What a vendor has announced: when a model is no longer sold and supported, or a version no longer mended. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Notice:
    """One announcement, for hardware (`version` is None) or for a release of software.

    `models`: patterns as of fnmatch, without case, of which one must fit the model; empty: any model of the vendor or
    `families`. `version`: a release, "7.2" or "17.9", which fits 7.2 and 7.2.8 and not 7.20. A date that the source
    leaves open is None. Dates are the last day on which it still holds.
    """

    vendor: str
    models: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    product: str = ""  # of software: FortiOS, PAN-OS
    version: str | None = None
    released_on: date | None = None
    end_of_sale: date | None = None
    end_of_software_maintenance: date | None = None
    end_of_security_support: date | None = None
    end_of_support: date | None = None
    ended: tuple[str, ...] = ()  # fields that a source says are over without saying when
    source: str = ""
    fetched_on: date | None = None
    label: str = ""  # the source's own words for the date that was taken
    where: str = ""  # file and line
