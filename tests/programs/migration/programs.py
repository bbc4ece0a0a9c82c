"""Runs the programs of `programs.json` with the Keras that is installed, and says which it refuses.

`python programs.py keras|tf_keras` writes the results as JSON; `scripts/migration` records them for both packages.
"""

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

RECORD = Path(__file__).with_suffix(".json")


def outcome(text):
    """`"ok"`, or the name of the exception that a program raises."""
    try:
        exec(compile(text, "program", "exec"), {"__name__": "__main__"})
    except Exception as error:
        return type(error).__name__
    return "ok"


def main(package):
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    warnings.simplefilter("ignore")
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    os.chdir(tempfile.mkdtemp())
    results = {}
    for name, entry in recorded.items():
        text = entry["program"]
        if package == "tf_keras":
            text = text.replace("import keras", "import tf_keras as keras").replace("from keras", "from tf_keras")
        results[name] = outcome(text)
    print("\nRESULTS", json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1])
