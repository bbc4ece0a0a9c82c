"""The repository outside of the package: tasks, workflows, links and wording."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest

from tests import ROOT
from tests.requirements import program_path

TASKS = ["fmt", "lint", "types", "test-fast", "test", "test-keras", "docs", "bench", "cov", "release"]


def run(*command, cwd=ROOT):
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def script(name):
    """A script as a module."""
    loader = SourceFileLoader(name.replace("-", "_"), str(ROOT / "scripts" / name))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@pytest.mark.needs("actionlint")
@pytest.mark.parametrize("workflow", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_workflows_pass_actionlint(workflow):
    assert run(program_path("actionlint"), "-no-color", workflow) == (0, "")


@pytest.mark.needs("actionlint")
def test_actionlint_finds_a_mistake(tmp_path):
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    broken = tmp_path / "ci.yml"
    broken.write_text(text.replace("matrix.python }}", "matrix.pyton }}"), encoding="utf-8")
    status, output = run(program_path("actionlint"), "-no-color", broken)
    assert status == 1 and "pyton" in output


@pytest.mark.needs("yaml")
def test_the_matrix_has_every_python_of_the_package():
    import yaml

    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [found[1] for line in project["classifiers"] if (found := re.search(r"Python :: (3\.\d+)$", line))]
    matrix = jobs["tests"]["strategy"]["matrix"]
    assert matrix["python"] == versions
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]


@pytest.mark.needs("check-jsonschema")
@pytest.mark.parametrize(
    ("schema", "name"),
    [
        *(
            ("github-issue-forms", f".github/ISSUE_TEMPLATE/{name}.yml")
            for name in ("bug", "wrong-finding", "rule-request")
        ),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
        ("dependabot", ".github/dependabot.yml"),
        ("citation-file-format", "CITATION.cff"),
    ],
)
def test_github_forms_match_their_schemas(schema, name):
    status, output = run(program_path("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", name)
    assert status == 0, output


@pytest.mark.needs("pre-commit")
def test_the_hooks_of_pre_commit():
    assert run(program_path("pre-commit"), "validate-config", ".pre-commit-config.yaml")[0] == 0
    assert run(program_path("pre-commit"), "validate-manifest", ".pre-commit-hooks.yaml")[0] == 0


@pytest.mark.needs("make")
@pytest.mark.parametrize("task", TASKS)
def test_make_knows_the_tasks(task):
    status, output = run("make", "--dry-run", task)
    assert status == 0 and output


def test_addresses_are_written_once(monkeypatch):
    links = script("links.py")
    current = links.linked_files()
    assert {name: (ROOT / name).read_text(encoding="utf-8") for name in current} == current
    assert links.repository() in current["docs/ci.md"] + current["CITATION.cff"]
    monkeypatch.setattr(links, "repository", lambda: "https://github.com/another-owner/seqspec")
    for name, text in links.linked_files().items():
        found = set(re.findall(r"(?:github(?:usercontent)?\.com/|uses: )([\w.-]+)/seqspec\b", text))
        assert found == {"another-owner"}, name


def test_the_vocabulary_check(tmp_path):
    vocabulary = script("vocabulary")
    (tmp_path / "page.md").write_text("The value stands here.\nIt stands for more.\n`stands`\n```toml\nstands\n```\n")
    (tmp_path / "code.py").write_text(
        '"""It is told."""\n# nobody is told\nx = f"units {1} needs a whole number"\nstands = "told"\n'
    )
    data = tomllib.loads(vocabulary.DATA.read_text(encoding="utf-8"))
    found = [
        (file.name, line, word.pattern.partition("|")[0]) for word, file, line, _ in vocabulary.uses([tmp_path], data)
    ]
    assert sorted(found) == [
        ("code.py", 1, "told"),
        ("code.py", 2, "nobody"),
        ("code.py", 2, "told"),
        ("code.py", 3, "whole[- ]numbers?"),
        ("page.md", 1, "stands?"),
    ]


@pytest.mark.parametrize(("enforced", "status"), [("true", 1), ("false", 0)])
def test_the_vocabulary_check_fails_once_it_is_enforced(tmp_path, enforced, status):
    folder = tmp_path / "scripts"
    folder.mkdir()
    shutil.copy(ROOT / "scripts" / "vocabulary", folder)
    text = (ROOT / "scripts" / "vocabulary.toml").read_text(encoding="utf-8")
    (folder / "vocabulary.toml").write_text(re.sub(r"^enforced = \w+", f"enforced = {enforced}", text, flags=re.M))
    (tmp_path / "README.md").write_text("It is told.\n")
    assert run(sys.executable, folder / "vocabulary", "--check")[0] == status


RECIPES = sorted((ROOT / "docs" / "dev" / "recipes").glob("*.md"))


def contributing():
    """CONTRIBUTING.md with the pages of its recipes."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "CONTRIBUTING.md", *RECIPES))


