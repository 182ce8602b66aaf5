"""The doctor: what it finds in good and in broken states."""
