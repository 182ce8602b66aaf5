"""The embedded OKX-compatible exchange: a pure venue and the loopback server around it."""
