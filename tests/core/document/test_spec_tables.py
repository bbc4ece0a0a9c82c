"""The tables of a spec besides [model]: their values, and the locations of mistakes."""

import ast
import json
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

import seqspec
from seqspec.core.document.columns import KINDS as COLUMN_KINDS
from seqspec.core.document.data import Data
from seqspec.core.document.outputs import EvaluationReport, Export, Quantize, Save
from seqspec.core.document.runtime import Runtime
from seqspec.core.document.sources import SOURCES, SPLITS, Best, Fill, FractionSplit, LastLayers, Representative
from seqspec.core.document.table_formats import TABLE_OPTIONS
from seqspec.core.document.tables import TABLES, declaration, table_keys
from seqspec.core.document.target import KINDS, read_target
from seqspec.core.document.training_tables import Compile, Fit
from seqspec.core.language.keys import TOP_LEVEL
from tests import CASES, ROOT
from tests.training.data.column_samples import SAMPLES


def read(reader, tree):
    violations = []
    found = reader(tree, violations)
    return found, [(violation.rule, violation.path) for violation in violations]


GOOD = [
    (Compile.read_table, {}),
    (Compile.read_table, {"optimizer": "adam(1e-3)", "loss": "mse", "metrics": ["accuracy", {"type": "AUC"}]}),
    (Compile.read_table, {"loss": ["mse"], "metrics": {"head": ["mae"]}, "loss_weights": {"head": 2}}),
    (Compile.read_table, {"loss": {"head": "mse"}, "jit_compile": "auto", "steps_per_execution": 4, "x-note": "mine"}),
    (Compile.read_table, {"optimizer": "none", "loss": "none", "metrics": "none"}),
    (Fit.read_list, {"epochs": 3, "validation_split": 0.1, "class_weight": {"0": 1, "1": 2.5}, "verbose": 2}),
    (Fit.read_list, [{"epochs": 3}, {"epochs": 5, "initial_epoch": 3, "callbacks": ["EarlyStopping"]}]),
    (Fit.read_list, {"shuffle": "batch", "validation_freq": [1, 5]}),
    (read_target, {"kind": "binary"}),
    (read_target, {"kind": "multiclass", "classes": 10, "encoding": "one_hot", "names": ["a", "b"]}),
    (read_target, {"kind": "multilabel", "classes": 3, "class_counts": [1, 2, 3]}),
    (read_target, {"kind": "regression", "shape": ["T", 2], "range": [-1, 1], "dtype": "float32"}),
    (read_target, {"kind": "reconstruction"}),
    (Data.read_table, {"train": {"samples": 10, "shape": [28, "?"], "range": [0, 255]}, "validation": {}}),
    (Data.read_table, {"test": {"ordered": True, "source": "data/test.npz", "dtype": "uint8"}}),
    (Runtime.read_table, {"seed": 1, "dtype_policy": "mixed_float16", "backend": "tensorflow"}),
    (Runtime.read_table, {"distribution": "data_parallel", "backend": "none"}),
    (Save.read_table, {"filepath": "m.keras"}),
    (Export.read_list, {"filepath": "m.tflite", "format": "litert"}),
    (Quantize.read_table, {"mode": "int8"}),
    (EvaluationReport.read_table, {"filepath": "r.json", "evaluate": []}),
]


@pytest.mark.parametrize(("reader", "tree"), GOOD, ids=lambda value: getattr(value, "__name__", str(value)))
def test_valid_table_is_read(reader, tree):
    found, violations = read(reader, tree)
    assert violations == []
    assert found is not None


