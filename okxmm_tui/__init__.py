"""A terminal market-making console for OKX; importing the package itself loads nothing else."""

__version__ = "0.1.0"
