"""The words in the names of columns."""

import re


def words_of(name: str) -> str:
    """The words of the name of a column, in lower case: customerId is "customer id"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[^a-z0-9]+", " ", spaced.lower()).strip()
