"""The optional dependencies of the package, and how they are installed."""


def install_command(extra: str, *packages: str) -> str:
    """The command that installs an extra of the package, and other packages."""
    return " ".join([f"pip install 'keras-seqspec[{extra}]'", *packages])
