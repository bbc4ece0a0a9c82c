"""A file that a spec, a configuration or a link names is not read unless the caller has named it too."""

import os
import socket

import pytest

import seqspec
from seqspec.core.compiler.build import require_all
from seqspec.core.diagnostics.errors import BuildError
from seqspec.core.syntax.source import read_source as seqspec_source

HEAD = "seqspec = 1\n"
GOOD = HEAD + '[model]\ninput = [8]\nlayers = [{ type = "Dense", units = 4 }]\n'
SECRET = 'SECRET_KEY = "hunter2" oops\n'


@pytest.fixture
def project(tmp_path):
    """A project, with a secret outside of it."""
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "outside.seqspec.toml").write_text(GOOD)
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "good.seqspec.toml").write_text(GOOD)
    return folder


@pytest.mark.parametrize("where", [".", "*.seqspec.toml", "**/*.seqspec.toml"])
@pytest.mark.parametrize("command", ["check", "fmt"])
def test_links_out_of_the_project_are_not_followed(where, command, project, limited):
    (project / "env.seqspec.toml").symlink_to("../secret.txt")
    found = limited(command, where, cwd=project)
    assert "hunter2" not in found.out + found.err
    assert "the link points outside the project" in found.out + found.err
    assert found.status != 0


def test_a_link_that_the_caller_names_is_read(project, limited):
    (project / "named.seqspec.toml").symlink_to("../outside.seqspec.toml")
    assert limited("check", "named.seqspec.toml", cwd=project).status == 0


def test_links_within_the_project_are_read(project, limited):
    (project / "sub").mkdir()
    (project / "sub" / "same.seqspec.toml").symlink_to("../good.seqspec.toml")
    found = limited("check", "sub", cwd=project)
    assert (found.status, "1 file checked" in found.out) == (0, True)


def test_fmt_does_not_write_through_a_link(project, limited):
    ugly = GOOD.replace(" = ", "=")
    target = project.parent / "outside.seqspec.toml"
    target.write_text(ugly)
    (project / "link.seqspec.toml").symlink_to("../outside.seqspec.toml")
    limited("fmt", ".", cwd=project)
    assert target.read_text() == ugly


@pytest.mark.parametrize("key", ["extend", "baseline", "policy"])
def test_links_that_a_configuration_names_are_not_followed(key, project, limited):
    (project / "x.toml").symlink_to("../secret.txt")
    (project / "seqspec.toml").write_text(f'{key} = "x.toml"\n')
    found = limited("check", ".", cwd=project)
    assert found.status == 2
    assert "hunter2" not in found.out + found.err


@pytest.mark.parametrize("key", ["extend", "baseline"])
def test_files_outside_that_a_configuration_names_are_not_quoted(key, project, limited):
    (project / "seqspec.toml").write_text(f'{key} = "../secret.txt"\n')
    found = limited("check", ".", cwd=project)
    assert found.status == 2
    assert "hunter2" not in found.out + found.err


TOKEN = "[core]\n\tbare = false\n[http]\n\textraheader = AUTHORIZATION: basic hunter2\n"
"""The configuration of git as CI writes it, a file of the project."""

FOREIGN = {
    "extend": ("seqspec.toml", 'extend = ".git/config"\n'),
    "extend TOML": ("seqspec.toml", 'extend = "secrets.toml"\n'),
    "extend a list": ("seqspec.toml", 'extend = "list.toml"\n'),
    "baseline": ("seqspec.toml", 'baseline = ".git/config"\n'),
    "baseline JSON": ("seqspec.toml", 'baseline = "secrets.json"\n'),
    "policy": ("seqspec.toml", 'policy = ".git/config"\n'),
    "policy JSON": ("seqspec.toml", 'policy = "secrets.json"\n'),
    "include": ("seqspec.toml", 'include = ["config"]\nexclude = []\nrespect-gitignore = false\n'),
    "include TOML": ("seqspec.toml", 'include = ["secrets.toml"]\n'),
    "extends": ("m.seqspec.toml", HEAD + 'extends = ".git/config"\n'),
    "extends TOML": ("m.seqspec.toml", HEAD + 'extends = "secrets.toml"\n'),
    "extends a link": ("m.seqspec.toml", HEAD + 'extends = "base.seqspec.toml"\n'),
}
"""A file that a pull request adds, which names a file of the project that is not seqspec's."""


@pytest.fixture
def secrets(project):
    """The project with files that hold a secret and are not seqspec's."""
    (project / ".git" / "config").write_text(TOKEN)
    (project / "secrets.toml").write_text('secret_token = "hunter2"\n')
    (project / "list.toml").write_text('ignore = ["hunter2"]\n')
    (project / "secrets.json").write_text('{"type": "hunter2"}\n')
    return project


@pytest.mark.parametrize("case", FOREIGN)
def test_files_of_the_project_that_are_not_ours_are_not_quoted(case, secrets, limited):
    if case == "extends a link":
        (secrets / "base.seqspec.toml").symlink_to(".git/config")
    name, text = FOREIGN[case]
    (secrets / name).write_text(text)
    done = limited("check", ".", cwd=secrets)
    assert done.status in (1, 2)
    assert "hunter2" not in done.out + done.err


