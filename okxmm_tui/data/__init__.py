"""The built-in market: one recorded session and the metadata of its instruments."""
