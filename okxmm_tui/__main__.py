"""Run the command line as ``python -m okxmm_tui``."""

from okxmm_tui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
