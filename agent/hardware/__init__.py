"""The hardware register where it meets the world: the ledger it is read from, and the files of vendor notices."""
