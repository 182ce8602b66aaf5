"""The worker: a deterministic reducer and the host that carries its effects out."""
