"""What a document suppresses: `# seqspec: ignore[SEQ301] reason`, and the key `x-seqspec-ignore`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from seqspec.diagnostics.codes import CODES, ESSENTIAL
from seqspec.diagnostics.convert import at_source
from seqspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Span
from seqspec.diagnostics.snippet import Help, Setting
from seqspec.diagnostics.source_location import SourceLocation
from seqspec.diagnostics.tree_fix import Change, remove
from seqspec.diagnostics.violation import Path, Violation, pointer
from seqspec.syntax.directives import Directive, directives
from seqspec.syntax.document import Document
from seqspec.syntax.edit.pieces import TextEdit
from seqspec.syntax.edit.trees import CannotEdit
from seqspec.syntax.suppressing import KEY, suppression_keys

_SIGN = re.compile(r"#[ \t]*seqspec:")
_IGNORE = re.compile(r"#[ \t]*seqspec:[ \t]*ignore[ \t]*\[([^\]\[]*)\]")
_RULE = re.compile(r"[^,\s]+")
_WRITE = "write # seqspec: ignore[SEQ301], followed by the reason"


class _Suppression:
    """Rules that are not reported within a place of one document.

    `rules` maps what was written to the name of the rule; `lines` and `prefix` say which findings are meant.
    """

    def __init__(self, document: Document, rules: dict[str, str], line: int, prefix: str | None) -> None:
        self.document = document
        self.rules = rules
        self.used: set[str] = set()
        self._line = line
        self._prefix = prefix

    def places(self) -> Iterator[tuple[str | None, int | str]]:
        """Where it applies: a file with a line, or with the pointer that all findings inside share."""
        if self._prefix is not None:
            yield self.document.file, self._prefix
        if self._line:
            yield self.document.file, self._line

    def unused(self) -> list[str]:
        """What was written for nothing."""
        return [word for word, name in self.rules.items() if name not in self.used]


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
    """The findings that are left, and those that the documents suppress.

    Args:
        diagnostics: The findings.
        documents: The documents that take part; the first one is checked, and is reported what it suppresses for
        nothing.
        passed: The names of rules that were not asked; None where none of the rules on training was.
    """
    own, *others = documents
    told: list[Diagnostic] = []
    suppressions = list(_read(own, told))
    for other in others:
        suppressions += _read(other, [])
    index = _index(suppressions)
    left: list[Diagnostic] = []
    gone: list[Diagnostic] = []
    for found in diagnostics:
        (gone if found.name not in ESSENTIAL and _matches(index, found) else left).append(found)
    # Where a model is not followed to its end, what is further on was not looked for.
    whole = not any(found.severity == "error" for found in left)
    whole = whole and not any(found.severity == "error" and found.code < "SEQ3" for found in gone)
    if passed is not None and whole:
        for suppression in suppressions:
            unused = [word for word in suppression.unused() if suppression.rules[word] not in passed]
            if suppression.document is own and unused:
                told.append(_unused(suppression, unused))
    for found in told:
        (gone if _matches(index, found) else left).append(found)
    left.sort(key=lambda found: (found.file != own.file, found.span.line, found.span.column) if found.span else (True,))
    return left, gone


_Index = dict[tuple[str, str | None, int | str], tuple[int, _Suppression]]


def _index(suppressions: Sequence[_Suppression]) -> _Index:
    """The first suppression of a rule at each place, and its number."""
    index: _Index = {}
    for number, suppression in enumerate(suppressions):
        for file, place in suppression.places():
            for name in suppression.rules.values():
                index.setdefault((name, file, place), (number, suppression))
    return index


def _matches(index: _Index, found: Diagnostic) -> bool:
    if not index:
        return False
    places: list[int | str] = [found.pointer]
    while places[-1]:
        places.append(str(places[-1]).rpartition("/")[0])
    if found.span is not None:
        places.append(found.span.line)
    met = [index[key] for key in ((found.name, found.file, place) for place in places) if key in index]
    if not met:
        return False
    min(met, key=lambda entry: entry[0])[1].used.add(found.name)
    return True


def _read(document: Document, told: list[Diagnostic]) -> Iterator[_Suppression]:
    """The suppressions of a document, the closest to a finding first; what is wrong with them is reported."""
    if not document.readable:
        return
    for directive in directives(document):
        sign = _SIGN.search(directive.text)
        if sign is None:
            continue
        start = directive.start + sign.start()
        match = _IGNORE.match(directive.text, sign.start())
        words = list(_RULE.finditer(match[1])) if match is not None else []
        if match is None or not words:
            whole = document.stretch(start, directive.end)
            told.append(_bad(document, (), whole, "invalid seqspec comment", _WRITE))
            continue
        rules = {}
        for word in words:
            place = directive.start + match.start(1)
            at = document.stretch(place + word.start(), place + word.end())
            name = _rule(word.group(), document, (), at, told)
            if name is not None:
                rules[word.group()] = name
        yield _Comment(document, directive, rules, start)
    for path, value in sorted(suppression_keys(document.tree), key=lambda entry: -len(entry[0])):
        if not isinstance(value, (list, tuple, Mapping)) or not all(isinstance(word, str) for word in value):
            help = Help("write ", Setting(KEY, ["SEQ301"]), ", or a table with a reason for each")
            told.append(_bad(document, path, document.span(path), f"{KEY} must be a list of rules", help))
            continue
        rules = {}
        for index, word in enumerate(value):
            inner = (*path, word if isinstance(value, Mapping) else index)
            span = document.span(inner, "key" if isinstance(value, Mapping) else "value")
            name = _rule(word, document, inner, span, told)
            if name is not None:
                rules[word] = name
        yield _Key(document, path, rules)


def _rule(word: str, document: Document, path: Path, span: Span | None, told: list[Diagnostic]) -> str | None:
    """The name of the rule that a word names."""
    name = _named(word)
    if name is None:
        from seqspec.catalog.plugins import rule_plugins

        # The codes of other packages are known once their rules are loaded.
        rule_plugins()
        name = _named(word)
    if name is None:
        from seqspec.config.rule_selection import suggest_rule

        near = suggest_rule(word, "use the code or name of a rule; see `seqspec rules`")
        told.append(_bad(document, path, span, f'unknown rule "{word[:60]}"', near.help_text))
    elif name in ESSENTIAL:
        message = f"{CODES[name].code} {name} cannot be suppressed: files with this error are not checked"
        told.append(_bad(document, path, span, message, "remove it"))
        name = None
    return name


def _named(word: str) -> str | None:
    if word in CODES:
        return word
    return _names(len(CODES)).get(word)


@lru_cache(maxsize=2)
def _names(count: int) -> dict[str, str]:
    """The names of rules by their codes; `count` changes where plugins register theirs."""
    return {code.code: name for name, code in CODES.items()}


def place_for_rule(comment: str) -> int | None:
    """Where in a comment one more rule can be named, after the last one; None where it suppresses none."""
    sign = _SIGN.search(comment)
    match = _IGNORE.match(comment, sign.start()) if sign is not None else None
    words = list(_RULE.finditer(match[1])) if match is not None else []
    return match.start(1) + words[-1].end() if match is not None and words else None


def rule_added_to_comment(document: Document, line: int, code: str) -> TextEdit | None:
    """The edit that names one more rule in the suppression comment of a line; None where there is none."""
    for directive in directives(document):
        place = place_for_rule(directive.text) if directive.line == line else None
        if place is not None:
            at = directive.start + place
            return TextEdit(at, at, f", {code}")
    return None


def comment_at_end(document: Document, line: int, code: str) -> TextEdit:
    """The edit that adds a suppression comment at the end of a line, which must have no comment."""
    gap = "  " if document.format == "python" else " "
    at = document.offset(line, 1) + len(document.line_text(line).rstrip())
    return TextEdit(at, at, f"{gap}{suppression_comment(code)}")


def suppression_comment(code: str) -> str:
    """The comment that suppresses a rule."""
    return f"# seqspec: ignore[{code}]"


def _bad(document: Document, path: Path, span: Span | None, message: str, help: str | Help | None) -> Diagnostic:
    location = SourceLocation(document, path, exact=span)
    return at_source(Violation("bad-suppression", message, help=help, location=location), document)


def _unused(suppression: _Suppression, words: list[str]) -> Diagnostic:
    document = suppression.document
    whole = len(words) == len(suppression.rules)
    message = f"unused suppression of {', '.join(words)}"
    path: Path = ()
    fix = None
    if isinstance(suppression, _Comment):
        span: Span | None = document.stretch(suppression.start, suppression.directive.end)
        fix = Fix("remove it", (_without(suppression, words, whole),))
    else:
        assert isinstance(suppression, _Key)
        path = suppression.path
        span = document.span(path, "key")
        fix = _without_key(suppression, words, whole)
    violation = Violation(
        "unused-suppression",
        message,
        label="nothing to suppress",
        help="remove it",
        location=SourceLocation(document, path, exact=span),
    )
    return at_source(violation, document, fix=fix)


def _without(suppression: _Comment, words: list[str], whole: bool) -> Edit:
    """The edit that takes rules out of a comment, or the comment away."""
    document = suppression.document
    text = document.text or ""
    start, end = suppression.start, suppression.directive.end
    if not whole:
        comment = text[start:end]
        match = _IGNORE.match(comment)
        assert match is not None
        kept = [word.group() for word in _RULE.finditer(match[1]) if word.group() not in words]
        place = start + match.start(1)
        return Edit(document.stretch(place, place + len(match[1])), ", ".join(kept))
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():
        return Edit(document.stretch(line + len(text[line:start].rstrip(" \t")), end), "")
    after = text.find("\n", end) + 1
    return Edit(document.stretch(line, after or len(text)), "")


def _without_key(suppression: _Key, words: list[str], whole: bool) -> Fix | None:
    from seqspec.syntax.edit.edits import edits_of

    document, path = suppression.document, suppression.path
    value: Any = document.tree
    for key in path:
        value = value[key]
    changes: list[Change] = []
    if whole and len(value) == len(suppression.rules):
        changes = [remove(path)]
    elif isinstance(value, Mapping):
        changes = [remove((*path, word)) for word in words]
    else:
        changes = [remove((*path, index)) for index, word in enumerate(value) if word in words]
    try:
        return Fix("remove it", edits_of(document, changes))
    except CannotEdit:
        return None
