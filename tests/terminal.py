"""Runs programs on a pseudo-terminal."""

import os
import pty
import select
import signal
import subprocess
import time


class Terminal:
    """A program on a terminal."""

    def __init__(self, command, cwd, **env):
        self.outer, inner = pty.openpty()
        env = {**os.environ, "TERM": "xterm", "COLUMNS": "200", "LINES": "50", **env}
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=env,
            start_new_session=True,
            # Tests that run in the background inherit that Ctrl-C is ignored; a terminal's programs do not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        os.close(inner)
        self._seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        os.close(self.outer)

    def type(self, keys):
        os.write(self.outer, keys.encode())

    def until(self, words, seconds=120):
        """What is printed before the words; fails where they do not come."""
        end = time.monotonic() + seconds
        while words not in self._seen:
            if not select.select([self.outer], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"{words!r} did not come: {self._seen!r}")
            try:
                self._seen += os.read(self.outer, 65536).decode(errors="replace")
            except OSError:
                raise AssertionError(f"{words!r} did not come before the end: {self._seen!r}")
        before, _, self._seen = self._seen.partition(words)
        return before

    def interrupt(self, signal):
        """The exit status after a signal."""
        self.process.send_signal(signal)
        return self.process.wait(60)