@pytest.mark.parametrize("where", [".", "x.*"])
@pytest.mark.parametrize("name", ["x.seqspec.toml", "x.py", "seqspec.toml"])
def test_links_to_files_of_the_project_that_are_not_ours_are_not_quoted(name, where, secrets, limited):
    (secrets / ".env").write_text("import keras\nkeras.Sequential(hunter2 oops\n")
    (secrets / name).symlink_to(".env")
    done = limited("check", where, cwd=secrets)
    assert "hunter2" not in done.out + done.err
    if name == "x.seqspec.toml":
        assert done.status == 1 and "the file is not a spec" in done.out


@pytest.mark.parametrize("key", ["extend", "baseline", "policy"])
@pytest.mark.parametrize("kind", ["pipe", "large", "folder"])
def test_what_a_configuration_names_is_a_file_of_bounded_size(key, kind, project, limited):
    if kind == "pipe":
        os.mkfifo(project / "x.json")
    elif kind == "folder":
        (project / "x.json").mkdir()
    else:
        with open(project / "x.json", "wb") as file:
            file.truncate(300_000_000)
    (project / "seqspec.toml").write_text(f'{key} = "x.json"\n')
    done = limited("check", "good.seqspec.toml", cwd=project)
    assert done.status == 2 and "Traceback" not in done.err


def test_a_configuration_names_files_of_its_repository(project, limited):
    """As in a monorepo, of whose packages each has a pyproject.toml."""
    package = project / "packages" / "a"
    package.mkdir(parents=True)
    (project / "pyproject.toml").write_text('[tool.seqspec]\nfail-on = "info"\n')
    (project / "policy.json").write_text('{"required": ["compile"]}')
    (package / "pyproject.toml").write_text(
        '[tool.seqspec]\nextend = "../../pyproject.toml"\npolicy = "../../policy.json"\n'
    )
    (package / "m.seqspec.toml").write_text(GOOD)
    done = limited("check", "packages", cwd=project)
    assert done.status == 1 and "SEQ115" in done.out


OUTSIDE_KEYS = [("extend", 'fail-on = "info"\n'), ("policy", '{"required": ["compile"]}'), ("baseline", "{")]


@pytest.mark.parametrize(("key", "text"), OUTSIDE_KEYS)
def test_a_configuration_of_the_caller_names_files_anywhere(key, text, project, limited):
    (project.parent / "shared.toml").write_text(text)
    (project / "seqspec.toml").write_text(f'{key} = "../shared.toml"\n')
    refused = limited("check", ".", cwd=project)
    assert refused.status == 2
    assert f"{key} is outside the project" in refused.err and "--config" in refused.err
    named = limited("check", ".", "--config", "seqspec.toml", cwd=project)
    assert "outside the project" not in named.err and named.status == (2 if key == "baseline" else key == "policy")


@pytest.mark.parametrize(("key", "text"), OUTSIDE_KEYS)
def test_a_configuration_in_the_home_folder_names_files_anywhere(key, text, tmp_path, limited):
    home, models = tmp_path / "home", tmp_path / "home" / "models"
    models.mkdir(parents=True)
    (models / "good.seqspec.toml").write_text(GOOD)
    (tmp_path / "shared.toml").write_text(text)
    (home / "seqspec.toml").write_text(f'{key} = "../shared.toml"\n')
    done = limited("check", ".", cwd=models, env={"HOME": str(home)})
    assert "outside the project" not in done.err
    # A configuration below the home folder is not the caller's, even if the home folder is a repository.
    (home / ".git").mkdir()
    (models / "seqspec.toml").write_text(f'{key} = "../seqspec.toml"\n')
    refused = limited("check", ".", cwd=models, env={"HOME": str(home)})
    assert refused.status == 2 and f"{key} is outside the project" in refused.err


def test_watching_does_not_read_a_base_outside_of_the_project(project, monkeypatch):
    from seqspec.cli import watch
    from seqspec.core.config.configuration import Configurations

    (project / "good.seqspec.toml").write_text('seqspec = 1\nextends = "../secret.txt"\n')
    monkeypatch.chdir(project)
    read = []
    monkeypatch.setattr(watch, "read_source", lambda file: read.append(file) or seqspec_source(file))
    watched = watch.Watched(["."], ())
    watched.configured = Configurations()
    assert "good.seqspec.toml" in list(watched())
    assert read == ["good.seqspec.toml"], "of the base only the name is known"


def test_a_configuration_that_is_a_link_out_of_the_project_is_not_read(project, limited):
    (project / "seqspec.toml").symlink_to("../secret.txt")
    found = limited("check", ".", cwd=project)
    assert "hunter2" not in found.out + found.err


@pytest.mark.parametrize("special", ["/dev/zero", "pipe"])
def test_special_files_are_refused(special, project, limited):
    os.mkfifo(project / "pipe")
    for arguments in (
        ["check", special],
        ["check", "--policy", special, "good.seqspec.toml"],
        ["check", "--baseline", special, "good.seqspec.toml"],
        ["check", "--config", special, "good.seqspec.toml"],
    ):
        found = limited(*arguments, cwd=project)
        assert found.status in (1, 2), arguments
        assert "Traceback" not in found.err


