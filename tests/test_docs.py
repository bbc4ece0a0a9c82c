"""Every example in the docs is run: specs have the stated findings, Python runs, commands print the shown output.

A page is read from top to bottom in a folder of its own, with the examples in it. In the fences of a page

- `toml` and `json` are documents, which check without a finding; one without the key `seqspec` is a part of a document,
  and is completed first; one with `$schema` is a policy, one with `class_name` a model of Keras. `toml error` is a
  document with a mistake, `toml append` the end of the document before it. It is kept as `model.toml` or `model.json`,
  or as the file that a comment above it names; `pyproject.toml` and `seqspec.toml` are configurations.
- `python` runs, after what the page ran before.
- `py` is a Keras program, kept as the file that a comment above it names; it is checked, never run.
- `console` has lines with `$ seqspec ...`, which are run, and what they print. Other commands, and those that train or
  write models, are run by tests/training/test_docs.py.
- `sh` is run by tests/integration/test_shell.py.
- `toml editor`, `json editor` and `toml package` are files of other programs.

A block of any other kind must be in `ELSEWHERE_RUN`, with the test that runs it.

`--write-golden` writes the outputs on the pages anew.
"""

import contextlib
import io
import json
import re
import shlex
import shutil
import tomllib

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.unsupported import REFUSED
from seqspec.core.config.settings import CONFIG_NAMES
from seqspec.core.output.base import FORMATS
from tests import ROOT
from tests.fields import since_of

# The pages of the rules are generated, and their examples tested with the rules.
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/tutorials").glob("*.md"))]
# tests/integration/test_docs.py reads this one in the project that it tells of.
ELSEWHERE = {"ci.md"}
# These train or write models, and name folders after the time; tests/training/test_docs.py runs them.
NOT_RUN = ("build", "train", "resume", "evaluate", "predict", "runs", "export", "import", "search", "searches")
FENCE = re.compile(r"(?:^<!-- file: (\S+) -->\n)?^```(\w*)([^\n]*)\n(.*?)^```$", re.M | re.S)
FOREIGN = ("editor", "package")
"""Second words of blocks that are files of other programs."""
ELSEWHERE_RUN = {
    "agents.md": {
        '"servers": {': "agents/test_page.py",
        '"mcpServers": {': "agents/test_page.py",
        '"context_servers": {': "agents/test_page.py",
        "[mcp_servers.seqspec]": "agents/test_page.py",
    },
    "distributed.md": {
        "seqspec train model.seqspec.toml --devices 4": "training/test_distributed_page.py",
        "ray start --head": "training/test_distributed_page.py",
        "apiVersion: ray.io/v1": "training/test_distributed_page.py",
        "#SBATCH": "training/test_distributed_page.py",
        "mpirun -n 8": "training/test_distributed_page.py",
    },
    "editors.md": {
        "#:schema": "editor/clients/test_page.py",
        "json.schemas": "editor/clients/test_page.py",
        "[[rule]]": "editor/clients/test_page.py",
        "[[schemas]]": "editor/clients/test_page.py",
        "check-jsonschema --schemafile": "editor/clients/test_page.py",
        "id: check-jsonschema": "editor/clients/test_page.py",
        "scripts/vsix\n": "editor/clients/test_extension.py",
        "vim.lsp.start({": "editor/clients/test_neovim.py",
        "vim.lsp.enable(": "editor/clients/test_page.py",
        '"LspAttach"': "editor/clients/test_neovim.py",
        '"BufWritePre"': "editor/clients/test_neovim.py",
        "[[language]]": "editor/clients/test_helix.py",
        "display-inlay-hints = true\n": "editor/clients/test_helix.py",
        "eglot-server-programs": "editor/clients/test_emacs.py",
        "make-lsp-client": "editor/clients/test_page.py",
        "json-language-server": "editor/clients/test_page.py",
        '"taplo": {': "editor/clients/test_page.py",
        "source.toml | source.json": "editor/clients/test_page.py",
        "lsp-enable-window": "editor/clients/test_page.py",
    },
    "export.md": {"tf.loadGraphModel": "training/export/test_export.py"},
    "plugins.md": {"project.entry-points": "integration/test_plugins.py"},
    "ci.md": {
        "# .pre-commit-config.yaml": "integration/test_precommit.py",
        "github/workflows/": "integration/test_action.py",
        "# .gitlab-ci.yml": "integration/test_docs.py",
        "# tox.toml": "integration/test_docs.py",
        "# noxfile.py": "integration/test_docs.py",
        "# test_models.py": "integration/test_docs.py",
        'name = "prices"': "integration/test_docs.py",
    },
    "training.md": {
        "rows have an unknown ": "training/data/test_columns.py",
        "no difference shown": "training/comparison/test_paired.py",
    },
}
"""Page → words of a block → the test that runs it, which finds the block by these words."""
FILES = {
    "saved-models.md": {"lstm.h5": "tests/files/saved/k1_lstm.h5"},
    "from-data.md": {"penguins.csv": "tests/files/tables/penguins.csv"},
    "tabular.md": {"examples/data/penguins.csv": "tests/files/tables/penguins.csv"},
}
"""Page → the name there → a file that its commands read."""
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
        if read is not None and info.strip() not in FOREIGN:
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
        # What a search rejects is explained on the page.
        findings = [each for each in seqspec.check(source).diagnostics if each.name != "invalid-combinations"]
        assert not findings, findings[0].message

    def _commands(self, body):
        out = []
        for command in re.split(r"^(?=\$ )", body, flags=re.M):
            first = command.partition("\n")[0]
            if not first.startswith("$ seqspec ") or first.split()[2] in NOT_RUN or " check --data " in first:
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
    for name, file in FILES.get(page.path.name, {}).items():
        (page.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, page.folder / name)
    monkeypatch.chdir(page.folder)
    monkeypatch.setenv("NO_COLOR", "1")
    before = page.text
    page.read()
    assert page.wrong == []
    if request.config.getoption("--write-golden"):
        page.path.write_text(page.text, encoding="utf-8")
    else:
        assert page.text == before, "if this is intended, use --write-golden"