def test_contributing_names_files_that_exist():
    """Examples of names (<name>, my-rule-name, ScaledNoise) and ignored files are left out."""
    text = contributing()
    top = "|".join(
        re.escape(path.name) for path in ROOT.iterdir() if path.is_dir() and path.name not in ("build", "dist")
    )
    names = set(re.findall(rf"(?<![\w/.-])((?:{top})/[\w./*-]*)(?![\w./*<-])", text))
    assert len(names) > 60
    assert [name for name in sorted(names) if not list(ROOT.glob(name.rstrip("/.")))] == []


def test_contributing_names_what_its_files_have():
    text = contributing()
    places = re.findall(r"((?:`[\w.]+`(?:,| and)?\s+)+)(?:of |in |\()`((?:seqspec|tests|scripts)/[\w/-]+\.py)`", text)
    assert len(places) >= 20
    missing = {
        (name, file)
        for names, file in places
        for name in re.findall(r"`([\w.]+)`", names)
        if name.rpartition(".")[2] not in (ROOT / file).read_text(encoding="utf-8")
    }
    assert missing == set()


def test_contributing_links_each_recipe():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert sorted(ROOT / link for link in re.findall(r"\]\((docs/dev/recipes/[\w-]+\.md)\)", text)) == RECIPES


@pytest.mark.parametrize("page", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_short_lines_that_end_with_check_change(page):
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 120] == []
    assert "`scripts/check-change`" in " ".join(lines[-3:])


def test_new_layer_and_new_rule_name_recipes():
    recipes = re.findall("^# (.+)$", contributing(), re.M)
    for name in ("new-layer", "new-rule"):
        text = (ROOT / "scripts" / name).read_text(encoding="utf-8")
        named = re.findall(r"""CONTRIBUTING\.md, "([^"]+)"|see '([^']+)' in CONTRIBUTING""", text)
        assert named and {"".join(each) for each in named} <= set(recipes)


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "dev").glob("*.md")), ids=lambda path: path.name)
def test_the_files_that_decisions_name_exist(page):
    text = page.read_text(encoding="utf-8")
    names = re.findall(r"`((?:[\w.*-]+/)+[\w.*-]*)`", text)
    links = re.findall(r"\]\(([\w./-]+)\)", text)
    roots = (ROOT, ROOT / "seqspec", ROOT / "seqspec" / "core")
    missing = [name for name in names if not any(list(root.glob(name.rstrip("/"))) for root in roots)]
    assert missing + [link for link in links if not (page.parent / link).exists()] == []


