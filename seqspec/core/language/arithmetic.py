"""Integer arithmetic for the shapes of custom layers: `+ - * //` and parentheses.

The only arithmetic of the language. Sizes may be unknown: an expression over a `Dim` returns a `Dim`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Dim, Size

MAX_LENGTH = 200
MAX_DEPTH = 20
MAX_VALUE = 2**63 - 1

_token = re.compile(r"\s*(?:(\d+)|(\$?[A-Za-z_][A-Za-z0-9_]*)|(//|[-+*()]))").match
_space = re.compile(r"\s*").match
_HELP = "integers, names, + - * // and parentheses"


class ExpressionNode(NamedTuple):
    """A number or name (`left` and `right` are None), or an operation."""

    operator: str
    value: int | str
    left: ExpressionNode | None
    right: ExpressionNode | None
    start: int
    end: int


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


@lru_cache(maxsize=512)
def parse(text: str) -> ExpressionNode:
    """Parses an expression; raises a `Violation` with the range of the mistake."""
    if len(text) > MAX_LENGTH:
        raise _bad(f"an expression has at most {MAX_LENGTH} characters", 0, len(text))
    return _ArithmeticParser(_tokens(text), len(text)).expression()


def names(node: ExpressionNode) -> set[str]:
    """The names that an expression uses, without a `$`."""
    if node.operator == "name":
        return {str(node.value)}
    return {name for part in (node.left, node.right) if part is not None for name in names(part)}


def evaluate(node: ExpressionNode, sizes: Mapping[str, Size]) -> Size:
    """Evaluates an expression; raises `Violation` for an unknown name or a value beyond 64 bits."""
    if node.operator == "number":
        return int(node.value)
    if node.operator == "name":
        name = str(node.value)
        if name not in sizes:
            raise _unknown(name, sizes, node)
        return sizes[name]
    assert node.right is not None
    right = evaluate(node.right, sizes)
    left: Size = evaluate(node.left, sizes) if node.left is not None else 0
    result = _apply(node, left, right)
    if isinstance(result, int):
        if abs(result) > MAX_VALUE:
            raise _bad("the result does not fit in 64 bits", node.start, node.end)
    elif len(str(result)) > MAX_LENGTH:
        return Dim()
    return result


def _apply(node: ExpressionNode, left: Size, right: Size) -> Size:
    if node.operator == "+":
        return left + right
    if node.operator == "*":
        return left * right
    if node.operator == "-":
        return left - right
    if isinstance(right, int) and right == 0:
        assert node.right is not None
        raise _bad("division by zero", node.right.start, node.right.end)
    if not isinstance(right, int):
        # The divisor must be known for the result to have a formula.
        return Dim()
    return left // right


class _ArithmeticParser:
    def __init__(self, tokens: list[_Token], length: int) -> None:
        self.tokens = tokens
        self.length = length
        self.position = 0
        self.depth = 0

    def expression(self) -> ExpressionNode:
        node = self.sum()
        token = self.peek()
        if token is not None:
            if token.text == ")":
                raise _bad("unmatched )", token.start, token.end)
            raise _bad(f"missing operator before {token.text[:20]}", token.start, token.end)
        return node

    def peek(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def sum(self) -> ExpressionNode:
        node = self.product()
        while (token := self.peek()) is not None and token.text in ("+", "-"):
            self.position += 1
            right = self.product()
            node = ExpressionNode(token.text, 0, node, right, node.start, right.end)
        return node

    def product(self) -> ExpressionNode:
        node = self.factor()
        while (token := self.peek()) is not None and token.text in ("*", "//"):
            self.position += 1
            right = self.factor()
            node = ExpressionNode(token.text, 0, node, right, node.start, right.end)
        return node

    def factor(self) -> ExpressionNode:
        token = self.peek()
        if token is None:
            raise _bad("unexpected end of expression", self.length, self.length, "expected a number or name")
        self.position += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _bad(f"the expression is nested deeper than {MAX_DEPTH} levels", token.start, token.end)
        node = self._factor(token)
        self.depth -= 1
        return node

    def _factor(self, token: _Token) -> ExpressionNode:
        if token.kind == "number":
            return ExpressionNode("number", int(token.text), None, None, token.start, token.end)
        if token.kind == "name":
            return ExpressionNode("name", token.text.removeprefix("$"), None, None, token.start, token.end)
        if token.text == "-":
            right = self.factor()
            return ExpressionNode("-", 0, None, right, token.start, right.end)
        if token.text == "+":
            return self.factor()
        if token.text != "(":
            raise _bad(f"expected a number or name, got {token.text}", token.start, token.end)
        node = self.sum()
        closing = self.peek()
        if closing is None or closing.text != ")":
            raise _bad("unclosed (", token.start, token.end)
        self.position += 1
        return node._replace(start=token.start, end=closing.end)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    i = 0
    while True:
        match = _token(text, i)
        if match is None:
            break
        kind = "number" if match[1] else "name" if match[2] else "operator"
        start = match.start(match.lastindex or 0)
        if kind == "number" and len(match[1]) > 18:
            raise _bad("the number does not fit in 64 bits", start, match.end())
        tokens.append(_Token(kind, match[match.lastindex or 0], start, match.end()))
        i = match.end()
    i = _space(text, i).end()  # type: ignore[union-attr]  # always matches
    if i < len(text):
        what = {
            "/": "dimensions are integers: use //",
            ".": "dimensions are integers",
            "%": "write a - a // b * b",
        }.get(text[i])
        raise _bad(f"unexpected character {text[i]} in an expression", i, i + 1, what)
    if not tokens:
        raise _bad("the expression is empty", 0, len(text))
    return tokens


def _unknown(name: str, candidates: Iterable[str], node: ExpressionNode) -> Violation:
    candidates = list(candidates)
    near = suggest(
        name, candidates, f"available: {', '.join(candidates)[:200]}" if candidates else "no names are available here"
    )
    return Violation(
        "unknown-variable",
        f"unknown name {name}",
        string_range=(node.start, node.end),
        label=near.label,
        help=near.help,
    )


def _bad(message: str, start: int, end: int, help: str | None = None) -> Violation:
    return Violation("bad-value", message, string_range=(start, end), help=help or f"an expression may contain {_HELP}")
