"""The pure domain: exact numbers, books, orders, ledger and rules; no clock, no I/O, no asyncio."""
