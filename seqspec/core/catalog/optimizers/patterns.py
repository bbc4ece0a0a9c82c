"""Regular expressions for the names of variables."""

import re

is_cheap_pattern = re.compile(r"[\w/.^$|-]*").fullmatch
"""Whether a regular expression has no repetition and no group, so that it takes linear time."""
