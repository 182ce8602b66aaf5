"""OKX v5 as of late 2026: wire formats, signing, sessions and the gateway the engine is handed."""