BAD = [
    (Compile.read_table, [], [("wrong-type", ())]),
    (Compile.read_table, {"optimiser": "adam"}, [("unknown-key", ("optimiser",))]),
    (Compile.read_table, {"metrics": "accuracy"}, [("wrong-type", ("metrics",))]),
    (
        Compile.read_table,
        {"metrics": ["acuracy"], "loss": "msee"},
        [("unknown-name", ("metrics", 0)), ("unknown-name", ("loss",))],
    ),
    (Compile.read_table, {"optimizer": {"type": "Adam", "lr": 1}}, [("unknown-argument", ("optimizer", "lr"))]),
    (
        Compile.read_table,
        {"optimizer": {"type": "Adam", "learning_rate": "1e-3"}},
        [("wrong-type", ("optimizer", "learning_rate"))],
    ),
    (
        Compile.read_table,
        {
            "optimizer": {
                "type": "SGD",
                "learning_rate": {"type": "CosineDecay", "initial_learning_rate": 1, "decay_steps": 0},
            }
        },
        [
            ("bad-value", ("optimizer", "learning_rate", "decay_steps")),
        ],
    ),
    (Compile.read_table, {"steps_per_execution": 0}, [("bad-value", ("steps_per_execution",))]),
    (Fit.read_list, {"x": 1, "epoch": 2}, [("unknown-key", ("x",)), ("unknown-key", ("epoch",))]),
    (Fit.read_list, [{"epochs": 1}, {"epochs": "2"}], [("wrong-type", (1, "epochs"))]),
    (Fit.read_list, "fast", [("wrong-type", ())]),
    (Fit.read_list, {"class_weight": {"cat": 1}}, [("wrong-type", ("class_weight", "cat"))]),
    (Fit.read_list, {"validation_split": 1.0}, [("bad-value", ("validation_split",))]),
    (Fit.read_list, {"callbacks": ["LambdaCallback"]}, [("unsupported-class", ("callbacks", 0))]),
    (
        Fit.read_list,
        {"callbacks": [{"type": "LearningRateScheduler"}]},
        [("unsupported-class", ("callbacks", 0, "type"))],
    ),
    (read_target, {}, [("missing-key", ())]),
    (read_target, {"kind": "multi_class", "classes": 2}, [("bad-value", ("kind",))]),
    (read_target, {"kind": "multiclass"}, [("missing-key", ())]),
    (read_target, {"kind": "binary", "classes": 2}, [("unknown-key", ("classes",))]),
    (read_target, {"kind": "regression", "range": [1, 0]}, [("bad-value", ("range",))]),
    (read_target, {"kind": "regression", "shape": [-1]}, [("wrong-type", ("shape", 0))]),
    (Data.read_table, {"samples": 3}, [("unknown-key", ("samples",))]),
    (Data.read_table, {"train": {"sample": 3}}, [("unknown-key", ("train", "sample"))]),
    (Data.read_table, {"train": 3}, [("wrong-type", ("train",))]),
    (
        Runtime.read_table,
        {"seed": -1, "dtype_policy": "mixed"},
        [("bad-value", ("seed",)), ("unknown-name", ("dtype_policy",))],
    ),
    (Save.read_table, {"filepath": "model"}, [("bad-value", ("filepath",))]),
    (Save.read_table, {}, [("missing-key", ())]),
    (Quantize.read_table, {"mode": "int3"}, [("bad-value", ("mode",))]),
    (Export.read_list, {"filepath": "m", "format": "litert"}, [("bad-value", ("filepath",))]),
]


@pytest.mark.parametrize(("reader", "tree", "expected"), BAD, ids=[str(tree) for _, tree, _ in BAD])
def test_mistakes_stand_at_their_place(reader, tree, expected):
    assert read(reader, tree)[1] == expected


def test_one_wrong_key_hides_no_other():
    runtime, violations = read(Runtime.read_table, {"seed": "one", "dtype_policy": "mixed_float16"})
    assert violations == [("wrong-type", ("seed",))]
    assert runtime.dtype_policy == "mixed_float16"


@pytest.mark.parametrize(("reader", "tree"), GOOD, ids=lambda value: getattr(value, "__name__", str(value)))
def test_long_form_reads_the_same(reader, tree):
    found, _ = read(reader, tree)
    trees = [stage.to_tree() for stage in found] if isinstance(found, list) else found.to_tree()
    again, violations = read(reader, trees)
    assert violations == []
    assert str(again) == str(found)


def test_target_kinds_have_tables():
    assert list(KINDS) == ["binary", "multiclass", "multilabel", "regression", "reconstruction"]


def test_the_page_about_the_language_names_the_tables_and_their_keys():
    page = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    rows = [line for line in page.split("| top-level key |")[1].split("\n\n")[0].splitlines() if line.startswith("| `")]
    assert {key for row in rows for key in re.findall(r"`([^`]+)`", row.split("|")[1])} == set(TOP_LEVEL)
    rows = [line for line in page.splitlines() if re.match(r"\| `\[\w+\]` \|", line)]
    assert len(rows) == 6
    for row in rows:
        table = re.findall(r"`\[(\w+)\]`", row)[0]
        named = re.findall(r"`(\w+)`", row.split("|")[2].split(";")[0])
        assert sorted(named) == sorted(table_keys((table,))), f"docs/language.md: the row of [{table}] names other keys"


