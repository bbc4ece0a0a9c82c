"""A document at a git revision, written to a temporary folder together with the documents that it extends."""

from __future__ import annotations

import os
import posixpath
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import click

from seqspec.core.syntax.limits import LIMITS
from seqspec.core.syntax.source import parse_text

_SECONDS = 60


@contextmanager
def at_revision(revision: str, file: str) -> Iterator[str | None]:
    """Changes into a folder with the document at the revision, and returns its path relative to the top of the tree.

    None if the revision has no such file.

    Raises:
        click.UsageError: The folder is not in a git repository, or the revision does not exist.
    """
    from tempfile import TemporaryDirectory

    folder_of_file = os.path.realpath(os.path.dirname(file) or ".")
    folder = folder_of_file
    while not os.path.isdir(folder):  # The previous folder may no longer exist.
        folder = os.path.dirname(folder)
    if not revision or revision.startswith("-"):
        raise click.UsageError(f"--git {revision}: expected a revision, such as HEAD or main")
    top = os.path.realpath(_git(folder, "rev-parse", "--show-toplevel").decode("utf-8").rstrip("\n"))
    try:
        commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode("ascii").strip()
    except _GitFailed:
        raise click.UsageError(f"--git {revision}: unknown revision")
    path = os.path.relpath(os.path.join(folder_of_file, os.path.basename(file)), top).replace(os.sep, "/")
    before = os.getcwd()
    with TemporaryDirectory(prefix="seqspec-") as scratch:
        # Marks the project's folder, which `extends` may not leave.
        os.mkdir(os.path.join(scratch, ".git"))
        there = _lay_out(folder, commit, path, scratch)
        os.chdir(scratch)
        try:
            yield path if there else None
        finally:
            os.chdir(before)


def _lay_out(folder: str, commit: str, path: str, scratch: str) -> bool:
    """Writes the document and those that it extends, as far as they exist; returns whether the document exists."""
    current, done = path, 0
    while done < LIMITS.files:
        target = os.path.join(scratch, *current.split("/"))
        if os.path.exists(target):
            break
        try:
            data = _git(folder, "cat-file", "blob", f"{commit}:{current}")
        except _GitFailed:
            break
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as stream:
            stream.write(data)
        done += 1
        base = _base(data, current)
        if base is None:
            break
        current = base
    return done > 0


def _base(data: bytes, path: str) -> str | None:
    """The path in the tree of the document that this one extends."""
    extends: object = parse_text(data.decode("utf-8", "replace"), path).tree.get("extends")
    if not isinstance(extends, str) or not extends or "\0" in extends or posixpath.isabs(extends):
        return None
    base = posixpath.normpath(posixpath.join(posixpath.dirname(path), extends.replace(os.sep, "/")))
    return None if base.startswith("..") else base


class _GitFailed(click.UsageError):
    pass


def _git(folder: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", *arguments],
            check=False,
            cwd=folder,
            capture_output=True,
            timeout=_SECONDS,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"},
        )
    except FileNotFoundError:
        raise click.UsageError("--git requires git, which is not installed")
    except subprocess.TimeoutExpired:
        raise click.UsageError(f"git timed out after {_SECONDS} seconds")
    if done.returncode:
        error_lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _GitFailed(f"git: {error_lines[0] if error_lines else 'failed'}")
    return done.stdout
