"""Which nightly tests a run includes, in clones with and without history."""

import subprocess
from types import SimpleNamespace

import pytest

from tests import ROOT, conftest, nightly
from tests.integration.conftest import git


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    (folder / "seqspec" / "editor").mkdir(parents=True)
    git("init", "--quiet", cwd=folder)
    for number, name in enumerate(["README.md", "seqspec/editor/old.py", "seqspec/editor/server.py", "docs.md"]):
        (folder / name).write_text(f"line {number}\n" * 9)
        git("add", ".", cwd=folder)
        git("commit", "--quiet", "--message", name, cwd=folder)
    return folder


def test_changed_files_are_those_of_the_last_commits(repository):
    assert nightly.changed_files(repository, commits=1) == {"docs.md"}
    assert nightly.changed_files(repository, commits=2) == {"docs.md", "seqspec/editor/server.py"}
    assert "README.md" not in nightly.changed_files(repository, commits=9)


def test_changed_files_include_the_working_tree_but_no_moves(repository):
    git("mv", "seqspec/editor/old.py", "seqspec/editor/new.py", cwd=repository)
    (repository / "README.md").write_text("other\n")
    assert nightly.changed_files(repository, commits=0) == {"README.md"}


def test_changed_files_of_a_shallow_clone_are_none(repository, tmp_path):
    subprocess.run(["git", "clone", "--quiet", "--depth=1", repository.as_uri(), tmp_path / "clone"], check=True)
    assert nightly.changed_files(tmp_path / "clone") == set()


def test_changed_files_without_git_are_none(tmp_path):
    assert nightly.changed_files(tmp_path) == set()


def test_changed_areas_are_folders_of_tests():
    assert nightly.changed_areas({"seqspec/editor/server.py"}) == {"tests/editor"}
    assert nightly.changed_areas({"seqspec/editorial.py", "README.md"}) == set()
    assert [folder for folder in nightly.AREAS if not (ROOT / folder).exists()] == []
    assert [place for area in nightly.AREAS.values() for place in area if not (ROOT / place).exists()] == []


def test_changes_of_one_part_of_training_are_not_those_of_others():
    found = nightly.changed_areas({"seqspec/training/search/study.py"})
    assert "tests/training/search" in found and "tests/training/test_devices.py" not in found
    assert nightly.changed_areas({"seqspec/training/report/page.py"}) == {"tests/training"}


@pytest.mark.parametrize(("areas", "included", "words"), [(3, True, "of area0"), (13, False, "changed 13 areas")])
def test_after_a_change_of_everything_none_run(areas, included, words, request, monkeypatch):
    names = frozenset([*(f"area{number}" for number in range(areas - 1)), "tests/scripts"])
    monkeypatch.setattr(nightly, "_areas_of_this_checkout", lambda: names)
    monkeypatch.setattr(nightly, "AREAS", dict.fromkeys(names, ()))
    config = SimpleNamespace(option=SimpleNamespace(nightly="changed"))
    assert nightly.includes(config, request.node) is included
    assert words in nightly.describe(config)


@pytest.mark.parametrize("indices", [{"x": 0, "y": 0}, {"x": 2, "y": 1}, {"x": 1, "y": 0}, {"x": 0, "y": 2}], ids=str)
def test_one_of_a_sample_is_not_nightly(indices):
    item = SimpleNamespace(
        path=ROOT / "tests" / "test_one.py",
        originalname="test",
        callspec=SimpleNamespace(indices=indices),
        get_closest_marker={"sampled": pytest.mark.sampled(3)}.get,
    )
    assert nightly.is_nightly(item) is (sum(indices.values()) % 3 > 0)


def test_smoke_tests_exist():
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in nightly.SMOKE}
    assert [test for name, tests in nightly.SMOKE.items() for test in tests if f"def {test}(" not in texts[name]] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def test_slowly():\n    pass\n", False),
        ("@pytest.mark.slow\ndef test():\n    pass\n", True),
        ('@pytest.mark.parametrize("x", rest_nightly(range(3), 0))\ndef test(x):\n    pass\n', True),
        ('pytestmark = pytest.mark.needs("ray")\n', True),
        ("@pytest.mark.sampled(4)\ndef test(x):\n    pass\n", True),
    ],
)
def test_files_say_whether_they_may_have_slow_tests(tmp_path, text, expected):
    path = tmp_path / "test_one.py"
    path.write_text(text)
    assert conftest._may_have_slow_tests(path) is expected
