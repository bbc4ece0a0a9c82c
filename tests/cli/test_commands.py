"""The table of commands: its modules, commands of plugins, and extras that are not installed."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from seqspec.cli import command_table as table
from seqspec.cli.main import cli
from seqspec.core.catalog.plugins import Plugin
from tests import ROOT
from tests.requirements import unmeasured
from tests.test_imports import modules_after

SPEC = """\
seqspec = 1
[model]
input = [2]
layers = ["Flatten", { type = "Dense", units = 1 }]
"""


@click.command("greet")
def greet():
    """Greet the user."""
    click.echo("hello")


@pytest.fixture
def plugged(monkeypatch):
    """Makes entry points of the group `seqspec.commands`."""

    def plug(*entries):
        made = tuple(Plugin("seqspec.commands", name, f"acme:{name}", **values) for name, values in entries)
        monkeypatch.setattr(table, "plugins", lambda group: made)
        table.commands.cache_clear()

    yield plug
    monkeypatch.undo()
    table.commands.cache_clear()


def run(*arguments):
    return CliRunner().invoke(cli, arguments)


def test_every_command_is_found_and_has_its_name():
    for name, entry in table.commands().items():
        assert entry.load().name == name


def test_help_imports_no_command():
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom seqspec.cli.main import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0\n"
        "assert not [m for m in sys.modules if '.commands.' in m]"
    )
    assert "seqspec" in modules_after(script)


def test_command_of_a_plugin_is_listed_and_runs(plugged):
    plugged(("greet", {"value": greet}))
    listed = run("--help").output
    assert "Plugins:\n  greet  Greet the user" in listed
    assert run("greet").output == "hello\n"


def test_plugin_cannot_replace_a_command(plugged):
    plugged(("check", {"value": greet}))
    assert "hello" not in run("check", "--help").output


@pytest.mark.parametrize(
    ("values", "fault"),
    [({"fault": "ImportError: no"}, "ImportError: no"), ({"value": 3}, "expected a click.Command, got a int")],
)
def test_broken_command_of_a_plugin_is_one_line(plugged, values, fault):
    plugged(("bad", values))
    assert "bad  cannot be used" in run("--help").output
    result = run("bad")
    assert result.exit_code == 1
    assert result.output == f'Error: the command "bad" of acme:bad cannot be used: {fault}\n'


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["check", "--data", "m.toml"], "numpy", "train"),
        (["train", "m.toml"], "numpy", "tensorflow"),
        (["evaluate", "."], "numpy", "tensorflow"),
        (["predict", ".", "x.csv"], "numpy", "tensorflow"),
        (["resume", "."], "numpy", "tensorflow"),
        (["export", "m.toml"], "numpy", "tensorflow"),
        (["lsp"], "pygls", "lsp"),
        (["serve"], "pygls", "serve"),
    ],
)
def test_missing_extra_is_one_line(tmp_path, arguments, package, extra):
    (tmp_path / "m.toml").write_text(SPEC)
    script = (
        f"import sys\nsys.modules[{package!r}] = None\nsys.argv = ['seqspec', *{arguments}]\n"
        "from seqspec.cli.main import main\nmain()"
    )
    env = {**unmeasured(), "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert result.returncode == 2
    name = "check --data" if "--data" in arguments else arguments[0]
    install = f"pip install 'keras-seqspec[{extra}]' (in a checkout: pip install '.[{extra}]')"
    assert result.stderr == f"Error: seqspec {name} needs {package}, which is not installed: {install}\n"
