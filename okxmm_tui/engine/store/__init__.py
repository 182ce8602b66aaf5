"""The journal in SQLite: orders, fills, money, parameters, alarms, states; one writer, off the hot path."""
