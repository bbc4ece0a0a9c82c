"""Suppressions: `# seqspec: ignore[SEQ301] reason`, and the key `x-seqspec-ignore`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from seqspec.core.diagnostics.codes import CODES, ESSENTIAL
from seqspec.core.diagnostics.convert import at_source
from seqspec.core.diagnostics.diagnostic import Diagnostic, Edit, Fix, Span, TreeEdit, remove
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation, pointer, value_at
from seqspec.core.syntax.directives import KEY, Directive, directives, suppression_keys
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.edit.pieces import TextEdit
from seqspec.core.syntax.edit.trees import CannotEdit

_SIGN = re.compile(r"#[ \t]*seqspec:")
_IGNORE = re.compile(r"#[ \t]*seqspec:[ \t]*ignore[ \t]*\[([^\]\[]*)\]")
_RULE = re.compile(r"[^,\s]+")
_WRITE = "write # seqspec: ignore[SEQ301], followed by the reason"


class _Suppression:
    """A suppression of rules at one place of a document.

    `rules` maps codes as written to rule names; `lines` and `prefix` select the findings.
    """

    def __init__(self, document: Document, rules: dict[str, str], line: int, prefix: str | None) -> None:
        self.document = document
        self.rules = rules
        self.used: set[str] = set()
        self._line = line
        self._prefix = prefix

    def places(self) -> Iterator[tuple[str | None, int | str]]:
        """Where it applies: a file with a line, or with a pointer prefix."""
        if self._prefix is not None:
            yield self.document.file, self._prefix
        if self._line:
            yield self.document.file, self._line

    def unused(self) -> list[str]:
        """The codes that suppressed nothing."""
        return [selector for selector, name in self.rules.items() if name not in self.used]


class _Comment(_Suppression):
    def __init__(self, document: Document, directive: Directive, rules: dict[str, str], start: int) -> None:
        super().__init__(document, rules, directive.line, None if directive.entry is None else pointer(directive.entry))
        self.directive = directive
        self.start = start


class _Key(_Suppression):
    def __init__(self, document: Document, path: Path, rules: dict[str, str]) -> None:
        super().__init__(document, rules, 0, pointer(path[:-1]))
        self.path = path


def suppress(
    diagnostics: Sequence[Diagnostic], documents: Iterable[Document], passed: frozenset[str] | None
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The remaining findings, and the suppressed ones.

    Args:
        diagnostics: The findings.
        documents: The documents involved; unused suppressions are reported for the first one, which is checked.
        passed: The names of rules that were skipped; None if no rule on training ran.
    """
    checked, *others = documents
    reported: list[Diagnostic] = []
    suppressions = list(_read(checked, reported))
    for other in others:
        suppressions += _read(other, [])
    index = _index(suppressions)
    left: list[Diagnostic] = []
    gone: list[Diagnostic] = []
    for diagnostic in diagnostics:
        (gone if diagnostic.name not in ESSENTIAL and _matches(index, diagnostic) else left).append(diagnostic)
    # If a model was read only in part, findings in the rest are unknown.
    whole = not any(diagnostic.severity == "error" for diagnostic in left)
    whole = whole and not any(diagnostic.severity == "error" and diagnostic.code < "SEQ3" for diagnostic in gone)
    if passed is not None and whole:
        for suppression in suppressions:
            unused = [selector for selector in suppression.unused() if suppression.rules[selector] not in passed]
            if suppression.document is checked and unused:
                reported.append(_unused(suppression, unused))
    for diagnostic in reported:
        (gone if _matches(index, diagnostic) else left).append(diagnostic)
    left.sort(
        key=lambda diagnostic: (
            (diagnostic.file != checked.file, diagnostic.span.line, diagnostic.span.column)
            if diagnostic.span
            else (True,)
        )
    )
    return left, gone


_Index = dict[tuple[str, str | None, int | str], tuple[int, _Suppression]]


def _index(suppressions: Sequence[_Suppression]) -> _Index:
    """The first suppression of each rule at each place, and its index."""
    index: _Index = {}
    for number, suppression in enumerate(suppressions):
        for file, position in suppression.places():
            for name in suppression.rules.values():
                index.setdefault((name, file, position), (number, suppression))
    return index


def _matches(index: _Index, diagnostic: Diagnostic) -> bool:
    if not index:
        return False
    places: list[int | str] = [diagnostic.pointer]
    while places[-1]:
        places.append(str(places[-1]).rpartition("/")[0])
    if diagnostic.span is not None:
        places.append(diagnostic.span.line)
    met = [index[key] for key in ((diagnostic.name, diagnostic.file, position) for position in places) if key in index]
    if not met:
        return False
    min(met, key=lambda entry: entry[0])[1].used.add(diagnostic.name)
    return True


def _read(document: Document, reported: list[Diagnostic]) -> Iterator[_Suppression]:
    """The suppressions of a document, the closest to a finding first; invalid ones are reported."""
    if not document.readable:
        return
    for directive in directives(document):
        sign = _SIGN.search(directive.text)
        if sign is None:
            continue
        start = directive.start + sign.start()
        match = _IGNORE.match(directive.text, sign.start())
        matches = list(_RULE.finditer(match[1])) if match is not None else []
        if match is None or not matches:
            whole = document.span_at(start, directive.end)
            reported.append(_bad(document, (), whole, "invalid seqspec comment", _WRITE))
            continue
        rules = {}
        for selector in matches:
            rule_start = directive.start + match.start(1)
            at = document.span_at(rule_start + selector.start(), rule_start + selector.end())
            name = _rule(selector.group(), document, (), at, reported)
            if name is not None:
                rules[selector.group()] = name
        yield _Comment(document, directive, rules, start)
    for path, value in sorted(suppression_keys(document.tree), key=lambda entry: -len(entry[0])):
        if not isinstance(value, (list, tuple, Mapping)) or not all(isinstance(selector, str) for selector in value):
            help = fmt("write {}, or a table with a reason for each", Setting(KEY, ["SEQ301"]))
            reported.append(_bad(document, path, document.span(path), f"{KEY} must be a list of rules", help))
            continue
        rules = {}
        for index, selector in enumerate(value):
            inner = (*path, selector if isinstance(value, Mapping) else index)
            span = document.span(inner, "key" if isinstance(value, Mapping) else "value")
            name = _rule(selector, document, inner, span, reported)
            if name is not None:
                rules[selector] = name
        yield _Key(document, path, rules)


