"""What the console can speak; nothing is loaded for knowing it."""

from __future__ import annotations

AUTO, ENGLISH = "auto", "en"
LANGUAGES = (ENGLISH, "zh", "th")
