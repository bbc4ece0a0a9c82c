"""`seqspec completion`: prints the shell script that completes commands, options and files."""

from __future__ import annotations

import click

_INSTALL = """\b
bash   echo 'eval "$(seqspec completion bash)"' >> ~/.bashrc
zsh    echo 'eval "$(seqspec completion zsh)"' >> ~/.zshrc      (after compinit)
fish   seqspec completion fish > ~/.config/fish/completions/seqspec.fish
"""
"""How each shell loads the script."""


@click.command("completion", epilog=_INSTALL)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that lets a shell complete commands, options, their values and files."""
    from click.shell_completion import get_completion_class

    from seqspec.cli.main import cli

    completer = get_completion_class(shell)
    assert completer is not None
    click.echo(completer(cli, {}, "seqspec", "_SEQSPEC_COMPLETE").source())
