"""The specs that the paths of a command refer to: files, folders, patterns, standard input, or the default."""

import os
import subprocess
import sys

import pytest

from seqspec.core.config.patterns import _excludes_file
from tests.cli.project import BAD, BROKEN, GOOD, project
from tests.requirements import unmeasured

__all__ = ["project"]


def test_discovery_without_a_path_searches_the_current_folder(project):
    project.add("b/two.seqspec.toml")
    project.add("a.seqspec.json", '{"seqspec": 1, "model": {"input": [4], "layers": ["Flatten"]}}')
    project.add("b/one.seqspec.toml")
    assert project.files() == ["a.seqspec.json", "b/one.seqspec.toml", "b/two.seqspec.toml"]
    assert project.run("check").stdout == "3 files checked: no findings\n"


def test_documents_are_recognised_by_their_key(project):
    project.add("keyed.toml")
    project.add("keyed.json", '{"note": {"seqspec": 2}, "seqspec": 1, "model": {}')
    project.add("nested.json", '{"note": {"seqspec": 1}}')
    project.add("text.json", '{"note": "\\"seqspec\\": 1"}')
    project.add("section.toml", "[tool]\nseqspec = 1\n")
    project.add("package.json", '{"seqspec": {"a": 1}}')
    project.add("notes.txt")
    project.add("seqspec.toml", "")
    project.add("sub/.seqspec.toml", "")
    assert project.files() == ["keyed.json", "keyed.toml"]


def test_the_copies_in_folders_of_runs_and_searches_are_skipped(project):
    project.add("a.seqspec.toml")
    for folder, files in (("runs/a", ("run.json", "expanded.json")), ("searches/b", ("search.json", "journal.log"))):
        for name in files:
            project.add(f"{folder}/{name}", "{}")
        project.add(f"{folder}/document.toml")
        project.add(f"{folder}/trials/0001/document.toml")
    assert project.files() == ["a.seqspec.toml"]
    assert project.files("runs/a") == ["runs/a/document.toml", "runs/a/trials/0001/document.toml"]
    assert project.files("searches/b/document.toml") == ["searches/b/document.toml"]


def test_a_document_that_cannot_be_parsed_is_found_by_its_name(project):
    project.add("m.seqspec.toml", BROKEN)
    assert "SEQ001" in project.run("check", status=1).stdout


def test_gitignore_outside_of_a_repository(project):
    project.add(".gitignore", "*.draft.seqspec.toml\n/out/\n!keep.draft.seqspec.toml\n# comment\n")
    project.add("sub/.gitignore", "!mine.draft.seqspec.toml\nlocal.seqspec.toml\n")
    for name in ("a.draft", "keep.draft", "out/b", "sub/out/c", "sub/mine.draft", "sub/local", "local"):
        project.add(f"{name}.seqspec.toml")
    expected = ["keep.draft", "local", "sub/mine.draft", "sub/out/c"]
    assert project.files() == [f"{name}.seqspec.toml" for name in expected]
    assert len(project.files("--no-respect-gitignore")) == 7


