"""Bringing in what other systems know of devices, without losing what people wrote into the inventory by hand.

records     what a source says of one device, in the words of the inventory; pure
table       a CSV file to records; pure
netbox      NetBox's devices, asked with pynetbox; the only module here that touches the network
boxes       what NetBox says of a device to a record; pure
compare     records against the inventory: added, changed, kept, missing, conflicts; pure
edit        the inventory's text with as little as possible changed in it; pure
applied     what a comparison means for the files, checked before anything is written
"""
