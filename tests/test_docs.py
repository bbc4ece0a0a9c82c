"""Every example in the docs is real: documents check as the page says, Python runs, commands print what is shown.

A page is read from top to bottom in a folder of its own, with the examples in it. In the fences of a page

- `toml` and `json` are documents, which check without a finding; one without the key `seqspec` is a part of a document,
  and is completed first; one with `$schema` is a policy, one with `class_name` a model of Keras. `toml error` is a
  document with a mistake, `toml append` the end of the document before it. It is kept as `model.toml` or `model.json`,
  or as the file that a comment above it names; `pyproject.toml` and `seqspec.toml` are configurations.
- `python` runs, after what the page ran before.
- `py` is a Keras program, kept as the file that a comment above it names; it is checked, never run.
- `console` has lines with `$ seqspec ...`, which are run, and what they print. Other commands, and those that train or
  write models, are run by tests/training/test_docs.py.

`--write-golden` writes the outputs on the pages anew.
"""

import contextlib
import io
import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.catalog.index import LAYERS, layer_class
from seqspec.catalog.unsupported import REFUSED
from seqspec.cli.main import cli
from seqspec.config.settings import CONFIG_NAMES
from tests.fields import since_of

ROOT = Path(__file__).resolve().parent.parent
# The pages of the rules are generated, and their examples tested with the rules.
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/tutorials").glob("*.md"))]
# tests/integration/test_docs.py reads this one in the project that it tells of.
ELSEWHERE = {"ci.md"}
# These train or write models, and name folders after the time; tests/training/test_docs.py runs them.
NOT_RUN = ("build", "train", "resume", "evaluate", "predict", "runs", "export")
FENCE = re.compile(r"(?:^<!-- file: (\S+) -->\n)?^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)
MODEL = {"input": [28, 28, 1], "layers": ["Flatten", {"type": "Dense", "units": 10, "name": "head"}]}


class Page:
    """One page while it is read; `text` becomes what it should be."""

    def __init__(self, path, folder):
        self.path = path
        self.folder = folder
        self.text = path.read_text(encoding="utf-8")
        self.names = {"__name__": "page"}
        self.wrong = []

    def read(self):
        self.text = FENCE.sub(self._block, self.text)

    def _block(self, match):
        name, language, info, body = match.groups()
        if language == "console":
            return f"```console\n{self._commands(body)}```"
        read = getattr(self, f"_{language}", None)
        if read is not None:
            try:
                read(body, name, info.strip())
            except Exception as error:
                line = self.text.count("\n", 0, match.start()) + 1
                self.wrong.append(f"line {line}: {type(error).__name__}: {error}")
        return match[0]

    def _toml(self, body, name, info):
        self._document(name or "model.toml", body, tomllib.loads(body), info)

    def _json(self, body, name, info):
        self._document(name or "model.json", body, json.loads(body), info)

    def _document(self, name, body, tree, info):
        file = self.folder / name
        if info == "append":
            body = f"{file.read_text(encoding='utf-8')}\n{body}"
        file.write_text(body, encoding="utf-8")
        if name in CONFIG_NAMES:
            return
        if info == "error":
            assert not seqspec.check(file).ok, "no error is found"
        elif "$schema" not in tree and "class_name" not in tree:
            self._check(file if "seqspec" in tree or info == "append" else completed(tree))

    def _py(self, body, name, info):
        (self.folder / name).write_text(body, encoding="utf-8")

    def _python(self, body, name, info):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(body, self.path.name, "exec"), self.names)
        shown = [line.partition("# → ")[2] for line in body.splitlines() if "# → " in line]
        assert not shown or printed.getvalue().splitlines() == shown

    def _check(self, source):
        findings = seqspec.check(source).diagnostics
        assert not findings, findings[0].message

    def _commands(self, body):
        out = []
        for command in re.split(r"^(?=\$ )", body, flags=re.M):
            first = command.partition("\n")[0]
            if not first.startswith("$ seqspec ") or first.split()[2] in NOT_RUN:
                out.append(command)
                continue
            result = CliRunner().invoke(cli, shlex.split(first)[2:])
            # Wrong use is never shown, but for a configuration that is wrong on purpose.
            assert result.exit_code in (0, 1) or "bad-configuration" in result.output, result.output
            out.append(f"{first}\n{result.output.rstrip()}\n" if result.output.strip() else f"{first}\n")
        return "".join(out)


def completed(tree):
    """A whole document around a part of one."""
    model = {**MODEL, **tree.get("model", {})}
    if "layers" in tree.get("model", {}) and "input" not in tree["model"]:
        model["input"] = [28, 28, 1]
    stages = tree.get("fit", [])
    named = {
        name for stage in (stages if isinstance(stages, list) else [stages]) for name in stage.get("trainable", {})
    }
    if "model" not in tree:
        inner = [{"type": "Dense", "units": 8, "activation": "relu", "name": name} for name in sorted(named - {"head"})]
        model["layers"] = [*model["layers"][:-1], *inner, model["layers"][-1]]
    if "fit" in tree and "compile" not in tree:
        tree = {**tree, "compile": {"optimizer": "adam", "loss": "mse"}}
    return {"seqspec": 1, **tree, "model": model}


def compare_page(page, monkeypatch, request, *left_out):
    """Runs what a page shows beside the examples, and compares it with the page, or writes it there."""
    shutil.copytree(ROOT / "examples", page.folder / "examples", ignore=shutil.ignore_patterns(*left_out))
    monkeypatch.chdir(page.folder)
    monkeypatch.setenv("NO_COLOR", "1")
    before = page.text
    page.read()
    assert page.wrong == []
    if request.config.getoption("--write-golden"):
        page.path.write_text(page.text, encoding="utf-8")
    else:
        assert page.text == before


@pytest.mark.parametrize("path", [path for path in PAGES if path.name not in ELSEWHERE], ids=lambda path: path.name)
def test_page(path, tmp_path, monkeypatch, request):
    compare_page(Page(path, tmp_path), monkeypatch, request)


def test_the_page_on_keras_names_all_that_is_refused_or_came_later():
    page = (ROOT / "docs/keras.md").read_text(encoding="utf-8")
    names = set(REFUSED)
    for name in LAYERS:
        found = layer_class(name)
        names |= {name} if found.since else {key for key, field in found.model_fields.items() if since_of(field)}
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_links_lead_somewhere():
    # scripts/site.py makes these.
    made = {ROOT / f"docs/reference/{name}.md" for name in ("api", "cli", "layers")}
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert "://" in target or (path.parent / target).exists() or path.parent / target in made, (
                f"{path.name}: {target}"
            )