def test_gitignore_says_what_git_says(project):
    subprocess.run(["git", "init", "-q"], check=True)
    project.add(".gitignore", "build*/\n*.tmp.seqspec.toml\ndocs/*.seqspec.toml\n!docs/keep.seqspec.toml\n**/deep/x*\n")
    project.add(".git/info/exclude", "private.seqspec.toml\n")
    project.add("models/.gitignore", "/here.seqspec.toml\n!b.tmp.seqspec.toml\n")
    names = "a a.tmp docs/a docs/keep docs/sub/a builds/a p/deep/xa p/deep/a private models/here"
    for name in [*names.split(), "models/sub/here", "models/b.tmp"]:
        project.add(f"{name}.seqspec.toml")
    command = ["git", "ls-files", "--others", "--exclude-standard", "*.seqspec.toml"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert sorted(project.files()) == sorted(told)
    os.chdir("models")
    assert sorted(project.files()) == sorted(
        name.removeprefix("models/") for name in told if name.startswith("models/")
    )


def untracked(folder):
    command = ["git", "ls-files", "--others", "--exclude-standard", "*.seqspec.toml"]
    return sorted(subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.split())


@pytest.fixture
def own_git(tmp_path, monkeypatch):
    """A home without any configuration of git."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.mark.parametrize("named", [None, "xdg", "global", "repository"])
def test_discovery_obeys_the_global_ignore_file_of_git(project, own_git, monkeypatch, named):
    project.add("repo/.gitignore", "!kept.seqspec.toml\n")
    subprocess.run(["git", "init", "-q", "repo"], check=True)
    for name in ("a", "mine", "kept", "sub/mine"):
        project.add(f"repo/{name}.seqspec.toml")
    patterns = "mine.seqspec.toml\nkept.seqspec.toml\n"
    if named is None:
        project.add("home/.config/git/ignore", patterns)
    elif named == "xdg":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(project.root / "elsewhere"))
        project.add("elsewhere/git/ignore", patterns)
    else:
        project.add("home/own ignores", patterns)
        where = {"global": ["--global"], "repository": ["--local"]}[named]
        subprocess.run(["git", "config", *where, "core.excludesFile", "~/own ignores"], check=True, cwd="repo")
    os.chdir("repo")
    assert project.files() == untracked(".") == ["a.seqspec.toml", "kept.seqspec.toml"]
    assert len(project.files("--no-respect-gitignore")) == 4


@pytest.mark.parametrize(
    "text",
    [
        "[core]\n\texcludesFile = a b\n", "[CORE]excludesfile=x\n", '[core]\nexcludesFile = "a # b" # c\n',
        "[core]\nexcludesFile = x ; comment\n", '[core]\nexcludesFile = "a\\"b\\\\c"\n',
        "# [core]\n[user]\nexcludesFile = x\n",
        "[core]\nexcludesFile = x\n[user]\nname = y\n[core]\nexcludesFile = z\n", '[core "x"]\nexcludesFile = x\n',
    ],
)  # fmt: skip
def test_the_configuration_of_git_is_read_as_git_does(tmp_path, text):
    file = tmp_path / "config"
    file.write_text(text)
    command = ["git", "config", "--file", file, "--get", "core.excludesFile"]
    value = subprocess.run(command, check=False, capture_output=True, text=True).stdout.rstrip("\n")
    assert _excludes_file(str(file)) == (value or None)


def test_discovery_obeys_excludes_in_work_trees(project, own_git):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "init", "-q", "repo"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True, cwd="repo")
    subprocess.run([*git, "worktree", "add", "-q", "../tree"], check=True, cwd="repo")
    project.add("repo/.git/info/exclude", "private.seqspec.toml\n")
    for name in ("a", "private"):
        project.add(f"tree/{name}.seqspec.toml")
    assert project.files("tree") == ["tree/a.seqspec.toml"]
    assert untracked("tree") == ["a.seqspec.toml"]


def test_discovery_without_git_reads_its_default_ignore_file(project, own_git, monkeypatch):
    project.add("repo/.git/HEAD")
    project.add("home/.config/git/ignore", "mine.*\n")
    for name in ("a", "mine"):
        project.add(f"repo/{name}.seqspec.toml")
    monkeypatch.setenv("PATH", str(own_git))
    assert project.files("repo") == ["repo/a.seqspec.toml"]


def test_a_folder_that_is_named_is_walked_even_where_it_is_ignored(project):
    project.add(".git/HEAD")
    project.add(".gitignore", "generated/\n")
    project.add("generated/a.seqspec.toml")
    project.add("build/b.seqspec.toml")
    project.add("seqspec.toml", 'extend-exclude = ["generated/"]\n')
    assert project.files() == []
    assert project.files("generated") == ["generated/a.seqspec.toml"]
    assert project.files("build") == ["build/b.seqspec.toml"]
    assert project.files("--force-exclude", "generated", "build") == ["build/b.seqspec.toml"]


def test_exclude_and_files_that_are_named(project):
    project.add("old/a.seqspec.toml")
    project.add("new/a.seqspec.toml")
    project.add("venv/lib/a.seqspec.toml")
    project.add("pyproject.toml", '[tool.seqspec]\nextend-exclude = ["old/"]\n')
    assert project.files() == ["new/a.seqspec.toml"]
    named = ["old/a.seqspec.toml", "new/a.seqspec.toml", "venv/lib/a.seqspec.toml"]
    assert project.files(*named) == named
    assert project.files("--force-exclude", *named) == ["new/a.seqspec.toml"]
    assert project.files("--exclude", "new") == ["venv/lib/a.seqspec.toml"]
    assert project.files("--exclude", "new", "--isolated") == ["old/a.seqspec.toml", "venv/lib/a.seqspec.toml"]


def test_include_says_which_files_are_documents(project):
    project.add("models/a.toml")
    project.add("models/b.seqspec.toml")
    project.add("other/c.seqspec.toml")
    project.add("seqspec.toml", 'include = ["models/*.toml", "!models/b.*"]\n')
    assert project.files() == ["models/a.toml"]
    os.chdir("models")
    assert project.files() == ["a.toml"]


def test_patterns(project):
    project.add("models/a.toml")
    project.add("models/deep/b.toml")
    project.add("models/node_modules/c.toml")
    assert project.files("models/*.toml") == ["models/a.toml"]
    assert project.files("models/**/*.toml") == ["models/a.toml", "models/deep/b.toml"]
    project.add("odd[1].toml")
    assert project.files("odd[1].toml") == ["odd[1].toml"]


def test_a_pattern_without_a_match_is_an_error(project):
    project.add("models/a.toml")
    assert "modls/*.toml: no file matches" in project.run("check", "modls/*.toml", status=2).stderr
    project.add("node_modules/a.toml")
    result = project.run("check", "node_modules/*.toml", status=2)
    assert "node_modules/*.toml: matches 1, all excluded or ignored" in result.stderr


def test_a_folder_without_documents_is_told(project):
    project.add("empty/readme.txt")
    result = project.run("check", "empty")
    assert result.stdout == "0 files checked: no findings\n"
    assert result.stderr == "seqspec: no specs found in empty\n"
    assert project.run("check", "empty", "--quiet").output == ""


def test_a_file_is_checked_once(project):
    project.add("a.seqspec.toml")
    os.symlink("a.seqspec.toml", "b.seqspec.toml")
    assert project.files("a.seqspec.toml", ".", "./a.seqspec.toml", "b.seqspec.toml") == ["a.seqspec.toml"]


def test_links_in_circles_end(project):
    project.add("sub/a.seqspec.toml")
    os.symlink("..", "sub/up")
    os.symlink(".", "self")
    os.symlink("loop.seqspec.toml", "loop.seqspec.toml")
    os.symlink("nowhere", "gone.seqspec.toml")
    os.symlink("sub", "other")
    assert project.files() == ["gone.seqspec.toml", "loop.seqspec.toml", "sub/a.seqspec.toml"]
    assert project.files("other") == ["other/a.seqspec.toml"]
    result = project.run("check", status=1)
    assert result.stdout.count("SEQ002") == 2
    assert "3 files checked: 2 errors" in result.stdout


def test_pipes_are_passed_over_in_a_walk(project):
    os.mkfifo("pipe.seqspec.toml")
    os.mkfifo("other.json")
    assert project.files() == []


def test_a_folder_that_cannot_be_listed_is_a_finding(project, monkeypatch):
    project.add("a.seqspec.toml")
    project.add("secret/a.seqspec.toml")
    scandir = os.scandir

    def refuse(path):
        if path == "secret":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = project.run("check", status=1)
    assert "secret: error[SEQ002] unreadable-file: the folder cannot be read: Permission denied" in result.stdout
    assert "2 files checked: 1 error" in result.stdout


def test_standard_input(project):
    result = project.run("check", "-", stdin=BAD, status=1)
    assert "<stdin>:5:12: error[SEQ101]" in result.stdout
    assert '5 |   { type = "Dens", units = 2, activation = "relu" },' in result.stdout
    project.run("check", "-", stdin='{"seqspec": 1, "model": {"input": [4], "layers": ["Flatten"]}}')


def test_the_name_of_standard_input_says_format_and_configuration(project):
    project.add("models/seqspec.toml", 'ignore = ["unknown-layer"]\n')
    project.add("models/base.seqspec.toml")
    name = "models/new.seqspec.toml"
    result = project.run("check", "-", "--stdin-filename", name, stdin=BAD, status=1)
    assert "models/new.seqspec.toml:6:21: error[SEQ102]" in result.stdout
    assert "SEQ101" not in result.stdout
    extending = 'seqspec = 1\nextends = "base.seqspec.toml"\n'
    project.run("check", "-", "--stdin-filename", name, stdin=extending)
    result = project.run("check", "-", "--stdin-filename", "x.json", stdin=GOOD, status=1)
    assert "this is TOML, not JSON" in result.stdout


def test_standard_input_that_is_not_utf8(project):
    result = project.run("check", "-", stdin=b"seqspec = 1\nname = '\xff'\n", status=1)
    assert "<stdin>:2:9: error[SEQ002]" in result.stdout


def test_the_order_is_that_of_the_command_line_then_of_names(project):
    for name in ("b", "a", "a-b", "a/z", "a/b"):
        project.add(f"{name}.seqspec.toml")
    expected = ["b", "a-b", "a", "a/b", "a/z"]
    assert project.files("b.seqspec.toml", ".") == [f"{name}.seqspec.toml" for name in expected]


def test_a_deep_folder_is_walked(project):
    path = "/".join(["d"] * 300)
    project.add(f"{path}/a.seqspec.toml")
    assert project.files() == [f"{path}/a.seqspec.toml"]


def test_naming_files_imports_no_patterns(project):
    project.add("a.seqspec.toml")
    code = (
        "import sys\nfrom seqspec.cli.main import main\nsys.argv = ['seqspec', 'check', 'a.seqspec.toml']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "needless = {'pathspec', 'jsonschema', 'seqspec.core.config.walk'}\n"
        # From Python 3.13 on pathlib imports it.
        "needless |= {'glob'} if sys.version_info < (3, 13) else set()\n"
        "assert not needless & set(sys.modules), needless & set(sys.modules)"
    )
    environment = {**unmeasured(), "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
