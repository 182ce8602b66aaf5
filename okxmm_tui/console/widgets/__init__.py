"""Panels of the console; every table is built on the line table."""
