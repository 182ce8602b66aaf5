"""What all tests of the console share: style sheets parsed once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@pytest.fixture(autouse=True, scope="session")
def _styles_parsed_once() -> Iterator[None]:
    """Some hundred consoles are started; each would parse the same styles three times over."""
    parse, known = Stylesheet._parse_rules, dict[Hashable, list[RuleSet]]()

    def parsed(sheet: Stylesheet, css: str, *given: Any, **named: Any) -> list[RuleSet]:
        colours = frozenset(sheet._variables.items())
        key = (css, given, tuple(sorted(named.items())), colours)
        if key not in known:
            known[key] = parse(sheet, css, *given, **named)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parsed)
        yield
