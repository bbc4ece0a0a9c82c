"""The parameters that click passes to the function of each command."""

import inspect

import click
import pytest

from seqspec.cli.main import cli


def commands(command=cli, name="seqspec"):
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            yield from commands(command.get_command(context, inner), f"{name} {inner}")
    else:
        yield pytest.param(command, id=name)


@pytest.mark.parametrize("command", list(commands()))
def test_the_function_of_a_command_has_its_parameters(command):
    """Neither mypy nor click compares them: a renamed parameter would fail only when the command runs."""
    parameters = inspect.signature(command.callback).parameters.values()
    passed = {parameter.name for parameter in command.params if parameter.expose_value}
    accepted = {parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD}
    rest = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    required = {parameter.name for parameter in parameters if parameter.default is parameter.empty}
    assert rest or passed <= accepted, (
        f"the function lacks {sorted(passed - accepted)}; it has {sorted(accepted - passed)}"
    )
    assert rest or required <= passed, f"no click parameter has the name {sorted(required - passed)}"
