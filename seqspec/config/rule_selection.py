"""Which rules a project wants to hear of, and how loud: codes, names and beginnings of codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from seqspec.config.settings import SEVERITIES
from seqspec.diagnostics.code import Code
from seqspec.diagnostics.codes import CODES, ESSENTIAL

if TYPE_CHECKING:
    from seqspec.config.settings import Settings
    from seqspec.diagnostics.diagnostic import Diagnostic
    from seqspec.diagnostics.suggest import Form, Suggestion

ALL = "ALL"
_EXACT = 100


def weight(selector: str, name: str) -> int:
    """How closely a selector names a rule: 0 for `ALL`, more for more of its code, -1 for another rule."""
    if selector == ALL:
        return 0
    code = CODES[name].code
    if selector in (name, code):
        return _EXACT
    return len(selector) if _letters(selector) == _letters(code) and code.startswith(selector) else -1


def _letters(code: str) -> str:
    """What a code of a package begins with: `SEQ` for seqspec's own. A beginning such as `SE` names no package."""
    return code.rstrip("0123456789")


def matched(selector: str) -> list[Code]:
    """The rules that a selector names."""
    return [entry for name, entry in CODES.items() if weight(selector, name) >= 0]


def fault(selector: str, *, silences: bool = False) -> tuple[str, str | None] | None:
    """What is wrong with a selector, and what to write instead; None where it can be used.

    `silences` is for one that turns rules off or makes them quieter.
    """
    found = matched(selector)
    if not found:
        # The codes of other packages are known once their rules are loaded.
        from seqspec.catalog.plugins import rule_plugins

        rule_plugins()
        found = matched(selector)
    if not found:
        from seqspec.diagnostics.suggest import Form

        otherwise = 'write a code, a code prefix such as "SEQ1", a rule name, or "ALL"'
        return f'unknown rule "{selector}"', suggest_rule(selector, otherwise, Form.STRING, also=(ALL,)).help_text
    if silences and len(found) == 1 and found[0].name in ESSENTIAL:
        entry = found[0]
        message = f"{entry.code} {entry.name} cannot be disabled or downgraded: files with this error are not checked"
        return message, "exclude the file instead"
    return None


def suggest_rule(word: str, otherwise: str, form: Form | None = None, also: Sequence[str] = ()) -> Suggestion:
    """The rule that an unknown word was most likely meant for.

    Among the words of `also` too. A number next to a code that exists is not a misspelt one.
    """
    from seqspec.diagnostics.suggest import Form, Suggestion, suggest

    codes = [entry.code for entry in CODES.values()]
    if re.fullmatch(r"[A-Za-z]+\d{3,}", word):
        same = next((code for code in codes if code == word.upper()), None)
        return Suggestion(same, form or Form.WORD, otherwise)
    return suggest(word, [*CODES, *codes, *also], otherwise, form or Form.WORD)


def wanted(name: str, select: Iterable[str], ignore: Iterable[str]) -> bool:
    """Whether a rule is reported; of the selectors that match it the closest decides, and a draw turns it off."""
    if name in ESSENTIAL:
        return True
    chosen = max((weight(selector, name) for selector in select), default=-1)
    return chosen > max((weight(selector, name) for selector in ignore), default=-1)


def severity(name: str, own: str, overrides: Mapping[str, str]) -> str:
    """The severity of a rule."""
    if not overrides or name in ESSENTIAL:
        return own
    closest = max(overrides, key=lambda selector: weight(selector, name))
    return overrides[closest] if weight(closest, name) >= 0 else own


def choose(diagnostics: Iterable[Diagnostic], settings: Settings, *, whole: bool = True) -> list[Diagnostic]:
    """The findings that the settings want reported, with the severities that they set.

    Args:
        diagnostics: The findings of one document.
        settings: What applies to it.
        whole: Whether the document could be read. What prevents a check is always reported.
    """
    from dataclasses import replace

    select = (*settings.select, *settings.extend_select)
    chosen = []
    for found in diagnostics:
        if whole and not (
            wanted(found.name, select, settings.ignore)
            and (found.name in ESSENTIAL or not _ignored_here(found, settings))
        ):
            continue
        level = severity(found.name, found.severity, settings.severity) if whole else found.severity
        if SEVERITIES.index(level) > SEVERITIES.index(settings.min_severity):
            continue
        chosen.append(found if level == found.severity else replace(found, severity=level))
    return chosen


def _ignored_here(found: Diagnostic, settings: Settings) -> bool:
    if not settings.per_file_ignores or found.file is None:
        return False
    from os.path import abspath

    path = abspath(found.file)
    return any(
        (not rule.pointer or found.pointer == rule.pointer or found.pointer.startswith(rule.pointer + "/"))
        and any(weight(selector, found.name) >= 0 for selector in rule.rules)
        and rule.files.matches(path)
        for rule in settings.per_file_ignores
    )
