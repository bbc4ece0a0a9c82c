"""The tables beside [model]: what they read, and where a mistake is shown."""

import json
import re
import tomllib
from pathlib import Path

import pytest

import seqspec
from seqspec.document.data import read_data
from seqspec.document.outputs import read_outputs
from seqspec.document.runtime import read_runtime
from seqspec.document.tables import TABLES, table_keys
from seqspec.document.target import KINDS, read_target
from seqspec.document.training import read_compile, read_fit
from seqspec.language.keys import TOP_LEVEL


def read(reader, tree):
    violations = []
    found = reader(tree, violations)
    return found, [(violation.rule, violation.path) for violation in violations]


GOOD = [
    (read_compile, {}),
    (read_compile, {"optimizer": "adam(1e-3)", "loss": "mse", "metrics": ["accuracy", {"type": "AUC"}]}),
    (read_compile, {"loss": ["mse"], "metrics": {"head": ["mae"]}, "loss_weights": {"head": 2}}),
    (read_compile, {"loss": {"head": "mse"}, "jit_compile": "auto", "steps_per_execution": 4, "x-note": "mine"}),
    (read_compile, {"optimizer": "none", "loss": "none", "metrics": "none"}),
    (read_fit, {"epochs": 3, "validation_split": 0.1, "class_weight": {"0": 1, "1": 2.5}, "verbose": 2}),
    (read_fit, [{"epochs": 3}, {"epochs": 5, "initial_epoch": 3, "callbacks": ["EarlyStopping"]}]),
    (read_fit, {"shuffle": "batch", "validation_freq": [1, 5]}),
    (read_target, {"kind": "binary"}),
    (read_target, {"kind": "multiclass", "classes": 10, "encoding": "one_hot", "names": ["a", "b"]}),
    (read_target, {"kind": "multilabel", "classes": 3, "class_counts": [1, 2, 3]}),
    (read_target, {"kind": "regression", "shape": ["T", 2], "range": [-1, 1], "dtype": "float32"}),
    (read_target, {"kind": "reconstruction"}),
    (read_data, {"train": {"samples": 10, "shape": [28, "?"], "range": [0, 255]}, "validation": {}}),
    (read_data, {"test": {"ordered": True, "source": "data/test.npz", "dtype": "uint8"}}),
    (read_runtime, {"seed": 1, "dtype_policy": "mixed_float16", "backend": "tensorflow"}),
    (read_runtime, {"distribution": "data_parallel", "backend": "none"}),
    (read_outputs, {"save": {"filepath": "m.keras"}, "export": {"filepath": "m.tflite", "format": "litert"}}),
    (read_outputs, {"quantize": {"mode": "int8"}, "report": {"filepath": "r.json", "evaluate": []}}),
]


@pytest.mark.parametrize(("reader", "tree"), GOOD, ids=lambda value: getattr(value, "__name__", str(value)))
def test_reads(reader, tree):
    found, violations = read(reader, tree)
    assert violations == []
    assert found is not None


