"""The commands of the core, one module each; `seqspec.cli.command_table` lists all commands."""
