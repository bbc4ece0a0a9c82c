"""Which nightly tests a run with `--nightly=changed` includes: those whose area the last commits changed."""

import functools
import subprocess

from tests import ROOT

COMMITS = 5
AREAS = {
    "tests/cli": ("seqspec/cli", "seqspec/core/language", "tests/cli"),
    "tests/core/differential": (
        "seqspec/core/analysis", "seqspec/core/catalog", "seqspec/core/compiler", "seqspec/core/shapes",
        "tests/core/differential", "tests/descriptors",
    ),
    "tests/core": ("seqspec/core", "tests/core"),
    "tests/editor": ("seqspec/editor", "seqspec/core/schema", "editors", "tests/editor"),
    "tests/integration": (
        ".pre-commit-hooks.yaml", "action.yml", "ci", "mkdocs.yml", "scripts/site.py", "tests/integration",
    ),
    "tests/programs": ("seqspec/programs", "tests/programs"),
    "tests/robustness": ("seqspec/core/syntax", "seqspec/core/language", "tests/robustness"),
    "tests/saved_models": ("seqspec/saved_models", "tests/saved_models"),
    "tests/training": ("seqspec/training", "tests/training"),
}  # fmt: skip
"""Folder of tests → files and folders whose changes it tests."""


def changed_files(root=ROOT, commits=COMMITS):
    """The files that the last commits and the working tree change; none where git or the history is missing.

    Files that were only moved do not count, nor does the first commit of a shallow clone, which seems to add them all.
    """
    log = [
        "log",
        f"--max-count={commits}",
        "--min-parents=1",
        "--first-parent",
        "--diff-merges=first-parent",
        "--format=",
    ]
    found = set()
    for arguments in (log, ["diff", "HEAD"]):
        try:
            done = subprocess.run(
                ["git", "-C", root, *arguments, "--name-status", "--find-renames"], capture_output=True, text=True
            )
        except FileNotFoundError:
            return set()
        changes = (line.split("\t") for line in done.stdout.splitlines() if line)
        found |= {name for status, *names in changes if status != "R100" for name in names}
    return found


def changed_areas(files):
    """The folders of tests in whose areas the files are."""
    return {
        folder
        for folder, area in AREAS.items()
        if any(file == place or file.startswith(f"{place}/") for file in files for place in area)
    }


@functools.cache
def _areas_of_this_checkout():
    return changed_areas(changed_files())


def includes(config, item):
    """Whether a run includes a nightly test: the narrowest folder of `AREAS` that holds it decides."""
    if config.option.nightly == "all":
        return True
    path = item.path.relative_to(ROOT).as_posix()
    folders = [folder for folder in AREAS if path.startswith(f"{folder}/")]
    return max(folders, key=len, default="") in _areas_of_this_checkout()