BAD = [
    (read_compile, [], [("wrong-type", ())]),
    (read_compile, {"optimiser": "adam"}, [("unknown-key", ("optimiser",))]),
    (read_compile, {"metrics": "accuracy"}, [("wrong-type", ("metrics",))]),
    (
        read_compile,
        {"metrics": ["acuracy"], "loss": "msee"},
        [("unknown-name", ("metrics", 0)), ("unknown-name", ("loss",))],
    ),
    (read_compile, {"optimizer": {"type": "Adam", "lr": 1}}, [("unknown-argument", ("optimizer", "lr"))]),
    (
        read_compile,
        {"optimizer": {"type": "Adam", "learning_rate": "1e-3"}},
        [("wrong-type", ("optimizer", "learning_rate"))],
    ),
    (
        read_compile,
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
    (read_compile, {"steps_per_execution": 0}, [("bad-value", ("steps_per_execution",))]),
    (read_fit, {"x": 1, "epoch": 2}, [("unknown-key", ("x",)), ("unknown-key", ("epoch",))]),
    (read_fit, [{"epochs": 1}, {"epochs": "2"}], [("wrong-type", (1, "epochs"))]),
    (read_fit, "fast", [("wrong-type", ())]),
    (read_fit, {"class_weight": {"cat": 1}}, [("wrong-type", ("class_weight", "cat"))]),
    (read_fit, {"validation_split": 1.0}, [("bad-value", ("validation_split",))]),
    (read_fit, {"callbacks": ["LambdaCallback"]}, [("unsupported-class", ("callbacks", 0))]),
    (read_fit, {"callbacks": [{"type": "LearningRateScheduler"}]}, [("unsupported-class", ("callbacks", 0, "type"))]),
    (read_target, {}, [("missing-key", ())]),
    (read_target, {"kind": "multi_class", "classes": 2}, [("bad-value", ("kind",))]),
    (read_target, {"kind": "multiclass"}, [("missing-key", ())]),
    (read_target, {"kind": "binary", "classes": 2}, [("unknown-key", ("classes",))]),
    (read_target, {"kind": "regression", "range": [1, 0]}, [("bad-value", ("range",))]),
    (read_target, {"kind": "regression", "shape": [-1]}, [("wrong-type", ("shape", 0))]),
    (read_data, {"samples": 3}, [("unknown-key", ("samples",))]),
    (read_data, {"train": {"sample": 3}}, [("unknown-key", ("train", "sample"))]),
    (read_data, {"train": 3}, [("wrong-type", ("train",))]),
    (
        read_runtime,
        {"seed": -1, "dtype_policy": "mixed"},
        [("bad-value", ("seed",)), ("unknown-name", ("dtype_policy",))],
    ),
    (read_outputs, {"save": {"filepath": "model"}}, [("bad-value", ("save", "filepath"))]),
    (
        read_outputs,
        {"save": {}, "quantize": {"mode": "int3"}},
        [("missing-key", ("save",)), ("bad-value", ("quantize", "mode"))],
    ),
    (read_outputs, {"export": {"filepath": "m", "format": "litert"}}, [("bad-value", ("export", "filepath"))]),
]


@pytest.mark.parametrize(("reader", "tree", "expected"), BAD, ids=[str(tree) for _, tree, _ in BAD])
def test_mistakes_stand_at_their_place(reader, tree, expected):
    assert read(reader, tree)[1] == expected


def test_one_wrong_key_hides_no_other():
    runtime, violations = read(read_runtime, {"seed": "one", "dtype_policy": "mixed_float16"})
    assert violations == [("wrong-type", ("seed",))]
    assert runtime.dtype_policy == "mixed_float16"


@pytest.mark.parametrize(
    ("reader", "tree"),
    [entry for entry in GOOD if entry[0] is not read_outputs],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_long_form_reads_the_same(reader, tree):
    found, _ = read(reader, tree)
    trees = [stage.to_tree() for stage in found] if isinstance(found, list) else found.to_tree()
    again, violations = read(reader, trees)
    assert violations == []
    assert str(again) == str(found)


def test_every_kind_of_target_has_its_table():
    assert list(KINDS) == ["binary", "multiclass", "multilabel", "regression", "reconstruction"]


def test_the_page_about_the_language_names_the_tables_and_their_keys():
    page = (Path(__file__).resolve().parents[2] / "docs/language.md").read_text(encoding="utf-8")
    rows = [line for line in page.split("| top-level key |")[1].split("\n\n")[0].splitlines() if line.startswith("| `")]
    assert {key for row in rows for key in re.findall(r"`([^`]+)`", row.split("|")[1])} == set(TOP_LEVEL)
    rows = [line for line in page.splitlines() if re.match(r"\| `\[\w+\]` \|", line)]
    assert len(rows) == 5
    for row in rows:
        table = re.findall(r"`\[(\w+)\]`", row)[0]
        named = re.findall(r"`(\w+)`", row.split("|")[2].split(";")[0])
        assert sorted(named) == sorted(table_keys((table,)))


def test_input_dim_of_an_embedding_is_no_input():
    for kind in ("Embedding", "ReversibleEmbedding"):
        layers = [{"type": kind, "input_dim": 9, "output_dim": 2}]
        report = seqspec.check({"seqspec": 1, "model": {"layers": layers}})
        assert [found.name for found in report.diagnostics] == ["missing-input"]


CASES = Path(__file__).parent.parent / "cases"


def tables_at(tree, path):
    """The tables at a path of a document, those of lists too; `"*"` stands for any key."""
    found = [tree]
    for key in path:
        inner = [table.values() if key == "*" else [table.get(key)] for table in found]
        flat = [value for values in inner for value in values]
        found = [each for value in flat for each in (value if isinstance(value, list) else [value])]
        found = [table for table in found if isinstance(table, dict)]
    return found


@pytest.mark.parametrize("path", TABLES, ids="/".join)
def test_the_golden_documents_set_every_key(path):
    files = [path for path in (CASES / "ok").rglob("*") if path.suffix in (".toml", ".json")]
    trees = [(tomllib if file.suffix == ".toml" else json).loads(file.read_text(encoding="utf-8")) for file in files]
    assert set(table_keys(path)) - {key for tree in trees for table in tables_at(tree, path) for key in table} == set()
