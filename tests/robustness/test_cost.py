"""Specs below the default limits are checked in bounded time and memory, with a bounded number of findings."""

import json
import random

import pytest

from seqspec.core.analysis.resolve import MAX_FINDINGS
from seqspec.core.config.patterns import Patterns
from seqspec.core.document.json_schema import policy_violations
from seqspec.core.language.regex import is_cheap, search
from tests.robustness.conftest import MEMORY

HEAD = "seqspec = 1\n"
MODEL = '[model]\ninput = [8]\nlayers = [{ type = "Dense", units = 4 }]\n'
RANDOM = random.Random(1)
NAMES = ["".join(RANDOM.choice("abcdefghij") for _ in range(12)) for _ in range(1200)]
WRONG = [name[:-2] + name[-1] + name[-2] for name in NAMES]


def layers(entries):
    return (
        "[model]\ninput = [8]\nlayers = [\n"
        + "".join(entry if entry.endswith("\n") else f"{entry},\n" for entry in entries)
        + "]\n"
    )


def dense(units):
    return f'{{ type = "Dense", units = "{units}" }}'


def custom_args(schema, values):
    return (
        f'[model]\ninput = [8]\nlayers = [{{ custom = "A", s = [{values}] }}]\n'
        f'[custom.A]\nimport = "m:A"\nargs = {{ type = "object", properties = {{ s = {schema} }} }}\n'
    )


def numbered(text, count):
    return "".join(text.replace("@", str(index)) for index in range(count))


DOCUMENTS = {
    "blanks after an opening bracket": "vars = { a = [1] }\n" + layers([dense(f"$a[{' ' * 900_000}")]),
    "blanks in brackets": "vars = { a = [1] }\n" + layers([dense(f"$a[{' ' * 900_000}]")]),
    "misspelt variables": "[vars]\n"
    + "".join(f"{name} = 4\n" for name in NAMES)
    + layers(f'{{ type = "Dense", units = "${name}" }}' for name in WRONG),
    "misspelt classes": layers(f'{{ custom = "{name}" }}' for name in WRONG)
    + "".join(f'[custom.{name}]\nimport = "m:{name}"\n' for name in NAMES),
    "misspelt blocks": layers(f'{{ use = "{name}" }}' for name in WRONG)
    + "".join(f'[blocks.{name}]\nlayers = [{{ type = "Dense", units = 4 }}]\n' for name in NAMES),
    "unique entries": custom_args(
        '{ type = "array", uniqueItems = true }', ",".join(f"{{ a = {n} }}" for n in range(20_000))
    ),
    "an enum of lists": custom_args(
        f'{{ type = "array", items = {{ enum = [{",".join(f"[{n + 20_000}]" for n in range(20_000))}] }} }}',
        ",".join(f"[{n}]" for n in range(20_000)),
    ),
    "steps of a schedule": MODEL
    + '[compile]\nloss = "mse"\noptimizer = { type = "Adam", learning_rate = { type = "PiecewiseConstantDecay", '
    + f"boundaries = [{','.join(str(n + 1) for n in range(60_000))}], "
    + f"values = [{','.join(f'0.{n + 1}' for n in range(60_001))}] }} }}\n"
    + "[fit]\nepochs = 30\nbatch_size = 32\n[data]\nsamples = 100000\n",
    "suppression comments": layers(['{ type = "Dense", units = 4 }', *["# seqspec: ignore[SEQ301]\n"] * 35_000]),
    "suppressions at every line": layers(['{ type = "Dense", units = "a" }, # seqspec: ignore[SEQ301]\n'] * 9000),
    "unused blocks": MODEL + numbered('[blocks.b@]\nlayers = [{ type = "Dense", units = 4 }]\n', 18_000),
    "unused variables": "[vars]\n" + numbered("v@ = 1\n", 60_000) + MODEL,
    "unknown keys": numbered("modle@ = 1\n", 50_000) + MODEL,
    "nested for over an empty block": f"[vars]\nn = [{','.join(['1'] * 5000)}]\n"
    '[model]\ninput = [8]\nlayers = [{ use = "b3", for = { x = "$n" } }, { type = "Dense", units = 4 }]\n'
    "[blocks.b0]\nparams = { x = 1 }\nlayers = []\n"
    + "".join(
        f'[blocks.b{n}]\nparams = {{ x = 1 }}\nlayers = [{{ use = "b{n - 1}", for = {{ x = "$n" }} }}]\n'
        for n in (1, 2, 3)
    ),
    "a filter that backtracks": "[model]\ninput = [8]\n"
    f'layers = [{{ type = "Dense", units = 4, name = "{"a" * 60}_" }}]\n'
    '[quantize]\nmode = "int8"\nfilters = "(a+)+$"\n',
    "deep headers": MODEL + numbered(f"[x-@.{'.'.join('a' * 60)}]\n", 5000),
}


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_the_work_for_a_document_is_bounded(text, limited, write):
    text = HEAD + text
    assert len(text) < 1 << 20
    found = limited("check", "--format", "concise", write("m.seqspec.toml", text))
    assert found.status in (0, 1), found.err
    assert "internal" not in found.out
    assert found.out.count("\n") <= MAX_FINDINGS + 1
    assert found.memory < MEMORY