def test_type_ignores_have_reasons():
    """Each `type: ignore` names its kind and is explained, at its end or in the line above."""
    bare = []
    for path in sorted((ROOT / "seqspec").rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if "type: ignore" in line and not (
                re.search(r"# type: ignore\[[a-z-]+\]  # \w", line) or lines[number - 1].lstrip().startswith("# ")
            ):
                bare.append(f"{path.name}:{number + 1}")
    assert bare == []


SHOWN = {"message", "statement", "label", "help", "notes"}
TEXTS = {
    "robustness/test_messages.py": "the table of messages",
    "programs/test_posted.py": "the place that the one line of a file names first",
    "programs/migration/test_programs.py": "how many places the one line of a file counts",
    "programs/test_stages.py": "which of two trainings a help is about",
    "robustness/test_crashes.py": "the text of an exception that the test raises",
    "core/check/test_check_many.py": "the text of an exception that the test raises",
    "core/search_space/test_first_trials.py": "which value of the start is meant",
    "core/check/test_space.py": "which mistake of a space is meant",
    "core/output/test_render_formats.py": "texts that the test makes up",
    "robustness/test_saved_models.py": "the name of the layer that the test makes up",
    "programs/test_check.py": "which of several tensors is not known",
    "programs/test_imports.py": "the file or cell of a line",
    "programs/test_mistakes.py": "which of several mistakes in a call is meant",
    "robustness/test_cost.py": "the limit that was reached",
    "training/test_access.py": "the folder that was refused, and how it is allowed",
    "training/evaluation/test_calibration.py": "why there is no temperature",
    "training/test_folds.py": "how many samples a fold would have",
    "training/data/test_honest_labels.py": "what is measured in the labels",
    "training/data/test_label_scale.py": "which of two reasons bounds the output",
    "training/data/test_leak_scan.py": "what is measured in the columns",
    "training/data/test_series.py": "what is measured in the time stamps",
}
"""Tests outside of the golden documents that assert what a finding says, and why."""


def asserts_wording(tree):
    """Lines of a test that compare what a finding says with words."""

    def says(node):
        return (isinstance(node, ast.Attribute) and node.attr in SHOWN) or (
            isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value in SHOWN
        )

    def is_words(node):
        return (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(r"[a-z]{2,} [a-z]{2,}", node.value)
        )

    for comparison in (node for test in ast.walk(tree) if isinstance(test, ast.Assert) for node in ast.walk(test)):
        if isinstance(comparison, ast.Compare):
            sides = [list(ast.walk(side)) for side in (comparison.left, *comparison.comparators)]
            if any(any(map(says, side)) for side in sides) and any(any(map(is_words, side)) for side in sides):
                yield comparison.lineno


def test_wording_is_asserted_in_golden_documents():
    """Unit tests assert codes, places and values, so that a message can be rewritten in one place."""
    tests = ROOT / "tests"
    elsewhere = ("cases/", "files/", "editor/playground/", "editor/clients/")
    found = {
        path.relative_to(tests).as_posix(): lines
        for path in tests.rglob("*.py")
        if not path.relative_to(tests).as_posix().startswith(elsewhere)
        and (lines := list(asserts_wording(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found.keys() <= TEXTS.keys(), {name: lines for name, lines in found.items() if name not in TEXTS}


def test_wording_that_is_asserted_is_found():
    assert list(asserts_wording(ast.parse('assert "must be positive" in found.message'))) == [1]
    assert list(asserts_wording(ast.parse('assert (found.code, found["help"]) == ("SEQ101", "write this")'))) == [1]
    assert list(asserts_wording(ast.parse('assert (found.code, found.help.parts) == ("SEQ101", (4,))'))) == []


@pytest.mark.parametrize(
    ("changes", "area", "expected"),
    [
        ({}, "architecture", []),
        ({}, "training", ["code SEQ472 belongs to architecture/: move the file, or use a code of training/"]),
        ({"code": "SEQ172"}, "architecture", ["code SEQ172: expected SEQ and three digits"]),
        ({"docs": "A summary.\n\nWhat it does: Nothing."}, "architecture", ["the docstring must have the headings"]),
        ({"code": "SEQ463"}, "architecture", ["kernel-on-single-position already has the code SEQ463"]),
    ],
)
def test_generate_names_what_is_wrong_with_a_rule(changes, area, expected, monkeypatch):
    """A rule that the index cannot find must be reported before the index is written."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    other = import_module("seqspec.core.linter.rules.architecture.kernel_on_single_position").check
    rule = import_module("seqspec.core.linter.rules.architecture.strides_exceed_window").check._replace(**changes)
    found = list(script("generate").rule_mistakes(area, rule, [other]))
    assert len(found) == len(expected) and all(map(str.startswith, found, expected)), found


def test_imports_name_modules_of_this_checkout():
    """A type checker and a test also find a module that is gone in another installation of seqspec."""
    gone = []
    for file in (path for folder in ("seqspec", "tests", "scripts") for path in (ROOT / folder).rglob("*.py")):
        for home in re.findall(r"^ *from (seqspec[.\w]*) import ", file.read_text(encoding="utf-8"), re.M):
            place = ROOT.joinpath(*home.split("."))
            if not place.with_suffix(".py").exists() and not (place / "__init__.py").exists():
                gone.append((str(file.relative_to(ROOT)), home))
    assert gone == []
