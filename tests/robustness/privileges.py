"""Runs processes without privileges, so that file permissions apply even if the tests run as root."""

import ctypes
import os
import sys

_READ, _DROP = 23, 24
"""`prctl` of Linux: whether a capability is in the bounding set, and take it out."""

_CAPABILITIES = (1, 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, by which root reads and writes everything."""

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def permissions_hold():
    """For `preexec_fn` of `subprocess`: the program that is then run obeys the permissions of files and folders."""
    if os.geteuid() != 0:
        return
    assert _libc is not None
    for capability in _CAPABILITIES:
        if _libc.prctl(_READ, capability, 0, 0, 0) and _libc.prctl(_DROP, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_CAPBSET_DROP)")
