"""When a test that is given a hostile input calls it a hang.

The inputs are so large that an answer that grows with their square takes many minutes. A limit near to what an answer
takes would measure the load of the machine and the tool that counts the covered lines.
"""

HANG = 60.0
"""Seconds of processor time."""
