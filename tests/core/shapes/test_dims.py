"""Unknown sizes: the text of a `Dim`, evaluated as arithmetic, equals the operations that created it."""

from hypothesis import given
from hypothesis import strategies as st

from seqspec.core.shapes.tensor import Dim, ceil_div, product, public, show

steps = st.lists(st.tuples(st.sampled_from("+-*/"), st.integers(1, 7)), max_size=8)


@given(steps, st.integers(0, 1000))
def test_text_is_the_value(operations, number):
    size, dim = number, Dim("T")
    for operation, amount in operations:
        match operation:
            case "+":
                size, dim = size + amount, dim + amount
            case "-":
                size, dim = size - amount, dim - amount
            case "*":
                size, dim = size * amount, dim * amount
            case "/":
                size, dim = size // amount, dim // amount
    assert eval(str(dim), {"T": number}) == size


@given(st.integers(0, 30), st.integers(0, 30), steps, steps)
def test_products_and_sums_of_two_names(t, u, first, second):
    def run(value, operations):
        for operation, amount in operations:
            value = {"+": value + amount, "-": value - amount, "*": value * amount, "/": value // amount}[operation]
        return value

    a, b = run(Dim("T"), first), run(Dim("U"), second)
    numbers = {"T": t, "U": u}
    assert eval(str(a * b), numbers) == run(t, first) * run(u, second)
    assert eval(str(a + b), numbers) == run(t, first) + run(u, second)


def test_names_stay_short():
    t = Dim("T")
    assert [str(t - 2 - 2), str(t // 2 // 2), str((t - 2) // 2), str(t * 64 * 8), str(ceil_div(t, 2))] == [
        "T-4",
        "T//4",
        "(T-2)//2",
        "T*512",
        "(T+1)//2",
    ]
    assert t - t == 0
    assert str(Dim() * 4 + 1) == "?"


def test_equality():
    assert Dim("T") - 2 == Dim("T") - 1 - 1
    assert Dim("T") != Dim("U")
    assert Dim() != Dim()
    nameless = Dim()
    assert nameless == nameless
    assert len({Dim("T"), Dim("T")}) == 1


def test_shapes():
    assert product((2, 3, 4)) == 24
    assert product(()) == 1
    assert str(product((Dim("T"), 3))) == "T*3"
    assert public((Dim("batch"), 3)) == (None, 3)
    assert show((Dim("T") - 2, 64)) == "(T-2, 64)"
    assert show((10,)) == "(10)"
