"""What depends on a change: tests by their distance in the import graph, and what a recipe requires beside a file."""

import ast
from collections import deque
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
API = "seqspec.core.api."
NEW_PLACES = (
    "seqspec/core/linter/rules/",
    "seqspec/core/catalog/layers/",
    "seqspec/training/data/tables/formats/",
    "seqspec/training/export/",
    "seqspec/training/loggers/",
    "seqspec/core/output/",
)
"""Folders of recipes whose new modules users notice, so that they need a line in CHANGELOG.md."""
REGISTRIES = {
    "seqspec/core/linter/rules/": (
        "tests/core/linter/rules/test_every_rule.py",
        "tests/core/linter/test_rule_texts.py",
    ),
    "seqspec/training/data/tables/formats/": ("tests/training/data/test_table_formats.py",),
    "seqspec/training/export/": ("tests/training/export/test_formats.py",),
    "seqspec/core/catalog/export_formats.py": ("tests/training/export/test_formats.py",),
    "seqspec/core/document/table_formats.py": ("tests/training/data/test_table_formats.py",),
}
"""Tests of modules that a registry imports by name, which the import graph does not show."""


def module_of(path):
    """The module of a file of the repository, such as `tests/core/test_spec.py`."""
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imported_names(module):
    """The pairs (module, name) that a module imports."""
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {(n.module, alias.name) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for alias in n.names}


def importers_by_topic(graph, module, topic):
    """The modules that import from a topic of `seqspec.core.api` what the topic imports from a module."""
    exported = {(topic, name) for home, name in imported_names(topic) if module in (home, f"{home}.{name}")}
    return [user for user in graph.find_modules_that_directly_import(topic) if exported & imported_names(user)]


def distances(changed):
    """Modules of seqspec and tests that import one of the changed modules → the number of imports in between."""
    graph = grimp.build_graph("seqspec", "tests", cache_dir=str(ROOT / ".import_linter_cache"))
    reached = {module: 0 for module in map(module_of, changed) if module in graph.modules}
    waiting = deque(reached)
    while waiting:
        module = waiting.popleft()
        importers = graph.find_modules_that_directly_import(module)
        for topic in [name for name in importers if name.startswith(API)]:
            importers = importers - {topic} | set(importers_by_topic(graph, module, topic))
        for importer in importers:
            if importer not in reached:
                reached[importer] = reached[module] + 1
                waiting.append(importer)
    return reached


def mirrored(path):
    """The nearest folder of tests for a module: tests/core/shapes for seqspec/core/shapes/tensor.py."""
    folder = ROOT / "tests" / Path(path).relative_to("seqspec").parent
    while not any(folder.glob("test_*.py")):
        folder = folder.parent
    return folder


def tests_of(changed):
    """Test files that a change can affect, the nearest first.

    In this order: changed tests, the test of a changed module by name, tests of its registry, tests that import it,
    tests of the mirrored folder, tests that import it by way of other modules.
    """
    python = [path for path in changed if path.endswith(".py") and path.startswith(("seqspec/", "tests/"))]
    ranks = {}

    def rank(path, value):
        ranks[path] = min(value, ranks.get(path, value))

    reached = distances(python)
    for module, distance in reached.items():
        path = module.replace(".", "/") + ".py"
        if Path(path).name.startswith("test_"):
            rank(path, 0 if distance == 0 else 2 if distance == 1 else 2 + distance)
    for path in changed:
        for place, tests in REGISTRIES.items():
            if path.startswith(place):
                for test in tests:
                    rank(test, 1)
        if path.startswith("seqspec/") and path.endswith(".py"):
            folder = mirrored(path)
            if folder == ROOT / "tests":
                continue
            for test in sorted(folder.glob("test_*.py")):
                order = {f"test_{Path(path).parent.name}": 2, f"test_{Path(path).stem}": 1}
                rank(test.relative_to(ROOT).as_posix(), order.get(test.stem, 3))
        if (
            path.startswith("scripts/")
            and (ROOT / f"tests/scripts/test_{Path(path).stem.replace('-', '_')}.py").exists()
        ):
            rank(f"tests/scripts/test_{Path(path).stem.replace('-', '_')}.py", 1)
    return [path for path, _ in sorted(ranks.items(), key=lambda item: (item[1], item[0])) if (ROOT / path).exists()]


def golden_names(changed):
    """Names of rules and tables by which the golden documents of a change are selected."""
    names = set()
    for path in map(Path, changed):
        if path.is_relative_to("seqspec/core/linter/rules") and path.stem != "__init__":
            names.add(path.stem.replace("_", "-"))
        elif path.is_relative_to("tests/cases") and len(path.parts) > 3:
            names.add(path.parent.name)
    return sorted(names)


def forgotten(changed, added):
    """What a recipe requires and the change does not have."""
    rules = [
        path
        for path in map(Path, added)
        if path.is_relative_to("seqspec/core/linter/rules") and path.stem != "__init__" and path.suffix == ".py"
    ]
    for path in rules:
        name = path.stem.replace("_", "-")
        for kind in ("err", "ok"):
            if not (ROOT / "tests/cases" / kind / path.parent.name / name).is_dir():
                yield f"{path} has no documents in tests/cases/{kind}/{path.parent.name}/{name}/"
        text = (ROOT / path).read_text(encoding="utf-8")
        if "replace_me" in text or "Describe what Keras does" in text:
            yield f"{path} still has the example of scripts/new-rule"
        if not any(test.startswith(("tests/core/linter/rules/", "tests/core/differential/")) for test in changed):
            yield f"no test of {name} in tests/core/linter/rules/ or tests/core/differential/"
    new = [path for path in added if path.startswith(NEW_PLACES) and path.endswith(".py")]
    if new and "CHANGELOG.md" not in changed:
        yield f"{new[0]} is new, and CHANGELOG.md has no line about it"
