"""The Textual console: it draws snapshots and sends commands, and may die at any moment."""
