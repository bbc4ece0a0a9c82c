"""`python -m seqspec`."""

from seqspec.cli.main import main

main()
