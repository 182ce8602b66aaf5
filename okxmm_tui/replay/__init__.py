"""Past sessions played again: the same reducer, the same console, the recorded events."""
