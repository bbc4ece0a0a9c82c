"""TOML: positions, and the words for a mistake, from an error-tolerant scanner, used where there is one to tell."""

from __future__ import annotations

import re
from contextlib import suppress

from seqspec.syntax import toml_lexis as lexis
from seqspec.syntax.scan import EndOfScan, Path, ScanResult, SyntaxFault, shown
from seqspec.syntax.toml_values import ValueScanner

_AT = re.compile(r"\(at line (\d+), column (\d+)\)$")
_AT_END = "(at end of document)"


def keys_too_deep(text: str, depth: int) -> SyntaxFault | None:
    """The fault for a dotted key of more parts than a document has levels."""
    return next((fault for fault in scan(text, depth).faults if fault.rule == "over-limit"), None)


def fault_of(error: ValueError, text: str) -> SyntaxFault:
    """The standard parser's own words, for a mistake that the scanner does not know."""
    message = str(error)
    match = _AT.search(message)
    if match is not None:
        lines = text.split("\n")
        line = min(int(match[1]), len(lines))
        start = sum(len(before) + 1 for before in lines[: line - 1]) + int(match[2]) - 1
        message = message[: match.start()]
    else:
        start = len(text.rstrip()) if message.endswith(_AT_END) else 0
        message = message.removesuffix(_AT_END)
    start = min(start, len(text))
    return SyntaxFault(start, min(start + 1, len(text)), f"this is no valid TOML: {shown(message.strip(), 100)}")


def scan(text: str, depth: int) -> ScanResult:
    """Where each value of a text stands, as far as it can be read, and what is wrong with it."""
    scanner = _Scanner(text, depth)
    with suppress(EndOfScan):
        scanner.document()
    places = {path: place for path, place in scanner.places.items() if path[:1] != (-1,)}
    return ScanResult(places, scanner.faults, scanner.passed)


units = lexis.units
"""The stretch that each character of a string value takes in the text."""


class _Scanner(ValueScanner):
    """Statements: headers and key-value pairs, one a line."""

    def document(self) -> None:
        text = self.text
        self.places[()] = (0, 0, -1, -1)
        base: Path = ()
        i = self.blank(0)
        if text[i : i + 1] == "{":
            self.fault(i, i + 1, "this is JSON, not TOML", help="give the file the ending .json")
            return
        while True:
            i = self.blank(i)
            c = text[i : i + 1]
            if not c:
                return
            if c == "\n" or text.startswith("\r\n", i):
                i += 1 if c == "\n" else 2
                continue
            if c == "#":
                i = self.comment(i)
                continue
            if c == "[":
                i, base = self.header(i)
            else:
                i = self.pair(i, base, inline=False)
            i = self.line_end(i)

    def line_end(self, i: int) -> int:
        """Past the rest of a line, which may hold a comment and nothing else."""
        text = self.text
        i = self.blank(i)
        c = text[i : i + 1]
        if c == "#":
            return self.comment(i)
        if not c or c == "\n" or text.startswith("\r\n", i) or text[i - 1 : i] == "\n":
            return i
        end = self.eol(i)
        if not (self.faults and self.faults[-1].end >= i):
            if c == "\r":
                self.fault(i, i + 1, "a carriage return stands alone", help="end lines with \\n or \\r\\n")
            elif c in "]})":
                self.fault(i, i + 1, f"this {c} closes nothing", help=f"remove the {c}")
            elif c == ",":
                self.fault(i, i + 1, "a comma cannot end a line outside a list", help="remove the comma")
            elif lexis.assignment(text, i):
                self.fault(i, end, "a new key needs a line of its own", help="break the line before it")
            else:
                self.fault(i, end, f"there is text after the value: {shown(text[i:end])}")
        return end

    def header(self, start: int) -> tuple[int, Path]:
        text = self.text
        several = text.startswith("[[", start)
        opening, closing = ("[[", "]]") if several else ("[", "]")
        keys, i = self.keys(start + len(opening), "a table")
        if not keys:
            return self.eol(i), self.lost(start)
        if text.startswith(closing, i):
            i += len(closing)
        else:
            got = text[i : i + 1]
            end = i + (got == "]")
            self.fault(
                start, end, f"this header is not closed by {closing}", help=f"write {opening}…{closing} on one line"
            )
            i = self.eol(i) if got != "]" else i + 1
        path: Path = ()
        for key, key_start, key_end in keys[:-1]:
            path = self.enter((*path, key), key_start, key_end, "implicit")
        key, key_start, key_end = keys[-1]
        path = (*path, key)
        self.check_depth(len(path) + 1 + several, key_start)
        kind = self.kinds.get(path)
        if several:
            return i, self.next_element(path, kind, (start, i, key_start, key_end))
        if kind in (None, "implicit"):
            self.places[path] = (start, i, key_start, key_end)
            self.kinds[path] = "table"
        else:
            what = f"the table [{shown('.'.join(key for key, _, _ in keys))}] stands twice"
            if kind == "list":
                what = f"{shown(key)} is a list of tables already"
            elif kind == "value":
                what = f"{shown(key)} has a value already"
            self.twice(path, start, i, what)
            return i, self.lost(start)
        return i, path

    def next_element(self, path: Path, kind: str | None, place: tuple[int, int, int, int]) -> Path:
        start, end, key_start, key_end = place
        if kind is None:
            self.kinds[path] = "list"
            self.places[path] = place
            self.sizes[path] = 0
        elif kind != "list":
            what = (
                "has a value already" if kind == "value" else "is a table already, and cannot become a list of tables"
            )
            self.twice(path, start, end, f"{shown(str(path[-1]))} {what}")
            return self.lost(start)
        element = (*path, self.sizes[path])
        self.sizes[path] += 1
        self.places[element] = place
        self.kinds[element] = "table"
        return element

    def lost(self, start: int) -> Path:
        """A place outside the tree, for the lines under a header that cannot be read."""
        return (-1, start)
