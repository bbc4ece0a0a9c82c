"""Any Python file is checked in bounded time without importing, opening or running anything in it."""

import json
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqspec
from seqspec.programs.program_document import read_program
from tests.hang import HANG

HEAD = "import keras\nfrom keras.layers import *\nfrom keras.models import Sequential\n"
MODEL = "m = Sequential([Dense(8, input_shape=(4,)), Dense(1)])\n"

HOSTILE = {
    "power": "n = 9 ** 9 ** 9\n",
    "shift": "n = 1 << 10 ** 12\n",
    "factors": "n = 7\n" + "n = n * n\n" * 60,
    "long string": "s = 'a' * 10 ** 12\n",
    "long list": "s = [0] * 10 ** 12\n",
    "doubled list": "s = [0]\n" + "s = s + s\n" * 60,
    "doubled string": "s = 'a'\n" + "s += s\n" * 60,
    "doubled f-string": "s = 'a'\n" + "s = f'{s}{s}'\n" * 60,
    "wide format": "s = '%1000000000d' % 5\nt = f'{5:>1000000000}'\nu = '{:>1000000000}'.format(5)\n",
    "nested width": "w = 10 ** 9\nt = f'{5:{w}}'\nu = '{:{}}'.format(5, w)\n",
    "replace": "s = 'a' * 1000\ns = s.replace('a', s)\ns = s.replace('a', s)\n",
    "join": "s = ('a' * 1000).join(['b'] * 1000)\n",
    "range": "for i in range(10 ** 18):\n    n = i\nr = list(range(10 ** 18))\nk = len(range(10 ** 30))\n",
    "loops": (
        "for a in range(100):\n    for b in range(100):\n        for c in range(100):\n            m.add(Dense(a))\n"
    ),
    "endless": "while True:\n    x = 1\n",
    "counting": "i = 0\nwhile i < 10 ** 9:\n    i += 1\n",
    "recursion": "def f(n):\n    return f(n + 1)\nf(0)\n",
    "branching recursion": "def f(n):\n    return f(n - 1) + f(n - 2)\nf(100)\n",
    "mutual": "def f():\n    return g()\ndef g():\n    return f()\nf()\n",
    "branches": "".join(f"if unknown():\n    m.add(Dense({i}))\n" for i in range(1, 60)),
    "unknown loops": "".join("    " * i + "for x in unknown():\n" for i in range(15)) + "    " * 15 + "y = 1\n",
    "comprehension": "x = [a for a in range(900) for b in range(900) for c in range(900)]\n",
    "list in itself": "x = []\nx.append(x)\nm.add(Dense(x))\ny = x == x\n",
    "dict in itself": "x = {}\nx['x'] = x\nm.add(Dense(**x))\n",
    "model in itself": "m.add(m)\n",
    "models in each other": "a = Sequential()\nb = Sequential([a])\na.add(b)\na.compile('adam')\n",
    "class of itself": "class A:\n    pass\nclass A(A):\n    pass\nA().x\n",
    "bases in a circle": "class A:\n    pass\nclass B(A):\n    pass\nA.__bases__ = (B,)\nB().x\n",
    "property": "class A:\n    @property\n    def x(self):\n        return self.x\nA().x\n",
    "deep expression": "x = " + "(" * 90 + "1" + ")" * 90 + "\n",
    "deep arithmetic": "x = " + "1 + " * 5000 + "1\n",
    "deep arithmetic of Python 2": 'print "a"\nx = ' + "1 / " * 900 + "1\n",
    "deep attribute": "x = a" + ".b" * 3000 + "\n",
    "many models": "for i in range(100):\n    for j in range(100):\n        Sequential([Dense(j)])\n",
    "unhashable": "x = {[1]: 2}\ny = {(1, [2]): 3}\nz = {1: 2}[[1]]\n",
    "division": "x = 1 / 0\ny = 1 % 0\nz = divmod(1, 0)\nw = [1][5]\n",
    "infinity": "x = 1e308 * 10\nm.add(Dense(int(x)))\ny = int(float('nan'))\n",
    "huge number": "m.add(Dense(" + "9" * 4000 + "))\n",
    "walrus": "[x := 1 for i in range(5)]\n",
    "generators": "def f():\n    while True:\n        yield 1\nfor x in f():\n    y = x\nx = list(f())\n",
    "star": "a, *b = unknown()\n*c, d = [1, 2]\nf(*a, **b)\n",
    "match": "match x:\n    case 1:\n        m.add(Dense(2))\n    case _:\n        m.add(Dense(3))\n",
    "async": (
        "async def f():\n    async with a as b:\n        await c\n    async for d in e:\n        m.add(Dense(1))\n"
    ),
    "globals": "def f():\n    global m\n    m = Sequential([Dense(2)])\nf()\n",
    "delete": "del m\nm.add(Dense(1))\n",
    "surrogates": "x = '\\ud800'\nm.add(Dense(1, name=x, activation='\\ud800'))\n",
    "arguments": (
        "m.add(Dense(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20))\nm.fit(*range(30))\n"
    ),
    "no arguments": "m.add()\nm.compile()\nm.fit()\nSequential([Dense(), Conv2D(), LSTM()])\nm.build()\n",
    "wrong arguments": (
        "m.add(Dense([1, [2, [3]]], activation={'a': [None]}, input_shape='abc'))\n"
        "m.compile(1, 2, 3)\nm.fit(1, 2, 3, callbacks=4)\n"
    ),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_programs_do_not_fail(tmp_path, text):
    file = tmp_path / "train.py"
    file.write_text(HEAD + MODEL + text, encoding="utf-8", errors="surrogatepass")
    start = time.process_time()
    report = seqspec.check(file)
    json.dumps(report.to_dict())
    assert time.process_time() - start < HANG


JUNK = [
    b"",
    b"\0",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbfimport keras\n",
    b"# -*- coding: latin-1 -*-\nimport keras\nx = '\xe4'\nm = keras.Sequential([keras.layers.Dense(-1)])\n",
    b"# coding: nothing\nimport keras\n",
    b"# coding: hex\nimport keras\n",
    b"# coding: punycode\nimport keras\nSequential-\xff\n",
    b"# coding: unicode_escape\nimport keras\nm = keras.Sequential(name='\\ud800')\n",
    b"# coding: utf-16\nimport keras\nm = keras.Sequential()\n",
    b"import keras\rm = keras.Sequential()\r",
    b"(" * 100000,
    b"-" * 100000 + b"1",
    b"x = " + b"[" * 150,
    b"{" * 5000,
    b'"""' + b"a" * 100000,
    b"import keras\n" * 100000,
]


@pytest.mark.parametrize("name", ["train.py", "train.ipynb"])
@pytest.mark.parametrize("data", JUNK, ids=range(len(JUNK)))
def test_invalid_files_are_reported(tmp_path, data, name):
    file = tmp_path / name
    file.write_bytes(data)
    json.dumps(seqspec.check(file).to_dict())


NOTEBOOKS = [
    [],
    3,
    {"cells": 3},
    {"cells": [3, None, {}, {"cell_type": "code"}, {"cell_type": "code", "source": 3}]},
    {"worksheets": [3, {"cells": [{"cell_type": "code", "input": ["x = 1"]}]}]},
    {"cells": [], "metadata": 3},
    {"cells": [{"cell_type": "code", "source": ["%%bash\n", "rm -r"]}]},
    {"metadata": {"kernelspec": {"language": "R"}}, "cells": [{"cell_type": "code", "source": "x <- 1"}]},
]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=range(len(NOTEBOOKS)))
def test_invalid_notebooks_are_reported(tmp_path, notebook):
    file = tmp_path / "train.ipynb"
    file.write_text(json.dumps(notebook))
    json.dumps(seqspec.check(file).to_dict())


