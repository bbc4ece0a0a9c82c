"""The optional dependencies of the package, and how they are installed."""


class MissingPackageError(ModuleNotFoundError):
    """A package of an extra that is not installed; the message says how to install it."""


def install_command(extra: str, *packages: str) -> str:
    """The command that installs an extra of the package, and other packages."""
    return " ".join([f"pip install 'keras-seqspec[{extra}]'", *packages])
