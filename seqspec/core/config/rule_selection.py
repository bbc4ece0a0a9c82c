"""Selects rules and their severities by code, name or code prefix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.codes import CODES, ESSENTIAL, GROUPS, Code
from seqspec.core.diagnostics.diagnostic import SEVERITIES

if TYPE_CHECKING:
    from seqspec.core.config.settings import Settings
    from seqspec.core.diagnostics.diagnostic import Diagnostic
    from seqspec.core.diagnostics.suggest import Suggestion, SuggestionTemplate

ALL = "ALL"
_EXACT = 100


def specificity(selector: str, name: str) -> int:
    """The specificity of a selector for a rule: 0 for `ALL`, higher for longer prefixes, -1 without a match."""
    if selector == ALL:
        return 0
    code = CODES[name].code
    if selector in GROUPS:
        return max((len(prefix) for prefix in GROUPS[selector] if code.startswith(prefix)), default=-1)
    if selector in (name, code):
        return _EXACT
    return len(selector) if _letters(selector) == _letters(code) and code.startswith(selector) else -1


def _letters(code: str) -> str:
    """The letters of a code: `SEQ` for the built-in rules. An incomplete prefix such as `SE` matches no rule."""
    return code.rstrip("0123456789")


def matching_rules(selector: str) -> list[Code]:
    """The rules that a selector matches."""
    return [entry for name, entry in CODES.items() if specificity(selector, name) >= 0]


def validate_selector(selector: str, *, silences: bool = False) -> tuple[str, str | None] | None:
    """The error in a selector and the help; None if it is valid.

    `silences` is for a selector that disables or downgrades rules.
    """
    matching = matching_rules(selector)
    if not matching:
        # The codes of plugins are registered when their rules are loaded.
        from seqspec.core.catalog.plugins import rule_plugins

        rule_plugins()
        matching = matching_rules(selector)
    if not matching:
        from seqspec.core.diagnostics.suggest import SuggestionTemplate

        otherwise = 'write a code, a code prefix such as "SEQ1", a rule name, or "ALL"'
        return f'unknown rule "{selector}"', suggest_rule(
            selector, otherwise, SuggestionTemplate.STRING, also=(ALL, *GROUPS)
        ).help_text
    if silences and len(matching) == 1 and matching[0].name in ESSENTIAL:
        entry = matching[0]
        message = f"{entry.code} {entry.name} cannot be disabled or downgraded: files with this error are not checked"
        return message, "exclude the file instead"
    return None


def suggest_rule(
    word: str, otherwise: str, form: SuggestionTemplate | None = None, also: Sequence[str] = ()
) -> Suggestion:
    """A suggestion of the rule that an unknown selector most likely refers to.

    `also` holds further candidates. An unknown number is not considered a misspelt code.
    """
    from seqspec.core.diagnostics.suggest import Suggestion, SuggestionTemplate, suggest

    codes = [entry.code for entry in CODES.values()]
    if re.fullmatch(r"[A-Za-z]+\d{3,}", word):
        same = next((code for code in codes if code == word.upper()), None)
        return Suggestion(same, form or SuggestionTemplate.WORD, otherwise)
    return suggest(word, [*CODES, *codes, *also], otherwise, form or SuggestionTemplate.WORD)


def is_selected(name: str, select: Iterable[str], ignore: Iterable[str]) -> bool:
    """Whether a rule is reported; the most specific selector takes precedence, and `ignore` wins a draw."""
    if name in ESSENTIAL:
        return True
    chosen = max((specificity(selector, name) for selector in select), default=-1)
    return chosen > max((specificity(selector, name) for selector in ignore), default=-1)


def is_requested(name: str, select: Iterable[str]) -> bool:
    """Whether a rule is selected by more than `ALL`, as findings that are only reported on request must be."""
    return any(specificity(selector, name) > 0 for selector in select)


def effective_severity(name: str, default: str, overrides: Mapping[str, str]) -> str:
    """The severity of a rule after overrides."""
    if not overrides or name in ESSENTIAL:
        return default
    closest = max(overrides, key=lambda selector: specificity(selector, name))
    return overrides[closest] if specificity(closest, name) >= 0 else default


def select_diagnostics(
    diagnostics: Iterable[Diagnostic], settings: Settings, *, complete: bool = True
) -> list[Diagnostic]:
    """The findings that the settings select, with their effective severities.

    Args:
        diagnostics: The findings of one document.
        settings: Its settings.
        complete: Whether the document could be read. Findings that prevent a check are always reported.
    """
    from dataclasses import replace

    select = (*settings.select, *settings.extend_select)
    chosen = []
    for diagnostic in diagnostics:
        if complete and not (
            is_selected(diagnostic.name, select, settings.ignore)
            and (diagnostic.name in ESSENTIAL or not _ignored_here(diagnostic, settings))
        ):
            continue
        level = (
            effective_severity(diagnostic.name, diagnostic.severity, settings.severity)
            if complete
            else diagnostic.severity
        )
        if SEVERITIES.index(level) > SEVERITIES.index(settings.min_severity):
            continue
        chosen.append(diagnostic if level == diagnostic.severity else replace(diagnostic, severity=level))
    return chosen


def _ignored_here(diagnostic: Diagnostic, settings: Settings) -> bool:
    if not settings.per_file_ignores or diagnostic.file is None:
        return False
    from os.path import abspath

    path = abspath(diagnostic.file)
    return any(
        (not rule.pointer or diagnostic.pointer == rule.pointer or diagnostic.pointer.startswith(rule.pointer + "/"))
        and any(specificity(selector, diagnostic.name) >= 0 for selector in rule.rules)
        and rule.files.matches(path)
        for rule in settings.per_file_ignores
    )
