"""Words that are keys of cloud services, by their prefixes."""

KEY_PREFIXES = (
    "AKIA", "ASIA", "ghp_", "gho_", "github_pat_", "hf_", "xoxb-", "xoxp-", "glpat-", "sk-proj-", "sk-ant-",
    "sk_live_", "sk_test_",
)  # fmt: skip
_MIN_LENGTH = 16


def is_key(word: str) -> bool:
    """Whether a word has the prefix and the length of a key."""
    return (
        word.startswith(KEY_PREFIXES)
        and len(word) >= _MIN_LENGTH
        and word.replace("_", "").replace("-", "").isalnum()
        and word.isascii()
    )
