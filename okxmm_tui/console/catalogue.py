"""Looks English sentences up in a catalogue of templates.

An entry is ``"{0}: no order book for {1} s"`` with its words in the other language. Numbered places stand for
what differs from time to time; a sentence is taken apart by the entry with the most letters that fits it, and
its parts are looked up in turn, for a reason often stands inside a sentence. Named places, in translations
only, are keys of actions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from okxmm_tui.core.trading_state import TradingState

PLACE = re.compile(r"\{(\w+)\}")
LEAST_LETTERS = 12
"""A template that begins with a place and goes on with fewer letters fits words and counts only."""
MOST_KNOWN = 4_096
WORD = re.compile(r"[A-Za-z']+")
LONE_WORD = re.compile(r"(?<![\w'\0])[A-Za-z']+(?![\w'\0])")
STATE = re.compile(f"(?:{'|'.join(TradingState)}): ")
"""A trading state before its reason: the reason is a sentence of its own."""
COUNT = re.compile(r"^\d+ (?=\D)")
FIGURED = re.compile(r"(?P<words>.+?)(?P<figures> (?:t )?[-+±]?\d.*)|(?P<code>\d+ )(?P<meaning>.+)")
"""A name and its figures, as of a limit, or a code of the venue and its meaning: looked up word and all."""


def read_entries(path: Path) -> dict[str, str]:
    """All entries of a file; its tables only put them in order.

    JSON, because a console must not wait for it: TOML takes the standard library a hundred times as long.
    """
    tables = json.loads(path.read_bytes())
    return {key: words for table in tables.values() for key, words in table.items()}


def letters(template: str) -> int:
    """Letters of a template outside its places."""
    return sum(map(str.isalpha, PLACE.sub("", template)))


def anchor(template: str) -> str:
    """The longest word of a template that every sentence made from it has as a word; maybe none."""
    words = LONE_WORD.findall(PLACE.sub("\0", template))
    return max(words, key=len, default="")


class Template:
    """An English text with places."""

    def __init__(self, english: str, words: str, openings: frozenset[str] = frozenset()) -> None:
        parts = PLACE.split(english)
        self._openings = frozenset[str]() if parts[0] else openings
        self._takes_states = bool(parts[0]) or letters(english) == 0
        self.words = words
        self.is_worded = letters(english) > 0
        self._names, self._literals = parts[1::2], parts[::2]
        is_short = 0 < letters(english) < LEAST_LETTERS
        self._takes_words_only = is_short and not parts[0] and parts[2].startswith(" ")

    def match(self, text: str) -> dict[str, str] | None:
        """What stands in the places; None when the text is another one."""
        first, last = self._literals[0], self._literals[-1]
        if not self._takes_states and STATE.match(text):
            return None
        if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
            return None
        found: list[str] = []
        start, end = len(first), len(text) - len(last)
        for literal in self._literals[1:-1]:
            at = text.find(literal, start, end)
            if at < 0:
                return None
            found.append(text[start:at])
            start = at + len(literal)
        found.append(text[start:end])
        if self._takes_words_only and any(" " in COUNT.sub("", each) for each in found):
            return None
        opening, _, rest = found[0].partition(" ")
        if rest and opening in self._openings:
            return None
        return dict(zip(self._names, found, strict=True))


class Catalogue:
    """The words of one language.

    Args:
        entries: English templates and their words.
        keys: Keys of actions, for the named places.
    """

    def __init__(self, entries: Mapping[str, str], keys: Mapping[str, str]) -> None:
        self._keys = keys
        self._exact = {
            key: self._filled(words, {}) for key, words in entries.items() if not PLACE.search(key)
        }
        templates = [(key, words) for key, words in entries.items() if PLACE.search(key)]
        templates.sort(key=lambda entry: (-letters(entry[0]), -len(PLACE.sub("", entry[0]))))
        # HOLD and its like open a sentence of their own: no other template takes them for its first place.
        firsts = (key.partition(" ")[0] for key, _ in templates)
        openings = frozenset(first for first in firsts if first.isupper() and first.strip(":").isalpha())
        self._templates = [Template(key, words, openings) for key, words in templates]
        self._by_anchor: dict[str, list[int]] = {}
        for rank, (key, _) in enumerate(templates):
            self._by_anchor.setdefault(anchor(key), []).append(rank)
        self._known: dict[str, str] = {}

    def text(self, english: str, sense: str = "") -> str:
        """A text in this language, the blanks around it kept; an unknown one as it is.

        Args:
            english: The text.
            sense: Tells entries of one text apart, which are keyed ``text@sense``.
        """
        if sense and (word := self._exact.get(f"{english.strip()}@{sense}")):
            return english.replace(english.strip(), word)
        known = self._known.get(english)
        if known is None:
            core = english.strip()
            before, after = english[: len(english) - len(english.lstrip())], english[len(english.rstrip()) :]
            known = f"{before}{self._core(core)}{after}" if core else english
            if len(self._known) >= MOST_KNOWN:  # sentences with figures in them are without number
                self._known.clear()
            self._known[english] = known
        return known

    def _core(self, english: str) -> str:
        exact = self._exact.get(english)
        if exact is not None or not any(each.isalpha() for each in english):
            return exact or english
        for rank in self._fitting(english):
            template = self._templates[rank]
            places = template.match(english)
            if places is None:
                continue
            parts = {name: self.text(part) for name, part in places.items()}
            if template.is_worded or parts != places:  # punctuation alone changes no English sentence
                return self._filled(template.words, parts)
        return self._figured(english)

    def _fitting(self, english: str) -> list[int]:
        """Templates whose anchor stands in a sentence, those with the most letters first."""
        anchors = {"", *WORD.findall(english)}
        return sorted(rank for each in anchors for rank in self._by_anchor.get(each, ()))

    def _figured(self, english: str) -> str:
        found = FIGURED.fullmatch(english)
        if found is None:
            return english
        if words := found["words"]:
            return self._exact.get(words, words) + found["figures"]
        meaning = found["meaning"]
        return found["code"] + self._exact.get(meaning, meaning)

    def _filled(self, words: str, places: Mapping[str, str]) -> str:
        return PLACE.sub(lambda found: places.get(found[1], self._keys.get(found[1], found[0])), words)