@pytest.mark.parametrize("path", [path for path in PAGES if path.name not in ELSEWHERE], ids=lambda path: path.name)
def test_page(path, tmp_path, monkeypatch, request):
    compare_page(Page(path, tmp_path), monkeypatch, request)


def test_output_formats_are_documented():
    text = (ROOT / "docs/output.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", text, re.M)
    assert rows == list(FORMATS), "the table of docs/output.md lists the formats in the order of FORMATS"
    headings = {name for line in re.findall(r"^## (.+)$", text, re.M) for name in line.split(", ")}
    assert set(FORMATS) - headings == set(), "docs/output.md has a section with an example for every format"


@pytest.mark.parametrize(
    "path", [*PAGES, ROOT / "editors/vscode/README.md"], ids=lambda path: path.parent.name + "/" + path.name
)
def test_blocks_are_all_run(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"^ +```", text, re.M), "an indented block is not found by the tests"
    elsewhere = ELSEWHERE_RUN.get(path.name, {})
    left, met = [], set()
    for _, language, info, body in FENCE.findall(text):
        words = [words for words in elsewhere if words in body]
        met.update(words)
        if not words and not is_run_here(path, language, info.strip(), body):
            left.append(f"{language} {info}: {body.partition(chr(10))[0]}")
    assert left == [], "blocks that no test runs: see the docstring of tests/test_docs.py for the kinds of blocks"
    assert met == set(elsewhere)
    for words, test in elsewhere.items():
        assert words.strip() in (ROOT / "tests" / test).read_text(encoding="utf-8"), (words, test)


def is_run_here(path, language, info, body):
    """Whether the readers of whole pages run a block."""
    if language == "console":
        commands = re.findall(r"^\$ (.*)", body, re.M)
        if path.name in ELSEWHERE:
            # tests/integration/test_docs.py reads the commands of the page itself.
            return bool(commands)
        plain = all(words.startswith("seqspec ") and words.split()[1] not in NOT_RUN for words in commands)
        trains = re.search(rf"^\$ seqspec ({'|'.join(NOT_RUN)})\b", path.read_text(encoding="utf-8"), re.M)
        return bool(commands) and (plain or trains is not None)
    # A Keras program is checked by a command that the page shows.
    return language == "sh" or (
        language in ("toml", "json", "python", "py") and info not in FOREIGN and path.name not in ELSEWHERE
    )


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
