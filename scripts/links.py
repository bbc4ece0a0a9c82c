"""The addresses of the project, and the files that repeat them.

`[project.urls] Repository` in pyproject.toml is the one setting; `scripts/generate` writes the rest: pages that name
the repository, and the version that the citation carries.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("docs/ci.md", "SECURITY.md", "CITATION.cff", ".github/ISSUE_TEMPLATE/config.yml", "pyproject.toml")
"""Files that a person writes, in which only the addresses are replaced."""

_NAME = r"[\w.-]+/seqspec"
_ADDRESS = re.compile(rf"https://github\.com/{_NAME}(?=[\s/\"')>]|$)", re.M)
_ACTION = re.compile(rf"(?<=uses: ){_NAME}(?=@)")
_RAW = re.compile(rf"https://raw\.githubusercontent\.com/{_NAME}(?=/)")
_VERSION = re.compile(r"(?<=^version: )\S+$", re.M)


def repository():
    """The address of the repository, without a slash at its end."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["urls"]["Repository"].rstrip("/")


def version():
    """The version of the package."""
    text = (ROOT / "seqspec" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"$', text, re.M)[1]


def linked_files():
    """The text of each file with the addresses of this repository, by name."""
    address = repository()
    name = address.removeprefix("https://github.com/")
    texts = {}
    for file in FILES:
        text = (ROOT / file).read_text(encoding="utf-8")
        text = _ADDRESS.sub(address, text)
        text = _ACTION.sub(name, text)
        text = _RAW.sub(f"https://raw.githubusercontent.com/{name}", text)
        texts[file] = _VERSION.sub(version(), text) if file == "CITATION.cff" else text
    return texts
