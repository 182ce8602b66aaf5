"""The language of the console: English text in, the operator's words out, as it is drawn.

The program itself speaks English alone. Engine, journal, log and wire carry English sentences, so that they
can be searched and a replay gives the same bytes in every language; what stands on a screen is looked up
here, in the catalogues of ``locale/``. One process shows one console, so the language is the module's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from okxmm_tui.console.catalogue import Catalogue, read_entries
from okxmm_tui.languages import AUTO, ENGLISH, LANGUAGES

FOLDER = Path(__file__).with_name("locale")
LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The first that is set says the language, as in every program."""

FIXED_KEYS = {
    "esc": "esc", "enter": "enter", "tab": "tab", "stop_flatten": "ctrl+x", "kill_key": "ctrl+k",
    "adopt_key": "A", "cancel_key": "C", "abort_key": "E",
}  # fmt: skip
"""Keys no configuration moves, by the name catalogues use for them."""

_catalogue: Catalogue | None = None


def resolved(setting: str, environ: Mapping[str, str]) -> str:
    """The language a setting stands for.

    Args:
        setting: ``auto``, or the name of a language.
        environ: Where the locale is looked up for ``auto``; one we have no words for gives English.
    """
    if setting != AUTO:
        return setting
    locale = next((value for name in LOCALE_VARIABLES if (value := environ.get(name))), "")
    spoken = locale.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    return spoken if spoken in LANGUAGES else ENGLISH


def use(name: str, keys: Mapping[str, str] | None = None) -> None:
    """Speak a language from now on.

    Args:
        name: One of ``LANGUAGES``.
        keys: Keys of the actions as the operator reads them; a text that names a key asks here.
    """
    global _catalogue  # noqa: PLW0603 - a process has one console
    _catalogue = None if name == ENGLISH else Catalogue(entries(name), {**(keys or {}), **FIXED_KEYS})


def tr(text: str, sense: str = "") -> str:
    """A text of ours in the operator's language; what no catalogue knows comes back as it is.

    Args:
        text: In English, with what differs already in it.
        sense: Which of several, where one English word is two in other languages.
    """
    return text if _catalogue is None else _catalogue.text(text, sense)


def keys_text(text: str) -> str:
    """Keys as the operator reads them: their names stay, the word between two of them does not."""
    return f" {tr('or')} ".join(text.split(" or "))


def both(text: str) -> str:
    """A text as it is and as it is shown, for searching: either may be what the operator remembers."""
    shown = tr(text)
    return text if shown == text else f"{text} {shown}"


@lru_cache(maxsize=len(LANGUAGES))
def entries(name: str) -> Mapping[str, str]:
    """English templates and their words in a language."""
    return read_entries(FOLDER / f"{name}.json")
