"""Runs a function on many seeds in processes of their own, which TensorFlow may end without an exception."""

import itertools
import multiprocessing
import multiprocessing.connection
import time
import traceback

CHUNK = 250
"""After so many seeds a process ends, with what TensorFlow has kept in its memory."""
SECONDS = 180.0
"""A process that sends nothing for so long, its start included, is ended."""
ENDED = object()
"""The result of a seed on which the process ended or took too long."""


class Worker:
    """A process that sends the results of its seeds one after another."""

    def __init__(self, context, work, seeds):
        self.seeds, self.since = seeds, time.monotonic()
        self.pipe, theirs = context.Pipe(duplex=False)
        self.process = context.Process(target=_send, args=(work, seeds, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def end(self):
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _send(work, seeds, pipe):
    for seed in seeds:
        try:
            pipe.send((work(seed), None))
        except Exception:
            pipe.send((None, traceback.format_exc()))
    pipe.close()


def outcomes(work, first, count, jobs, chunk=CHUNK, seconds=SECONDS):
    """Yields `(seed, work(seed))` for `count` seeds (None: without end) from `first` on, in any order.

    The result of a seed on which the process ends or takes longer than `seconds` is ENDED. An exception of `work` is
    an error of this program: RuntimeError.
    """
    context = multiprocessing.get_context("spawn")
    starts = itertools.count(first, chunk) if count is None else range(first, first + count, chunk)
    stop = None if count is None else first + count
    waiting = (range(start, start + chunk if stop is None else min(start + chunk, stop)) for start in starts)
    running = []
    try:
        while True:
            while len(running) < jobs and (seeds := next(waiting, None)) is not None:
                running.append(Worker(context, work, seeds))
            if not running:
                return
            ready = multiprocessing.connection.wait([worker.pipe for worker in running], timeout=1.0)
            for worker in list(running):
                result = _result(worker, worker.pipe in ready, seconds)
                if result is None:
                    continue
                if not worker.seeds:
                    running.remove(worker)
                    worker.end()
                    continue
                yield worker.seeds[0], result[0]
                worker.seeds, worker.since = worker.seeds[1:], time.monotonic()
                if result[0] is ENDED:
                    running.remove(worker)
                    worker.end()
                    if worker.seeds:
                        running.append(Worker(context, work, worker.seeds))
    finally:
        for worker in running:
            worker.end()


def _result(worker, ready, seconds):
    """The next result of a process as a tuple of one; None where there is none yet."""
    if not ready:
        return (ENDED,) if time.monotonic() - worker.since > seconds else None
    try:
        result, error = worker.pipe.recv()
    except EOFError:
        return (ENDED,)
    if error is not None:
        raise RuntimeError(f"seed {worker.seeds[0]}:\n{error}")
    return (result,)
