"""The house's order: imports run from a later room to an earlier one, and a check imports nothing heavy."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import seqspec

PACKAGE = Path(seqspec.__file__).parent
ROOMS = [
    "diagnostics",
    "output",
    "syntax",
    "shapes",
    "language",
    "config",
    "catalog",
    "document",
    "importers",
    "fixes",
    "suppressions",
    "analysis",
    "compare",
    "linter",
    "schema",
    "codegen",
    "compiler",
    "lsp",
    "playground",
    "cli",
]
HEAVY = {"keras", "tensorflow", "numpy", "pydantic", "pydantic_core", "rich"}


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("seqspec."):
            yield node.module.split(".")[1], node
        elif isinstance(node, ast.Import):
            for name in node.names:
                if name.name.startswith("seqspec."):
                    yield name.name.split(".")[1], node


def test_rooms_import_only_earlier_rooms():
    wrong = []
    for room in ROOMS:
        for path in (PACKAGE / room).rglob("*.py"):
            for other, node in imported_rooms(path):
                if other in ROOMS and ROOMS.index(other) > ROOMS.index(room):
                    wrong.append(f"{path.relative_to(PACKAGE)}:{node.lineno} imports {other}")
    assert wrong == []


def test_every_room_is_in_the_order():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert folders == set(ROOMS)


def test_only_the_compiler_imports_keras():
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] == "compiler":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            assert not any(name.split(".")[0] in ("keras", "tensorflow", "numpy") for name in names), path


def modules_after(code):
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(m.split('.')[0] for m in sys.modules)))"
    out = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    return set(json.loads(out.splitlines()[-1]))


def test_import_seqspec_is_light():
    assert not modules_after("import seqspec") & (HEAVY | {"click", "jsonschema", "tomllib"})


def test_a_check_imports_nothing_heavy(tmp_path):
    document = {
        "seqspec": 1,
        "vars": {"n": 3},
        "model": {
            "input": [28, 28, 1],
            "layers": [
                {"type": "Conv2D", "filters": "$n", "kernel_size": 3, "activation": "relu"},
                {"type": "TimeDistributed", "layer": {"type": "LSTM", "units": 4}},
                {"type": "MobileNetV2", "include_top": False, "weights": "none"},
                {"type": "Dense", "units": "wrong"},
            ],
        },
        "compile": {"optimizer": "adam(1e-3)", "loss": "mse", "metrics": ["accuracy"]},
        "fit": {"epochs": 2, "callbacks": [{"type": "EarlyStopping"}]},
    }
    path = tmp_path / "model.seqspec.json"
    path.write_text(json.dumps(document))
    command = (
        "from click.testing import CliRunner\nfrom seqspec.cli.main import cli\n"
        f"assert CliRunner().invoke(cli, ['check', {str(path)!r}]).exit_code == 1"
    )
    assert not modules_after(command) & (HEAVY | {"jsonschema"})


def test_a_program_is_written_without_keras():
    document = {"seqspec": 1, "model": {"input": [4], "layers": [{"type": "Dense", "units": 2}]}}
    assert not modules_after(f"import seqspec\nseqspec.to_python({document})") & (HEAVY | {"jsonschema"})