def test_the_work_for_a_program_of_many_models_is_bounded(limited, write):
    model = "m@ = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])\n"
    text = "import keras\n" + numbered(model, 10_000)
    found = limited("check", write("m.py", text[: 1 << 20].rpartition("\n")[0]))
    assert found.status == 0 and "the program is too large to read completely" in found.out
    assert found.memory < MEMORY


def test_overrides_of_misspelt_layers(limited, write):
    write("base.seqspec.toml", HEAD + layers(f'{{ type = "Dense", units = 4, name = "{name}" }}' for name in NAMES))
    text = HEAD + 'extends = "base.seqspec.toml"\n[override.layers]\n'
    found = limited("check", write("m.seqspec.toml", text + "".join(f"{name} = {{ units = 3 }}\n" for name in WRONG)))
    assert found.status == 1
    assert "did you mean" in found.out


def test_findings_beyond_the_limit_are_counted(limited, write):
    name = write("m.seqspec.toml", HEAD + "[vars]\n" + numbered("v@ = 1\n", 3000) + MODEL.replace("units", "unit"))
    found = json.loads(limited("check", "--format", "json", name).out)["documents"][0]["diagnostics"]
    assert len(found) == MAX_FINDINGS + 1
    # Errors go first.
    assert {"unknown-argument"} == {d["name"] for d in found if d["severity"] == "error"}
    assert found[-1]["name"] == "findings-omitted"
    assert f"{3000 + 1 - MAX_FINDINGS:,} of SEQ022" in found[-1]["message"]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_patterns_that_backtrack_end(pattern, monkeypatch):
    text = "a" * 60 + "!"
    assert not is_cheap(pattern, text)
    assert search(pattern, text) in (False, None)
    monkeypatch.setattr("seqspec.core.language.regex._engine", lambda: None)
    assert search(pattern, text) is None


@pytest.mark.parametrize("pattern", ["conv", "^conv_[0-9]+$", "a.b", "x|y", "[^a]b?", r"\w+_\d", "(?:a|b)c", "a{2,3}"])
@pytest.mark.parametrize("text", ["conv", "conv_12", "aab", "y", "axb", "bc", "w_1", ""])
def test_plain_patterns_need_no_other_package(pattern, text, monkeypatch):
    import re

    monkeypatch.setattr("seqspec.core.language.regex._engine", lambda: None)
    assert search(pattern, text) == (re.search(pattern, text) is not None)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"x": {"pattern": "(a+)+$"}}},
        {"patternProperties": {"(a+)+$": {"type": "string"}}},
        {"propertyNames": {"pattern": "(a+)+$"}},
        {"patternProperties": {"(a+)+$": {}}, "additionalProperties": False},
        {"patternProperties": {"(a+)+$": {}}, "unevaluatedProperties": False},
    ],
)
@pytest.mark.parametrize("engine", [True, False])
def test_patterns_of_a_policy_end(schema, engine, monkeypatch):
    if not engine:
        monkeypatch.setattr("seqspec.core.language.regex._engine", lambda: None)
    found = policy_violations(schema, {"x": "a" * 60 + "!", "a" * 60 + "!": 1})
    if not engine:
        assert any("bounded time" in violation.message for violation in found)


def test_dynamic_references_of_a_policy_end():
    double = {"allOf": [{"$dynamicRef": "#a"}, {"$dynamicRef": "#a"}]}
    schema = {"$defs": {"a": {"$dynamicAnchor": "a", "properties": {"x": double}}}, "$dynamicRef": "#a"}
    value = 1
    for _ in range(30):
        value = {"x": value}
    assert any("more than" in violation.message for violation in policy_violations(schema, value))


def test_patterns_of_paths_match_as_gitignore_and_end():
    from pathspec import GitIgnoreSpec

    assert Patterns("/p", ["a*" * 30 + "b"]).verdict("/p/" + "a" * 250) is None
    chooser = random.Random(5)
    for _ in range(3000):
        line = "".join(
            chooser.choice(["a", "b", "*", "*", "*", "?", "/", "[ab]"]) for _ in range(chooser.randint(4, 10))
        )
        try:
            spec = GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue
        path = "/".join("".join(chooser.choice("ab") for _ in range(chooser.randint(1, 6))) for _ in range(2))
        assert Patterns("/p", [line]).verdict("/p/" + path) == spec.check_file(path).include, (line, path)


def test_stars_in_gitignore_end(limited, write, tmp_path):
    (tmp_path / ".git").mkdir()
    write(".gitignore", "a*" * 30 + "b\n")
    write("a" * 100 + ".seqspec.toml", HEAD + MODEL)
    found = limited("check", ".")
    assert (found.status, found.out.count("1 file checked")) == (0, 1)