PIECES = st.sampled_from(
    [
        "m = Sequential()", "m.add(Dense(n))", "n = 4", "n = x.shape[1]", "n *= 2", "for i in range(3):", "for i in x:",
        "    m.add(Dense(i + 1))", "if n:", "else:", "    m = Sequential([Dense(n)])", "    break", "    continue",
        "def f(a, b=n):", "    return m", "m = f(n)", "while n < 9:", "    n = n + 1", "class A(Sequential):",
        "    def __init__(self):", "        self.add(Dense(2))", "A()", "l = [m, n]", "l.append(Dense(3))",
        "m = Sequential(l)",
        "m.compile('adam', n)", "m.fit(x, y, callbacks=l)", "m.layers[0].trainable = n", "d = {'units': n}",
        "m.add(Dense(**d))", "try:", "except x:", "    raise x", "with x as n:", "    pass", "m.pop()", "m.add(m)",
        "lambda: m", "[Dense(k) for k in l]", "n = l", "x = n, m", "a, n = x",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=14))
def test_random_programs_do_not_fail(lines):
    for program in read_program(HEAD + "\n".join(lines)).models:
        seqspec.check(program.tree if not program.unknown_values else {"seqspec": 1})


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_random_text_does_not_fail(text):
    read_program(HEAD + MODEL + text)
    read_program(text, True)


def test_programs_are_never_executed(tmp_path):
    """Under an audit hook: nothing is imported, compiled or started; the program and what it imports are opened."""
    trap = tmp_path / "trap.py"
    trap.write_text("raise SystemExit('trap')\n")
    file = tmp_path / "train.py"
    file.write_text(
        "import trap, keras\nfrom trap import *\n"
        + HEAD
        + MODEL
        + "import os, subprocess, pickle\nos.system('touch ran')\nsubprocess.run(['touch', 'ran'])\n"
        + "exec('open(\"ran\", \"w\")')\neval('1')\nopen('ran', 'w').write('')\npickle.loads(b'')\n"
        + "__import__('trap')\nm.load_weights('w.h5')\ncompile('1', '', 'eval')\nkeras.models.load_model('x')\n"
    )
    seqspec.check(file)  # Modules of seqspec that are imported when they are needed are there now.
    seen = []
    watching = True

    def watch(event, arguments):
        if watching and event in _FORBIDDEN and not _is_read(event, arguments, (file, trap)):
            seen.append((event, arguments))

    sys.addaudithook(watch)
    try:
        report = seqspec.check(file)
    finally:
        watching = False
    assert seen == []
    assert len(report.layers) == 2
    assert not {"trap", "subprocess_ran"} & set(sys.modules) and not (tmp_path / "ran").exists()


_FORBIDDEN = (
    "import", "open", "exec", "compile", "os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen",
    "socket.connect", "pickle.find_class", "ctypes.dlopen", "shutil.rmtree", "os.remove",
)  # fmt: skip


def _is_read(event, arguments, files):
    """Whether it is the text of one of the files that is opened, or parsed without being compiled."""
    if event == "open":
        # A descriptor is of a file that was opened by its name before.
        return isinstance(arguments[0], int) or str(arguments[0]) in map(str, files)
    return event == "compile" and arguments[0] is not None and b"trap" in bytes(str(arguments[0]), "utf-8")
