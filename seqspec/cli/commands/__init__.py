"""The commands of the core, one module each; `seqspec.cli.table` lists all commands."""
