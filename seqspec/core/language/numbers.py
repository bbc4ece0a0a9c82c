"""Fractions such as `"1/255"`, which are accepted where a float is expected."""

from __future__ import annotations

import re

_FRACTION = r"\s*([+-]?\d{1,18}(?:\.\d{0,18})?)\s*/\s*(\d{1,18}(?:\.\d{0,18})?)\s*"


def read_fraction(text: str) -> float | None:
    """The value of a fraction `"a/b"`; None if the text is not a fraction or divides by zero."""
    match = re.fullmatch(_FRACTION, text)
    if match is None:
        return None
    above, below = float(match[1]), float(match[2])
    return above / below if below else None