@pytest.mark.parametrize("command", ["check", "import", "upgrade"])
@pytest.mark.parametrize("suffix", [".toml", ".py", ".h5", ".keras", ".weights.h5"])
def test_no_command_waits_for_a_pipe(command, suffix, project, limited):
    os.mkfifo(project / f"pipe{suffix}")
    found = limited(command, f"pipe{suffix}", cwd=project)
    assert found.status == 1
    assert "this is a device or a pipe, not a file" in found.out + found.err


def test_sockets_are_refused(project, limited, monkeypatch):
    monkeypatch.chdir(project)
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind("socket.toml")
        found = limited("check", "socket.toml", cwd=project)
    assert found.status == 1 and "this is a device or a pipe, not a file" in found.out


def test_a_build_opens_no_pipe(project, limited):
    os.mkfifo(project / "words.txt")
    vectorization = 'type = "TextVectorization", vocabulary = "words.txt", max_tokens = 9, pad_to_max_tokens = true'
    (project / "text.seqspec.toml").write_text(
        'seqspec = 1\n[model]\ninput = { shape = [], dtype = "string" }\n'
        f'layers = [{{ {vectorization}, output_mode = "multi_hot" }}, {{ type = "Dense", units = 2 }}]\n'
    )
    found = limited("build", "text.seqspec.toml", cwd=project)
    assert found.status == 1 and '"words.txt": this is a device or a pipe, not a file' in found.err


@pytest.mark.parametrize("name", ["model.py", "model.ipynb"])
def test_the_limit_of_a_program_is_named(name, project, limited):
    (project / name).write_bytes(b"#" * 50_000_001)
    found = limited("check", name, cwd=project)
    limit = "50,000,000" if name.endswith(".ipynb") else "1,048,576"
    assert f"the file has 50,000,001 bytes; the limit is {limit}" in found.out and "raise limits.bytes" in found.out


def test_an_absurd_limit_is_refused(project, limited):
    (project / "seqspec.toml").write_text("limits = { bytes = 1000000000000000 }\n")
    found = limited("check", "good.seqspec.toml", cwd=project)
    assert found.status == 2
    assert "268435456" in found.err


def lookup(vocabulary):
    return HEAD + (
        '[model]\ninput = { shape = [4], dtype = "string" }\n'
        f'layers = [{{ type = "StringLookup", vocabulary = "{vocabulary}" }}, '
        '{ type = "Embedding", input_dim = 100, output_dim = 4 }]\n'
    )


def base_model(weights):
    return HEAD + f'[model]\ninput = [224, 224, 3]\nlayers = [{{ type = "VGG16", weights = "{weights}" }}]\n'


OUTSIDE = ["../secret.txt", "/etc/passwd", "gs://bucket/words.txt", "http://127.0.0.1/words.txt", "link.txt"]


@pytest.mark.parametrize("make", [lookup, base_model])
@pytest.mark.parametrize("name", OUTSIDE)
def test_files_outside_the_project_are_an_error(make, name, project, monkeypatch):
    monkeypatch.chdir(project)
    (project / "link.txt").symlink_to("../secret.txt")
    (project / "m.seqspec.toml").write_text(make(name))
    report = seqspec.check("m.seqspec.toml")
    assert "file-not-allowed" in {found.name for found in report.diagnostics if found.severity == "error"}
    with pytest.raises(seqspec.SpecError):
        seqspec.build("m.seqspec.toml")


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_document_cannot_suppress_what_a_build_refuses(name, project, monkeypatch):
    from seqspec.core.check.check import Check

    monkeypatch.chdir(project)
    (project / "link.txt").symlink_to("../secret.txt")
    text = lookup(name).replace("layers = [", "# seqspec: ignore[SEQ119]\nlayers = [")
    (project / "m.seqspec.toml").write_text(text)
    result = Check.of("m.seqspec.toml")
    assert "file-not-allowed" not in {found.name for found in result.validation.diagnostics}
    with pytest.raises(BuildError, match="is not opened"):
        require_all(result)


def test_files_that_the_caller_allows(project, monkeypatch):
    from seqspec.core.check.check import Check, CheckSettings

    monkeypatch.chdir(project)
    (project / "m.seqspec.toml").write_text(lookup("../secret.txt"))
    result = Check.of("m.seqspec.toml", options=CheckSettings(allow_files=["../secret.txt"]))
    assert "file-not-allowed" not in {found.name for found in result.validation.diagnostics}
    require_all(result, allow_files=["../secret.txt"])
    (project / "words.txt").write_text("a\nb\n")
    (project / "m.seqspec.toml").write_text(lookup("words.txt"))
    require_all(Check.of("m.seqspec.toml"))
    # A remote address is never opened.
    (project / "m.seqspec.toml").write_text(lookup("gs://b/w"))
    with pytest.raises(BuildError):
        require_all(
            Check.of("m.seqspec.toml", options=CheckSettings(allow_files=["gs://b/w"])), allow_files=["gs://b/w"]
        )
