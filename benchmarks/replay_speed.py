"""Events a second of a replay, and whether it is faithful: ``python -m benchmarks.replay_speed LOG``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from okxmm_tui.engine.journal import read_log
from okxmm_tui.replay.cli import find_log
from okxmm_tui.replay.player import Player
from okxmm_tui.replay.words import difference_lines


def main(path: Path) -> int:
    """Print the table; 1 when an effect differed."""
    began = time.perf_counter()
    records = sum(1 for _ in read_log(path))
    read_s = time.perf_counter() - began
    began = time.perf_counter()
    player = Player(path)
    for _ in player.steps():
        pass
    played_s = time.perf_counter() - began
    recorded_s = (player.now_ns - player.first_ns) / 1e9
    print(f"{records:>12,} records read      {records / read_s:>12,.0f} records/s")
    print(f"{player.events:>12,} events replayed   {player.events / played_s:>12,.0f} events/s")
    print(f"{player.effects:>12,} effects compared  {player.difference_count:>12,} differences")
    print(f"{recorded_s:>12,.1f} s recorded        {recorded_s / played_s:>12,.1f} times real time")
    for difference in player.differences[:5]:
        print("\n".join(difference_lines(difference)))
    return 0 if player.is_same else 1


if __name__ == "__main__":
    raise SystemExit(main(find_log(Path(sys.argv[1]))))
