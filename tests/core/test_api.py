"""The modules of `seqspec.core.api` export what extensions use and nothing else, and import it when it is used."""

import ast
import importlib
import subprocess
import sys

import pytest

from tests import ROOT
from tests.requirements import unmeasured

API = ROOT / "seqspec" / "core" / "api"
EXTENSIONS = ("agents", "editor", "programs", "saved_models", "training")
TOPICS = sorted(path.stem for path in API.glob("*.py") if path.stem != "__init__")


def imported(path):
    """The names that a file imports, with the modules that it imports them from."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {(node.module, alias.name) for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}


@pytest.fixture(scope="module")
def used():
    files = (path for extension in EXTENSIONS for path in (ROOT / "seqspec" / extension).rglob("*.py"))
    return set().union(*map(imported, files))


def exports(topic):
    return {name for module, name in imported(API / f"{topic}.py") if module not in ("typing", "seqspec.core.lazy")}


@pytest.mark.parametrize("topic", TOPICS)
def test_an_extension_uses_every_name(topic, used):
    assert exports(topic) == {name for module, name in used if module == f"seqspec.core.api.{topic}"}


def test_the_boundary_has_at_most_fifteen_modules():
    assert len(TOPICS) <= 15


@pytest.mark.needs("keras")
@pytest.mark.parametrize("topic", TOPICS)
def test_every_name_is_that_of_its_module(topic):
    module = importlib.import_module(f"seqspec.core.api.{topic}")
    for home, name in imported(API / f"{topic}.py"):
        if name in exports(topic):
            assert getattr(module, name) is getattr(importlib.import_module(home), name)


def test_an_unknown_name_is_an_attribute_error():
    from seqspec.core.api import check

    with pytest.raises(AttributeError, match=r"'seqspec\.core\.api\.check' has no attribute 'chek'"):
        _ = check.chek


def test_the_boundary_imports_nothing_by_itself():
    code = (
        f"import importlib, sys\nfor topic in {TOPICS}: importlib.import_module(f'seqspec.core.api.{{topic}}')\n"
        "print(*(m for m in sys.modules if m.startswith('seqspec.core.') and not m.startswith('seqspec.core.api')))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=unmeasured())
    assert done.stdout.split() == ["seqspec.core.lazy"]