def _rule(selector: str, document: Document, path: Path, span: Span | None, reported: list[Diagnostic]) -> str | None:
    """The name of the rule for a code or name."""
    name = _named(selector)
    if name is None:
        from seqspec.core.catalog.plugins import rule_plugins

        # The codes of plugins are registered when their rules are loaded.
        rule_plugins()
        name = _named(selector)
    if name is None:
        from seqspec.core.config.rule_selection import suggest_rule

        near = suggest_rule(selector, "use the code or name of a rule; see `seqspec rules`")
        reported.append(_bad(document, path, span, f'unknown rule "{selector[:60]}"', near.help_text))
    elif name in ESSENTIAL:
        message = f"{CODES[name].code} {name} cannot be suppressed: files with this error are not checked"
        reported.append(_bad(document, path, span, message, "remove it"))
        name = None
    return name


def _named(selector: str) -> str | None:
    if selector in CODES:
        return selector
    return _names(len(CODES)).get(selector)


@lru_cache(maxsize=2)
def _names(count: int) -> dict[str, str]:
    """The rule names by code; `count` invalidates the cache when plugins register codes."""
    return {code.code: name for name, code in CODES.items()}


def place_for_rule(comment: str) -> int | None:
    """The offset in a comment after the last rule, where another can be added; None without a suppression."""
    sign = _SIGN.search(comment)
    match = _IGNORE.match(comment, sign.start()) if sign is not None else None
    matches = list(_RULE.finditer(match[1])) if match is not None else []
    return match.start(1) + matches[-1].end() if match is not None and matches else None


def rule_added_to_comment(document: Document, line: int, code: str) -> TextEdit | None:
    """The edit that adds a rule to the suppression comment of a line; None without such a comment."""
    for directive in directives(document):
        offset = place_for_rule(directive.text) if directive.line == line else None
        if offset is not None:
            at = directive.start + offset
            return TextEdit(at, at, f", {code}")
    return None


def comment_at_end(document: Document, line: int, code: str) -> TextEdit:
    """The edit that adds a suppression comment at the end of a line, which must have no comment."""
    at = document.offset(line, 1) + len(document.line_text(line).rstrip())
    return TextEdit(at, at, f"{document.notation.comment_gap}{suppression_comment(code)}")


def suppression_comment(code: str) -> str:
    """The comment that suppresses a rule."""
    return f"# seqspec: ignore[{code}]"


def _bad(document: Document, path: Path, span: Span | None, message: str, help: str | None) -> Diagnostic:
    location = SourceLocation(document, path, exact=span)
    return at_source(Violation("bad-suppression", message, help=help, location=location), document)


def _unused(suppression: _Suppression, selectors: list[str]) -> Diagnostic:
    document = suppression.document
    whole = len(selectors) == len(suppression.rules)
    message = f"unused suppression of {', '.join(selectors)}"
    path: Path = ()
    fix = None
    if isinstance(suppression, _Comment):
        span: Span | None = document.span_at(suppression.start, suppression.directive.end)
        fix = Fix("remove it", (_without(suppression, selectors, whole),))
    else:
        assert isinstance(suppression, _Key)
        path = suppression.path
        span = document.span(path, "key")
        fix = _without_key(suppression, selectors, whole)
    violation = Violation(
        "unused-suppression",
        message,
        label="nothing to suppress",
        help="remove it",
        location=SourceLocation(document, path, exact=span),
    )
    return at_source(violation, document, fix=fix)


def _without(suppression: _Comment, selectors: list[str], whole: bool) -> Edit:
    """The edit that removes rules from a comment, or the whole comment."""
    document = suppression.document
    text = document.text or ""
    start, end = suppression.start, suppression.directive.end
    if not whole:
        comment = text[start:end]
        match = _IGNORE.match(comment)
        assert match is not None
        kept = [kept_match.group() for kept_match in _RULE.finditer(match[1]) if kept_match.group() not in selectors]
        rule_start = start + match.start(1)
        return Edit(document.span_at(rule_start, rule_start + len(match[1])), ", ".join(kept))
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():
        return Edit(document.span_at(line + len(text[line:start].rstrip(" \t")), end), "")
    after = text.find("\n", end) + 1
    return Edit(document.span_at(line, after or len(text)), "")


def _without_key(suppression: _Key, selectors: list[str], whole: bool) -> Fix | None:
    from seqspec.core.syntax.document_edits import edits_of

    document, path = suppression.document, suppression.path
    value = value_at(document.tree, path)
    changes: list[TreeEdit] = []
    if whole and len(value) == len(suppression.rules):
        changes = [remove(path)]
    elif isinstance(value, Mapping):
        changes = [remove((*path, selector)) for selector in selectors]
    else:
        changes = [remove((*path, index)) for index, selector in enumerate(value) if selector in selectors]
    try:
        return Fix("remove it", edits_of(document, changes))
    except CannotEdit:
        return None
