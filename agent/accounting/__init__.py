"""Outages, availability, fix times and redundancy, worked out from what the ledger holds by docs/accounting.md.

    periods        from when until when: merged, met, taken out of each other
    outages        outages read from flips: flapping, corrected, carried by a cause
    availability   the book of everything recorded: figures of any subject in any period
    fix_clock      how long an outage took to fix, on two clocks, with pauses
    running        open outages, with their clocks and who has them
    redundancy     what was lost of it while the rest carried, by building and supplier
    readiness      whether each data centre could carry everything alone
    books          the book, read from a ledger
    closing        quarters whose figures are frozen, and what was restated since

All but the last two are pure. Planned maintenance, which all of it takes into account, is agent.maintenance.
"""
