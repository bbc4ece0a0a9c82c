"""Numbers as spreadsheets show them: with a unit, and with separators between thousands, as in 1 499,00 EUR."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from seqspec.training.data.shards import Column
from seqspec.training.data.tables.cells import arrow_texts

_BLANK = "\\s\u00a0\u2007\u2009\u202f"
"""White space, for Python and RE2, which knows only that of ASCII."""
_SEPARATORS = (" ", "\u00a0", "\u2007", "\u2009", "\u202f", "'", "\u2019")
"""Characters between thousands that cannot be a decimal mark."""
_MINUS = "\u2212"
_NUMBER = f"(?:[0-9](?:[0-9.,{_BLANK}'\u2019]*[0-9])?|[.,][0-9]+)"
_MEASURED = re.compile(
    rf"(?P<sign>[-+{_MINUS}]?)[{_BLANK}]*(?P<before>[^0-9{_BLANK}.,+\-{_MINUS}]{{0,4}}?)[{_BLANK}]*"
    rf"(?P<inner>[-+{_MINUS}]?)[{_BLANK}]*(?P<number>{_NUMBER})(?P<after>.*)"
)
_WORD = re.compile(r"[^\W\d_]\.?[^\s\d.,;:!?()]*[23]?\.?")
_RATIO = re.compile(
    r"[^\W\d_][^\s\d.,;:!?()/]{0,5}/(?:10+ ?)?(?:[^\W\d_][^\s\d.,;:!?()/]{0,5}|\([^\W\d_][^\s\d()/]{0,5}\))"
)
"""A unit per another one, such as l/100 km and kWh/(m²a)."""
_SYMBOLS = frozenset("%‰°″′")
_CURRENCIES = frozenset(
    "AUD BRL CAD CHF CLP CNY CZK DKK EUR Fr. GBP HKD HUF ILS INR JPY KRW Kč MXN NOK NZD PLN RON RUB Rs Rs. SEK SGD THB "
    "TRY USD ZAR kr kr. zł".split()
)
"""Codes and names of currencies, which may be before the number, as names of other things are not."""
_NO_UNITS = frozenset("st nd rd th am pm a.m. p.m. x e".split())
"""What follows numbers of an order, and hours."""
_MAX_LENGTH = 12


def split_unit(text: str) -> tuple[str, str | None]:
    """A number such as 12,50 €, $5 or 70 kg without its unit, and the unit; None beside another text."""
    text = text.strip()
    match = _MEASURED.fullmatch(text)
    if match is not None:
        before, after = match["before"], match["after"].strip()
        if (is_currency(before) and not after) or (not before and after and _is_unit(after)):
            return (match["sign"] or match["inner"]) + match["number"], before or after
    return text, None


def unit_of(text: str) -> str | None:
    """The unit of a number; None for other texts."""
    return split_unit(text)[1]


def is_currency(unit: str) -> bool:
    """Whether a unit is a currency, such as €, US$ or CHF."""
    return unit in _CURRENCIES or any(unicodedata.category(char) == "Sc" for char in unit)


def _is_symbol(unit: str) -> bool:
    """Whether a unit is a sign or a currency."""
    return is_currency(unit) or unit[0] in _SYMBOLS


def is_measure(unit: str) -> bool:
    """Whether a unit is a sign, a currency, a ratio or a power; other words can follow the number of something."""
    return _is_symbol(unit) or "/" in unit or unit[-1] in "²³"


def _is_unit(text: str) -> bool:
    if _RATIO.fullmatch(text):
        return True
    if len(text) > _MAX_LENGTH or text.lower() in _NO_UNITS:
        return False
    return _is_symbol(text) or _WORD.fullmatch(text) is not None


class NumberText:
    """Reads the numbers of a column as they are written.

    Args:
        decimal: The decimal mark that the source declares; with ".", commas may separate thousands.
        unit: The unit that cells may have.
    """

    def __init__(self, decimal: str | None = None, unit: str | None = None) -> None:
        groups = [",", *_SEPARATORS] if decimal == "." else [".", *_SEPARATORS] if decimal == "," else _SEPARATORS
        mark = re.escape(decimal or ".")
        whole = "|".join(f"(?:{re.escape(group)}[0-9]{{3}})+" for group in groups)
        self._removed = "".join(groups)
        self._number = rf"^[-+{_MINUS}]?(?:[0-9]+|[0-9]{{1,3}}(?:{whole}))?(?:{mark}[0-9]*)?$"
        # Other cells are plain, or have been read with the decimal mark of their file.
        self._special = rf"[{_MINUS}]|[0-9][{re.escape(''.join(_SEPARATORS))}][0-9]"
        self._unit: str | None = None
        if unit is not None:
            sign, own, blank = f"[-+{_MINUS}]?", re.escape(unit), f"[{_BLANK}]*"
            self._unit = (
                rf"^{blank}(?:({sign}){blank}{own}{blank}({sign}.*[0-9][.,]?)|(.*[0-9][.,]?){blank}{own}){blank}$"
            )

    def reads(self, text: str) -> bool:
        """Whether a text without unit is a number."""
        return re.search(self._number, text) is not None and re.search("[0-9]", text) is not None

    def plain(self, values: Column) -> Column:
        """A part of a column with its numbers as Python writes them; other cells remain as they are."""
        if isinstance(values, list):
            return [self.plain_text(value) if isinstance(value, str) else value for value in values]
        if (texts := arrow_texts(values)) is None:
            return values
        import pyarrow.compute as pc

        values = texts
        bare = pc.replace_substring_regex(values, self._unit, r"\1\2\3") if self._unit is not None else values
        bare = pc.replace_substring_regex(bare, f"^[{_BLANK}]+|[{_BLANK}]+$", "")
        written = pc.match_substring_regex(bare, self._special)
        if self._unit is not None:
            written = pc.or_(written, pc.match_substring_regex(values, self._unit))
        is_number = pc.and_(pc.match_substring_regex(bare, self._number), pc.match_substring_regex(bare, "[0-9]"))
        bare = pc.replace_substring_regex(bare, f"[{re.escape(self._removed)}]", "")
        bare = pc.replace_substring(pc.replace_substring(bare, ",", "."), _MINUS, "-")
        return pc.if_else(pc.and_(written, is_number), bare, values)

    def plain_text(self, text: str) -> str:
        """One cell as in `plain`."""
        match = re.search(self._unit, text) if self._unit is not None else None
        bare = ("".join(part or "" for part in match.groups()) if match is not None else text).strip()
        if match is None and re.search(self._special, bare) is None:
            return text
        if not self.reads(bare):
            return text
        return re.sub(f"[{re.escape(self._removed)}]", "", bare).replace(",", ".").replace(_MINUS, "-")


def is_digits_and_marks(text: str) -> bool:
    """Whether a text is a number but for its decimal mark or thousands separators, such as 1.234,5."""
    return re.fullmatch(r"[-+]?[\d.,_\s]+", text) is not None


def decimal_of(texts: Iterable[str]) -> str | None:
    """The decimal mark with which all texts are numbers, with or without units; None where both or neither is."""
    bare = [split_unit(text)[0] for text in texts]
    fitting = [mark for mark in (".", ",") if all(map(NumberText(mark).reads, bare))]
    return fitting[0] if len(fitting) == 1 else None