@pytest.mark.parametrize(
    ("heading", "classes"),
    [("Data", SOURCES), ("Splits", SPLITS), ("Tables with text, dates and missing values", COLUMN_KINDS)],
)
def test_the_page_about_training_names_the_keys_of_tables_in_data(heading, classes):
    page = (ROOT / "docs/training.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = {row.split("`")[1]: row for row in section.splitlines() if row.startswith("| `")}
    for name, declared in classes.items():
        # The fractions of the sets are explained in the example above the rows.
        expected = set(declared.key_names()) - {"type", "by", "kind"} - set(FractionSplit.key_names())
        named = set(re.findall(r"`(\w+)", rows[name].split("|", 2)[2]))
        assert expected <= named, f"docs/training.md: the row of {name} lacks {', '.join(sorted(expected - named))}"


def test_input_dim_of_an_embedding_is_no_input():
    for kind in ("Embedding", "ReversibleEmbedding"):
        layers = [{"type": kind, "input_dim": 9, "output_dim": 2}]
        report = seqspec.check({"seqspec": 1, "model": {"layers": layers}})
        assert [found.name for found in report.diagnostics] == ["missing-input"]


def tables_at(tree, path):
    """The tables at a path of a document, those of lists too; `"*"` stands for any key."""
    found = [tree]
    for key in path:
        inner = [table.values() if key == "*" else [table.get(key)] for table in found]
        flat = [value for values in inner for value in values]
        found = [each for value in flat for each in (value if isinstance(value, list) else [value])]
        found = [table for table in found if isinstance(table, dict)]
    return found


@cache
def golden_trees():
    files = [path for path in (CASES / "ok").rglob("*") if path.suffix in (".toml", ".json")]
    return [(tomllib if file.suffix == ".toml" else json).loads(file.read_text(encoding="utf-8")) for file in files]


@pytest.mark.parametrize("path", TABLES, ids="/".join)
def test_the_golden_documents_set_every_key(path):
    """They are what the schema, the formatter, the program and the fuzzer are tested with."""
    unset = set(table_keys(path)) - {key for tree in golden_trees() for table in tables_at(tree, path) for key in table}
    assert unset == set(), f"set {', '.join(sorted(unset))} in tests/cases/ok/every-key.toml"


@pytest.mark.parametrize(
    ("tag", "name", "declared"),
    [("type", *source) for source in SOURCES.items()]
    + [("by", *split) for split in SPLITS.items()]
    + [("kind", *kind) for kind in COLUMN_KINDS.items()],
    ids=[*SOURCES, *SPLITS, *COLUMN_KINDS],
)
def test_the_golden_documents_set_every_key_of_the_tables_in_data(tag, name, declared):
    places = [("data",), ("data", "*")]
    tables = [table for tree in golden_trees() for place in places for table in tables_at(tree, place)]
    values = [value for table in tables for value in (table.get("source"), table.get("split"))]
    values += [value for table in tables for value in table.get("columns", {}).values()]
    values += SAMPLES.values()
    found = [value for value in values if isinstance(value, dict) and value.get(tag) == name]
    # tests/training/data/test_table_formats.py sets the options of table formats.
    unset = set(declared.key_names()) - TABLE_OPTIONS.keys() - {key for value in found for key in value}
    assert unset == set(), f"set {', '.join(sorted(unset))} in a document of tests/cases/ok/sources"


@cache
def mentioned_names():
    """The attributes and strings in the code of seqspec, except where tables are declared, described and completed."""
    package = Path(seqspec.__file__).parent
    found = set()
    for path in package.rglob("*.py"):
        if not path.relative_to(package).as_posix().startswith(("core/document/", "core/schema/", "editor/lsp/")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute):
                    found.add(node.attr)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


def declared_tables():
    for path in TABLES:
        declared = declaration(path)
        for table in declared.values() if isinstance(declared, dict) else [declared]:
            yield pytest.param(table, id=table.__name__)
    for table in (*SOURCES.values(), *SPLITS.values(), Fill, LastLayers, Best, Representative):
        yield pytest.param(table, id=table.__name__)


@pytest.mark.parametrize("table", list(declared_tables()))
def test_table_keys_are_all_used(table):
    """A key that is only declared would be accepted without an effect."""
    unused = set(table.model_fields) - mentioned_names()
    assert unused == set(), f"nothing outside of core/document mentions {', '.join(sorted(unused))} of {table.title}"


@pytest.mark.parametrize(
    ("reader", "tree", "suggestion"),
    [
        (Data.read_table, {"source": {"type": "images", "path": "photos", "img_size": [32, 32]}}, "size"),
        (Data.read_table, {"source": {"type": "table", "file": "a.csv"}}, "path"),
        (Data.read_table, {"source": "a.csv", "split": {"by": "random", "val_size": 0.2}}, "validation"),
        (Runtime.read_table, {"framework": "jax"}, "backend"),
    ],
)
def test_keys_of_other_programs_are_suggested_and_read(reader, tree, suggestion):
    """The name that another program uses is a suggestion, and its value is read under the right key."""
    violations = []
    assert reader(tree, violations) is not None
    assert [(violation.rule, violation.suggestion) for violation in violations] == [("unknown-key", suggestion)]


def test_a_key_of_another_program_beside_its_own_is_removed():
    """Without this, the value of the wrong key would replace that of the right one."""
    violations = []
    Runtime.read_table({"backend": "jax", "framework": "torch"}, violations)
    assert [(violation.suggestion, violation.path) for violation in violations] == [(None, ("framework",))]


def test_runtime_names_the_option_that_chooses_devices():
    violations = []
    Runtime.read_table({"device": "gpu"}, violations)
    assert "--devices" in str(violations[0].help)
