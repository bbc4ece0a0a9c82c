"""Columns whose names or values look like secrets or personal data: none of their values is copied into a spec."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seqspec.core.api.training import is_key
from seqspec.training.scaffold.text import words_of

_ALWAYS = re.compile(
    r"passw|\bpwd\b|secret|api ?key|private ?key|credential|\bssn\b|social ?security|\bcvv\b"
    r"|\bcvc\b|\biban\b|\bpin\b|passport"
)
"""Names of columns that are not used, whatever they contain, unless that is yes and no."""
_OFTEN = re.compile(
    r"e ?mail|phone|\btel\b|\bmobile\b|\bfax\b|\btoken\b|card ?(no|nr|num)|credit ?card|\bcc ?num"
    r"|first ?name|last ?name|surname|full ?name|\baddress\b|\bstreet\b|licen[cs]e ?(no|nr|num|plate)"
    r"|account ?(no|nr|num)|\bip ?addr"
)
"""Names of columns that are not used if they have long numbers, @, or many different texts."""
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_URL_PASSWORD = re.compile(r"://[^/\s:@]+:[^/\s@]+@")
_TOKEN = re.compile(r"\bsk-[A-Za-z0-9]{20,}|\beyJ[\w-]{8,}\.[\w-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY")
_PHONE = re.compile(r"(\+|00)\d[\d ()./-]{6,}\d|\(?(?!19|20)\d{3,5}\)?[ ./-]{1,2}\d{3,4}[ .-]\d{3,4}")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_IBAN = re.compile(r"[A-Z]{2}\d{2} ?([A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}")
_CARD = re.compile(r"\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}|\d{4}[ -]?\d{6}[ -]?\d{5}")
_MOST = 0.5
_LUHN = 0.9
"""One in ten random numbers has a valid check digit."""
_LONG_DIGITS = 7
_FEW_TEXTS = 30


def name_is_sensitive(name: str, values: Sequence[str]) -> bool:
    """Whether a column of this name holds secrets or personal data; `values` are some of its distinct values."""
    words = words_of(name)
    if _ALWAYS.search(words):
        return True
    if _OFTEN.search(words) is None:
        return False
    texts = sum(any(map(str.isalpha, value)) for value in values)
    return texts > _FEW_TEXTS or any("@" in value or sum(map(str.isdigit, value)) >= _LONG_DIGITS for value in values)


def sensitive_content(values: Sequence[str], long_text: bool = False) -> str | None:
    """What distinct values look like: e-mail addresses, keys, telephone or card numbers; None if nothing.

    One value that contains a key or an e-mail address is enough, unless the values are long texts.
    """
    if not values:
        return None
    least = len(values) // 20 if long_text else 0
    if sum(map(_has_key, values)) > least:
        return "keys or passwords"
    if sum("@" in value and _MAIL.search(value) is not None for value in values) > least:
        return "e-mail addresses"
    for pattern, kind in ((_SSN, "social security numbers"), (_IBAN, "bank accounts"), (_PHONE, "telephone numbers")):
        if sum(pattern.fullmatch(value) is not None for value in values) > _MOST * len(values):
            return kind
    cards = [value for value in values if _CARD.fullmatch(value)]
    if len(cards) > _MOST * len(values) and sum(map(_luhn, cards)) > _LUHN * len(cards):
        return "card numbers"
    return None


def _has_key(value: str) -> bool:
    if "://" in value and _URL_PASSWORD.search(value):
        return True
    return any(map(is_key, re.split(r"[\s/='\",;:]+", value))) or _TOKEN.search(value) is not None


def _luhn(text: str) -> bool:
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = (digit * 2 - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(digits))
    return sum(doubled) % 10 == 0
