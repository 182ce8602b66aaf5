"""The ``doctor`` command: everything a session needs, looked at one by one; nothing is ever traded."""
