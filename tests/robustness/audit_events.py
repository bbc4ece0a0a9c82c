"""Records the side effects of a process with Python's audit events, and those that SECURITY.md rules out.

As a program, `python audit_events.py LOG seqspec ARGUMENT...` runs the command line and writes its events to LOG, one
JSON line each; `python audit_events.py LOG code TEXT` runs a text instead. The hook sees what native code does as well
where that calls back into the interpreter, and nothing can remove it.
"""

import json
import os
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

# A fork by itself runs no other program.
RUNS = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "pty.spawn")
REACHES = ("socket.", "urllib.Request", "http.client.", "ftplib.", "smtplib.", "imaplib.", "webbrowser.open", "ssl.")
NATIVE = ("ctypes.dlopen", "ctypes.call_function", "pickle.find_class")
CHANGES = (
    "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate",
    "os.utime", "shutil.",
)  # fmt: skip
READS = ("os.listdir", "os.scandir", "glob.glob")
LOADS = ("import", "exec")
_RECORDED = ("open", *RUNS, *REACHES, *NATIVE, *CHANGES, *READS, *LOADS)


class Event(NamedTuple):
    """An audit event; its arguments as JSON."""

    name: str
    args: list


class Allowed(NamedTuple):
    """What a command may do beside computing.

    Attributes:
        reads: Folders and files that it may read.
        writes: Folders and files that it may write.
        local_sockets: Whether it may make sockets that are connected with nothing, as an event loop does for itself.
        numpy: Whether it may do what `import numpy` does: open the process itself with ctypes.
        h5py: Whether it may do what `import h5py` does: that, and ask `uname` for the processor.
    """

    reads: tuple
    writes: tuple = ()
    local_sockets: bool = False
    numpy: bool = False
    h5py: bool = False

    def breaches(self, events):
        """The events that are not allowed."""
        return [event for event in events if not self._permits(event)]

    def _permits(self, event):
        name, args = event
        if (self.numpy or self.h5py) and (name, args[:1]) == ("ctypes.dlopen", [None]):
            return True
        if self.h5py and (name, args[:1]) == ("subprocess.Popen", ["uname"]):
            return True
        if name == "open":
            return self._permits_open(*args)
        if name.startswith(CHANGES):
            return all(_within(path, self.writes) for path in args if isinstance(path, str))
        if name.startswith(READS):
            # Imports and the search for plugins list the folders in which packages may be.
            path = args[0]
            permitted = (*self.reads, *self.writes, *INSTALLED)
            return not isinstance(path, str) or path in SEARCHED or _within(path, permitted)
        if name == "exec":
            # Code that dataclasses, attrs and Pydantic write at run time has no file.
            return not args[0] or args[0].startswith("<") or _within(args[0], INSTALLED)
        if name == "import":
            return args[1] is None or _within(args[1], INSTALLED)
        # A new socket reaches nothing yet; connect, bind and getaddrinfo are events of their own.
        return name == "socket.__new__" and self.local_sockets

    def _permits_open(self, path, mode, flags):
        if not isinstance(path, str):
            return True  # a descriptor that is open already
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND):
            return path == os.devnull or _within(path, self.writes)
        return path == os.devnull or _within(path, (*self.reads, *self.writes, *INSTALLED))


def _within(path, roots):
    return any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


ROOT = str(Path(__file__).resolve().parent.parent.parent)


def _installed():
    roots = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()}
    roots |= {path for path in sys.path if path.endswith(("site-packages", "dist-packages", ".zip"))}
    roots |= {os.path.join(ROOT, "seqspec"), str(Path(__file__).resolve())}
    return tuple(sorted(os.path.realpath(root) for root in roots))


INSTALLED = _installed()
"""Where installed code lives: the standard library, site-packages, the package under test."""


SEARCHED = {ROOT, *map(os.path.realpath, sys.path)}
"""Folders in which Python looks for packages."""


def read(log):
    """The events in the file that a run has written."""
    return [Event(*json.loads(line)) for line in Path(log).read_text(encoding="utf-8").splitlines()]


def _plain(value):
    if isinstance(value, (str, int, type(None))):
        return value
    return os.fsdecode(value) if isinstance(value, (bytes, os.PathLike)) else type(value).__name__


def _real(value):
    """A path as the file that it names now; anything else as it is."""
    return os.path.realpath(value) if isinstance(value, str) and value else value


def _record(descriptor):
    """Installs the hook."""

    def hook(name, args):
        if not name.startswith(_RECORDED):
            return
        if name == "exec":
            args = (args[0].co_filename,)
        elif name == "import":
            args = args[:2]
        plain = [_plain(arg) for arg in args]
        if name == "open":
            plain[0] = _real(plain[0])
        elif name.startswith((*CHANGES, *READS)) or (name == "exec" and plain[0][:1] not in ("", "<")):
            plain = [_real(arg) for arg in plain] or ["."]
        os.write(descriptor, json.dumps([name, plain]).encode() + b"\n")

    sys.addaudithook(hook)


def _main():
    log, what, *arguments = sys.argv[1:]
    sys.path.pop(0)
    _record(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    if what == "code":
        exec(compile(arguments[0], "<code>", "exec"), {"__name__": "__main__"})
        return
    from seqspec.cli.main import main

    sys.argv = ["seqspec", *arguments]
    main()


if __name__ == "__main__":
    _main()
