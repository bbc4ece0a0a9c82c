"""The Keras that the requirement and lock files of a project install."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from seqspec.core.api.files import is_outside, read_file, repository

Version = tuple[int, ...]

FILES = (
    "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "requirements.lock", "requirements.txt",
    "requirements/base.txt", "requirements-dev.txt", "pyproject.toml", "Pipfile", "environment.yml",
    "environment.yaml", "setup.cfg", "setup.py",
)  # fmt: skip
"""The files that are read, in this order, and then other `requirements*.txt`: a lock file says what is installed."""

_MAX_BYTES = 20_000_000
_FIRST_KERAS_3 = (3,)
_FIRST_TENSORFLOW_WITH_KERAS_3 = (2, 16)

_NAME = r"(?<![\w.-])(keras|tf[-_]keras|tensorflow(?:[-_](?:cpu|gpu|macos|intel|rocm))?)"
_VERSION = r"\d[\w.]*(?:\.\*)?"
_REQUIREMENT = re.compile(
    rf"""{_NAME}(?:\[[\w,-]*\])?(?![\w-])["']?\s*(?:=\s*(?=["'{{]))?(?:\{{\s*version\s*=\s*)?["']?\s*"""
    rf"""((?:(?:[<>=!~^]=?|===)\s*{_VERSION}\s*,?\s*)*)""",
    re.IGNORECASE,
)
_LOCKED = re.compile(rf'^name = "{_NAME}"\nversion = "({_VERSION})"', re.M)
_LOCKED_PIPFILE = re.compile(rf'"{_NAME}": \{{[^{{}}]*?"version": "==({_VERSION})"', re.S)
_CLAUSE = re.compile(rf"([<>=!~^]=?|===)\s*({_VERSION})")


class Requirement(NamedTuple):
    """A requirement of Keras or TensorFlow.

    Attributes:
        package: `"keras"`, `"tf_keras"` or `"tensorflow"`.
        clauses: Its comparisons with versions.
        place: The file and line.
        text: The requirement as written.
    """

    package: str
    clauses: tuple[tuple[str, Version], ...]
    place: str
    text: str

    def within(self, first: Version) -> bool | None:
        """Whether every version that it allows is at least `first`; False if none is, None if some are."""
        lower, upper = self._range()
        if lower is not None and lower >= first:
            return True
        return False if upper is not None and upper <= first else None

    def _range(self) -> tuple[Version | None, Version | None]:
        """The lowest version that it allows, and the version below which it stays."""
        lower: Version | None = None
        upper: Version | None = None
        for operator, version in self.clauses:
            if operator in (">=", ">", "==", "===", "=", "~=", "^"):
                lower = version
            if operator in ("<", "<="):
                upper = version if operator == "<" else _next(version)
            elif operator in ("==", "===", "="):
                upper = _next(version)
            elif operator == "~=":
                upper = _next(version[:-1] or version)
            elif operator == "^":
                upper = _next(version[:1])
        return lower, upper

    def generation(self) -> int | None:
        """The Keras that it installs: 2 or 3; None if it allows both. 2 includes 1."""
        if self.package == "tf_keras":
            return 2
        first = _FIRST_KERAS_3 if self.package == "keras" else _FIRST_TENSORFLOW_WITH_KERAS_3
        known = self.within(first)
        return None if known is None else 3 if known else 2


def _next(version: Version) -> Version:
    return (*version[:-1], version[-1] + 1)


def _version(text: str) -> Version:
    return tuple(int(part) for part in re.findall(r"\d+", text.removesuffix(".*"))[:3]) or (0,)


def _package(name: str) -> str:
    name = name.lower().replace("-", "_")
    return "tensorflow" if name.startswith("tensorflow") else name


def read_requirements(text: str, place: str) -> Iterator[Requirement]:
    """The requirements of Keras and TensorFlow in the text of a file or command."""
    locked = list(_LOCKED.finditer(text)) + list(_LOCKED_PIPFILE.finditer(text))
    for match in locked:
        line = text.count("\n", 0, match.start()) + 1
        clauses = (("==", _version(match[2])),)
        yield Requirement(_package(match[1]), clauses, f"{place}:{line}", f"{match[1]} {match[2]}")
    if locked or place.endswith((".lock", "Pipfile.lock")):
        return
    for line_number, content in enumerate(text.split("\n"), 1):
        code = content.partition("#")[0]
        for match in _REQUIREMENT.finditer(code):
            compared = tuple((operator, _version(version)) for operator, version in _CLAUSE.findall(match[2]))
            written = match[1] + re.sub(r"\s", "", match[2]).rstrip(",")
            yield Requirement(_package(match[1]), compared, f"{place}:{line_number}", written)


def generation_of(requirements: list[Requirement]) -> tuple[int, str] | None:
    """The Keras that requirements install and the reason; None if they allow both."""
    decided = [(requirement, requirement.generation()) for requirement in requirements]
    order = ("keras", "tf_keras", "tensorflow")
    for package in order:
        for requirement, generation in decided:
            if requirement.package == package and generation is not None:
                return generation, f"{requirement.text} in {requirement.place}"
    return None


def project_generation(file: str | None) -> tuple[int, str] | None:
    """The Keras that the project of a file installs and the reason; None if nothing says it."""
    if file is None:
        return None
    folder = os.path.dirname(os.path.abspath(file))
    top = repository(folder) or folder
    while True:
        generation = _of_folder(folder, _stamps(folder, top))
        above = os.path.dirname(folder)
        if generation is not None or folder == top or above == folder:
            return generation
        folder = above


def _stamps(folder: str, top: str) -> tuple[tuple[str, int], ...]:
    """The files in a folder with their times, so that a change is noticed; no links out of `top`."""
    stamps = []
    try:
        others = sorted(fnmatch.filter(os.listdir(folder), "requirements*.txt"))
    except OSError:
        others = []
    for name in dict.fromkeys((*FILES, *others)):
        file = os.path.join(folder, name)
        try:
            status = os.stat(file)
        except OSError:
            continue
        if status.st_size <= _MAX_BYTES and not (os.path.islink(file) and is_outside(file, top)):
            stamps.append((name, status.st_mtime_ns))
    return tuple(stamps)


@lru_cache(maxsize=1_000)
def _of_folder(folder: str, stamps: tuple[tuple[str, int], ...]) -> tuple[int, str] | None:
    for name, _ in stamps:
        try:
            text = read_file(os.path.join(folder, name), _MAX_BYTES).decode("utf-8", "replace")
        except OSError:
            continue
        generation = generation_of(list(read_requirements(text, name)))
        if generation is not None:
            return generation
    return None
