"""Safety properties that cross modules."""
