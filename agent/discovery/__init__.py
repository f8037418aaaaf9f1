"""Finding devices that the inventory does not have: which addresses to ask, who answers, and what to make of it.

ranges      texts to addresses, bounded; pure
heard       what one address said; pure
sweep       asks them, gently; the only module here that waits
progress    what was asked, so that an interrupted sweep goes on
judge       which answers are one device, and which the inventory has; pure
entries     names, sites, and the file for review; pure
"""
