"""`seqspec diff`: the semantic changes between two documents."""

from __future__ import annotations

import os
import posixpath
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click

from seqspec.cli.options import file_names, format_option, output_option
from seqspec.cli.output import write
from seqspec.core.check.check import Check
from seqspec.core.syntax.limits import LIMITS
from seqspec.core.syntax.source import parse_text

_SECONDS = 60


@click.command("diff")
@click.argument("files", nargs=-1, required=True, shell_complete=file_names, metavar="OLD NEW | --git REV FILE")
@click.option("--git", "revision", metavar="REV", help="Compare the file at this git revision with the current file.")
@format_option(
    ["text", "json", "markdown", "html"],
    "Output format; markdown is meant for a pull request comment, html has both models side by side.",
    default="text",
)
@click.option("--html", is_flag=True, help="Short for --format html.")
@output_option("Output file.")
def command(files: tuple[str, ...], revision: str | None, format_: str, html: bool, output: str | None) -> None:
    """Print the semantic changes between two specs, or since a git revision.

    Layout, comments, shorthand, variables and blocks with the same expansion, and explicit defaults are not changes.
    The exit code is 0 if there are no semantic changes and no new errors, 1 otherwise, and 2 for usage errors.
    """
    if revision is None and len(files) != 2:
        raise click.UsageError("pass two files, or --git REV and one file")
    if revision is not None and len(files) != 1:
        raise click.UsageError("pass only one file with --git REV")
    if "-" in files:
        raise click.UsageError("diff does not accept standard input")
    new_name = files[-1]
    old_name = files[0] if revision is None else f"{revision}:{files[0]}"
    old: Check | None
    new: Check | None
    if revision is None:
        old, new = (None if file == os.devnull else _analyze(file) for file in files)
    else:
        with at_revision(revision, files[0]) as path:
            old = _analyze(path) if path is not None else None
        new = _analyze(new_name) if old is None or os.path.lexists(new_name) else None
    from seqspec.core.compare import Comparison

    comparison = Comparison(old, new)
    renderer = import_module(f"seqspec.cli.diff_{'html' if html else format_}")
    write([renderer.render(comparison, old_name, new_name)], output)
    if any(diagnostic.name == "internal-error" for diagnostic in comparison.new):
        sys.exit(2)
    if comparison.changed or any(diagnostic.severity == "error" for diagnostic in comparison.new):
        sys.exit(1)


def _analyze(file: str) -> Check:
    check = Check.of(file)
    # Read now, while the documents that it extends are there.
    diagnostics = check.linted.diagnostics
    if check.document.text is None:
        violation = diagnostics[0]
        help = f" ({violation.help})" if violation.help else ""
        raise click.UsageError(f"{file}: {violation.message}{help}")
    return check


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
