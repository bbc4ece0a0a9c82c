import os
from pathlib import Path

# Where scripts/ci-tools installs the runtime of TF.js.
os.environ.setdefault("NODE_PATH", str(Path(__file__).with_name("node_modules")))
