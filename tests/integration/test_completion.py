"""Completion in real shells."""

import os
import stat
import subprocess
import sys

import click
import pytest
from click.shell_completion import ShellComplete

from seqspec.cli.main import cli
from tests.integration.conftest import ROOT, clean
from tests.requirements import program_path
from tests.terminal import Terminal


@pytest.fixture
def folder(tmp_path):
    """A folder with a document, and a program `seqspec` on the PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "seqspec"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from seqspec.cli.main import main\nmain()\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    work = tmp_path / "work"
    work.mkdir()
    (work / "digits.seqspec.toml").touch()
    return work


def env(folder):
    return clean(
        PATH=f"{folder.parent / 'programs'}{os.pathsep}{os.environ['PATH']}", HOME=str(folder.parent), PS1="ready> "
    )


SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(seqspec completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -U compinit; compinit -u -D; eval "$(seqspec completion zsh)"'),
}
TYPED = [
    ("seqspec comp\t", "seqspec completion"),
    ("seqspec check --show\t", "seqspec check --show-files"),
    ("seqspec new --format js\t", "seqspec new --format json"),
    ("seqspec new autoen\t", "seqspec new autoencoder"),
    ("seqspec check dig\t", "seqspec check digits.seqspec.toml"),
    ("seqspec summary ./dig\t", "seqspec summary ./digits.seqspec.toml"),
    ("seqspec new -o dig\t", "seqspec new -o digits.seqspec.toml"),
]


@pytest.mark.parametrize("shell", [pytest.param(name, marks=pytest.mark.needs(name)) for name in SHELLS])
def test_a_tab_completes(shell, folder):
    command, load = SHELLS[shell]
    with Terminal([program_path(shell), *command[1:]], folder, **env(folder)) as terminal:
        terminal.type(f"{load}; echo $((40 + 2))\n")
        terminal.until("42\r\n")
        for typed, completed in TYPED:
            terminal.type(typed)
            # The completed line is quoted and printed: ^A goes to its beginning, ^E to its end.
            terminal.type("\x01echo $((40 + 2))'<\x05>'\n")
            terminal.until("42<")
            assert terminal.until(">\r\n").rstrip() == completed


@pytest.mark.needs("fish")
def test_fish_completes(folder):
    lines = "\n".join(f"echo '==' ; complete -C {typed.rstrip()!r}" for typed, _ in TYPED)
    script = f"seqspec completion fish | source\n{lines}\n"
    done = subprocess.run(
        [program_path("fish"), "--no-config", "-c", script], cwd=folder, env=env(folder), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split("==\n")[1:]
    for (typed, completed), answer in zip(TYPED, answers, strict=True):
        assert [line.split("\t")[0] for line in answer.splitlines()] == [completed.split()[-1]], typed


@pytest.mark.parametrize("name", cli.list_commands(click.Context(cli)))
def test_file_arguments_complete_files(name):
    command = cli.get_command(click.Context(cli), name)
    complete = ShellComplete(cli, {}, "seqspec", "_SEQSPEC_COMPLETE")
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            earlier = ["x"] * arguments.index(parameter)
            words, before = f"{parameter.name} {parameter.metavar or ''}", [name, *earlier]
        else:
            words, before = parameter.metavar or "", [name, parameter.opts[-1]]
        if any(word in words.upper() for word in ("FILE", "PATH", "FOLDER", "OLD", "NEW", "SCHEMA")):
            found = [item.type for item in complete.get_completions(before, "")]
            assert found == ["file"], f"{name} {words}: add shell_complete=file_names"
