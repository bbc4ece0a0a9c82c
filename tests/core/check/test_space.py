"""The check of a search space: candidates, why they are invalid, and what Keras says about them."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest

import seqspec
from seqspec.core.check.check import Check
from seqspec.core.check.space import SpaceChecker
from seqspec.core.document.search import Search
from seqspec.core.language.overrides import SHARED_SPLIT, Override
from seqspec.core.search_space.candidates import candidate, drawn, drawn_under, enumerated, parameters
from seqspec.core.search_space.conditions import CONFIRMING, Probe, Term, _Sample, explain
from tests.keras_oracle import judge

FINAL = ("evaluate", "retrain", "none")
CNN = {
    "seqspec": 1,
    "vars": {"depth": 1, "width": 8, "pool": 2, "padding": "same"},
    "blocks": {
        "conv": {
            "layers": [
                {"type": "Conv2D", "filters": "$width", "kernel_size": 3, "padding": "$padding"},
                {"type": "MaxPooling2D", "pool_size": "$pool"},
            ]
        }
    },
    "model": {
        "input": [8, 8, 1],
        "layers": [{"use": "conv", "repeat": "$depth"}, "Flatten", {"type": "Dense", "units": 3}],
    },
    "compile": {"optimizer": {"type": "SGD", "learning_rate": 0.01}, "loss": "mse"},
    "search": {
        "objective": "val_loss",
        "space": {
            "vars": {
                "depth": {"min": 1, "max": 4},
                "width": {"min": 4, "max": 64, "log": True},
                "pool": [1, 2, 3],
                "padding": ["same", "valid"],
            },
            "compile": {
                "optimizer": [
                    {"type": "SGD", "learning_rate": {"min": 1e-3, "max": 1.0, "log": True}},
                    {"type": "Adam"},
                ]
            },
        },
    },
}


def space_of(tree):
    return Search.read_table({"objective": "val_loss", "space": tree}, []).space


def checker(tree=CNN, **search):
    return SpaceChecker(Check.of({**tree, "search": {**tree["search"], **search}}))


def test_each_value_of_final_is_itself():
    read = {value: Search.read_table({"objective": "loss", "space": {}, "final": value}, []).final for value in FINAL}
    assert read == {value: value for value in FINAL}
    assert Search.read_table({"objective": "loss", "space": {}}, []).final == "evaluate"


@pytest.mark.parametrize("write", [lambda adam: [adam], lambda adam: {"value": adam}])
def test_a_single_table_with_ranges_names_their_paths(write):
    adam = {"type": "Adam", "learning_rate": {"min": 1e-4, "max": 0.1}, "beta_1": {"min": 0.8, "max": 0.95}}
    space = {"compile": {"optimizer": write(adam)}}
    report = seqspec.check({**CNN, "search": {"objective": "val_loss", "space": space}})
    (found,) = (each for each in report.diagnostics if each.severity == "error")
    paths = "compile.optimizer.learning_rate and compile.optimizer.beta_1"
    assert (found.code, found.help) == (
        "SEQ050", f"search {paths} instead, with the rest of the table in the spec",
    )  # fmt: skip


def test_an_argument_at_an_entry_of_a_block_names_its_path_in_the_block():
    space = {"model": {"layers": {"0": {"filters": [4, 8]}}}}
    report = seqspec.check({**CNN, "search": {"objective": "loss", "space": space}})
    (found,) = (each for each in report.diagnostics if each.code == "SEQ051")
    assert (found.label, found.help) == (None, "write blocks.conv.layers.0.filters")


def test_only_active_parameters_are_chosen():
    space = space_of(CNN["search"]["space"])
    names = [parameter.name for parameter in parameters(space)]
    assert names[-2:] == ["compile.optimizer", "compile.optimizer[SGD].learning_rate"]
    generator = random.Random(3)
    for _ in range(50):
        each = drawn(space, generator)
        has_rate = "compile.optimizer[SGD].learning_rate" in each.chosen
        assert has_rate == (each.chosen["compile.optimizer"] == "SGD")
        assert each.values["compile", "optimizer"]["type"] == each.chosen["compile.optimizer"]


def test_a_list_of_searched_length_has_an_element_for_each_place():
    space = space_of({"vars": {"widths": {"each": {"min": 8, "max": 24, "step": 8}, "length": {"min": 0, "max": 2}}}})
    lists = {tuple(each.values["vars", "widths"]) for each in enumerated(space, frozenset(_names(space)), 100)}
    sizes = (8, 16, 24)
    assert lists == {(), *((a,) for a in sizes), *((a, b) for a in sizes for b in sizes)}


def _names(space):
    return [parameter.name for parameter in parameters(space)]


def test_enumeration_ends_at_a_limit_and_at_floats():
    space = space_of({"vars": {"a": {"min": 1, "max": 9}, "b": {"min": 0.0, "max": 1.0}}})
    assert len(enumerated(space, frozenset({"vars.a"}), 9)) == 9
    assert enumerated(space, frozenset({"vars.a"}), 8) is None
    assert enumerated(space, frozenset({"vars.b"}), 100) is None


@pytest.mark.parametrize(
    ("declared", "low", "high"),
    [
        ({"min": 1, "max": 3}, 1, 3),
        ({"min": 1, "max": 1000, "log": True}, 1, 1000),
        ({"min": 1e-4, "max": 1e-1, "log": True}, 1e-4, 1e-1),
        ({"min": 0.0, "max": 0.5, "step": 0.25}, 0.0, 0.5),
    ],
    ids=str,
)
def test_drawn_values_lie_between_the_bounds(declared, low, high):
    space, generator = space_of({"vars": {"a": declared}}), random.Random(0)
    values = [drawn(space, generator).values["vars", "a"] for _ in range(2000)]
    assert low <= min(values) and max(values) <= high
    assert {type(value) for value in values} == {type(low)}
    if declared.get("log"):
        # Half of the draws are below the geometric mean.
        assert 0.45 < sum(value < (low * high) ** 0.5 for value in values) / 2000 < 0.55
    elif len(set(values)) < 5:
        assert set(values) == ({1, 2, 3} if isinstance(low, int) else {0.0, 0.25, 0.5})


def test_a_candidate_that_cannot_be_quantized_is_rejected_where_the_limits_say_so():
    layers = [{"type": "Dense", "units": 4, "repeat": "$depth"}, "ReLU"]
    document = {
        "seqspec": 1, "vars": {"depth": 1}, "model": {"input": [8], "layers": layers}, "quantize": {"mode": "int8"},
        "compile": CNN["compile"],
        "search": {"objective": "val_loss", "space": {"vars": {"depth": {"min": 0, "max": 1}}}},
    }  # fmt: skip
    own = checker(document)
    without, quantized = (candidate(own.search.space, lambda _, depth=depth: depth) for depth in (0, 1))
    assert own.checked(without).reason is None
    own = checker(document, limits={"export": True})
    assert own.checked(without).reason.name == "ineffective-quantization"
    assert own.checked(quantized).reason is None


def test_all_combinations_of_what_changes_the_model_are_checked():
    report = checker().report()
    # The optimizer changes no shape; the width has 61 values and none is invalid.
    assert not report.exact and len(report.checked) == 300
    small = {**CNN["search"]["space"]["vars"], "width": {"value": 8}}
    exact = checker(space={**CNN["search"]["space"], "vars": small}).report()
    assert exact.exact and len(exact.checked) == 4 * 3 * 2


def test_no_valid_candidate_fulfils_a_condition_of_few():
    own = checker()
    report = own.report(60)
    assert report.conditions and own.report(60).conditions == report.conditions
    generator = random.Random(9)
    for each in (own.checked(drawn(own.search.space, generator)) for _ in range(300)):
        if each.reason is None:
            assert not any(all(term.holds(each.candidate.chosen) for term in one.terms) for one in report.conditions)


def test_conditions_hold_for_invalid_candidates_alone_and_explain_most():
    report = checker().report(1000)
    assert report.conditions and len(report.conditions) <= 5
    covered = 0
    for each in report.checked:
        holds = any(all(term.holds(each.candidate.chosen) for term in one.terms) for one in report.conditions)
        assert not (holds and each.reason is None)
        covered += holds
    assert covered >= 0.8 * len(report.invalid)


@pytest.mark.parametrize("seed", range(5))
def test_conditions_of_few_candidates_are_confirmed_by_further_ones(seed):
    """Invalid are a ≥ 3 with b = x: no condition may name c, whose values do not matter."""
    generator = random.Random(seed)

    def drawn_values():
        return {"a": generator.randint(1, 4), "b": generator.choice("xy"), "c": generator.randint(1, 30)}

    def is_valid(each):
        return each["a"] < 3 or each["b"] == "y"

    def prober(terms, without):
        drawn = (drawn_values() for _ in range(10_000))
        fitting = (each for each in drawn if all(term.holds(each) for term in terms))
        several = [each for each in fitting if not (without and without.holds(each))][:CONFIRMING]
        return Probe(next(filter(is_valid, several), None), len(several))

    sample = [drawn_values() for _ in range(30)]
    valid, invalid = [*filter(is_valid, sample)], [each for each in sample if not is_valid(each)]
    (found,) = explain(invalid, valid, prober=prober)
    assert {term.name for term in found.terms} == {"a", "b"} and found.covered == len(invalid)


def test_no_layers_fit_under_a_condition_of_windows():
    """The smallest windows that a condition allows are tried: the image of 32 × 32 must be too small for them."""
    windows = {"a.kernel_size": 9, "p.pool_size": 6, "b.kernel_size": 6, "q.pool_size": 6, "c.kernel_size": 12}
    layers = [
        {"type": "Conv2D", "filters": 2, "kernel_size": 3, "name": name[0]}
        if name.endswith("kernel_size") else {"type": "MaxPooling2D", "name": name[0]}
        for name in windows
    ]  # fmt: skip
    ranges = {**windows, "a.filters": 100}
    space = {"layers": {name[0]: {} for name in windows}}
    for name, most in ranges.items():
        space["layers"][name[0]][name[2:]] = {"min": 1, "max": most}
    tree = {
        "seqspec": 1, "model": {"input": [32, 32, 3], "layers": layers}, "compile": {"optimizer": "sgd", "loss": "mse"},
        "fit": {}, "search": {"objective": "val_loss", "space": space},
    }  # fmt: skip
    conditions = SpaceChecker(Check.of(tree)).report().conditions
    assert conditions
    for condition in conditions:
        size = 32
        for name in windows:
            least = max([1, *(term.value for term in condition.terms
                              if term.name == f"layers.{name}" and term.relation != "≤")])  # fmt: skip
            size = size - least + 1 if name.endswith("kernel_size") else size // least
        assert size < 1, condition


def test_a_term_that_does_not_matter_is_left_out():
    sample = _Sample([{"a": 3, "b": 1}], [{"a": 1, "b": 2}])
    terms = (Term("a", "≥", 3), Term("b", "=", 1))
    probe, shorter = sample.confirmed(terms, lambda *_: Probe(None, CONFIRMING))
    assert probe.confirms and shorter == terms[1:]
    probe, shorter = sample.confirmed(terms, lambda several, without: Probe({} if without else None, CONFIRMING))
    assert probe.confirms and shorter == terms


def test_candidates_drawn_under_a_condition_fulfil_it():
    space, generator = space_of(CNN["search"]["space"]), random.Random(2)
    terms = (Term("vars.width", "=", 64), Term("compile.optimizer[SGD].learning_rate", "≤", 0.002))
    like = {"vars.depth": 2, "vars.width": 8, "compile.optimizer": "Adam", "vars.pool": 3}
    for _ in range(20):
        each = drawn_under(space, terms, Term("vars.depth", "≤", 2), like, generator)
        assert each.chosen["vars.width"] == 64 and each.chosen["vars.depth"] > 2
        assert each.values["compile", "optimizer"]["learning_rate"] <= 0.002
    near = drawn_under(space, (Term("vars.depth", "≥", 3),), None, like, generator).chosen
    assert near["vars.depth"] == 3 and {**like, **near, "vars.depth": 2} == {**near, **like}
    assert drawn_under(space, (Term("vars.depth", "≥", 5),), None, {}, generator) is None


@pytest.mark.slow
def test_what_is_rejected_is_what_keras_refuses():
    """Each candidate that is accepted is built by Keras, and each that is rejected is refused."""
    found = checker()
    generator = random.Random(1)
    space = found.search.space
    for _ in range(60):
        each = drawn(space, generator)
        tree = found.analyzed(each).expansion.tree
        verdict = judge(tree["model"])
        assert verdict.accepts == (found.checked(each).reason is None), (each.overrides(), verdict.error)


def test_limits_reject():
    report = checker(limits={"params": 500}).report()
    assert {reason.rule for reason in report.reasons} >= {"limits.params"}
    assert report.range_of("params")["max"] <= 500
    for each in report.checked:
        if each.reason is None:
            assert seqspec.check(without_search(), settings=each.candidate.overrides()).params <= 500


@pytest.mark.parametrize(("start", "codes"), [(None, ["SEQ056"]), ([], [])])
def test_a_document_that_exceeds_a_limit_is_not_the_first_trial(start, codes):
    assert seqspec.check(without_search()).params == 467
    search = {**CNN["search"], "limits": {"params": 400}, "start": start}
    found = [item for item in seqspec.check({**CNN, "search": search}).diagnostics if item.code == "SEQ056"]
    assert [item.code for item in found] == codes
    assert all("exceeds limits.params: it has 467" in item.message for item in found)


def without_search():
    return {key: value for key, value in CNN.items() if key != "search"}


def test_a_candidate_as_settings_is_the_same_candidate():
    space = space_of(CNN["search"]["space"])
    each = drawn(space, random.Random(5))
    same = candidate(space, lambda parameter: each.chosen[parameter.name])
    assert same == each
    tree = Check.of(without_search(), settings=each.overrides()).expansion.tree
    assert tree["compile"]["optimizer"] == each.values["compile", "optimizer"]


@pytest.mark.parametrize(
    ("space", "code", "words"),
    [
        ({"vars": {"dept": {"min": 1, "max": 3}}}, "SEQ051", "unknown variable dept"),
        ({"compile": {"optimizer": {"rate": {"min": 1, "max": 3}}}}, "SEQ051", "unexpected argument rate"),
        ({"vars": {"unused": {"min": 1, "max": 3}}}, "SEQ051", "changes nothing"),
        ({"vars": {"pool": [9, 10]}}, "SEQ054", "no combination"),
        ({"vars": {"pool": [2, 10]}}, "SEQ055", "10 is invalid"),
        ({"vars": {"pool": [2]}}, "SEQ050", "at least two"),
        ({"vars": {"pool": 2}}, "SEQ050", "must be a distribution"),
        ({"vars": {"pool": {"min": 3, "max": 2}}}, "SEQ050", "below max"),
        ({"vars": {"pool": [1, 3]}}, "SEQ050", "not among its values"),
        ({"runtime": {"seed": {"min": 1, "max": 3}}}, "SEQ051", "all trials of a search have the same [runtime]"),
        ({"data": {"split": {"seed": {"value": 3}}}}, "SEQ051", "all trials of a search have the same [data]"),
        ({"search": {"trials": [3, 4]}}, "SEQ051", "all trials of a search have the same [search]"),
        ({"vars": {"depth": {"min": 2, "max": 3}}}, "SEQ050", "not among its values"),
        ({"vars": {"width": [{"low": 8, "high": 16}, 64]}}, "SEQ050", "must be a value, not a distribution"),
        ({"vars": {"depth": {"min": 1.0, "max": 3.0}}}, "SEQ050", "depth must be an integer"),
        ({"vars": {"width": {"min": 8.0, "max": 64}}}, "SEQ050", "width must be an integer"),
        ({"vars": {"width": {"min": 8, "max": 64, "step": 8.0}}}, "SEQ050", "width must be an integer"),
        ({"vars": {"pool": {"min": 1, "max": 4, "step": 2}}}, "SEQ050", "the last value is 3"),
        ({"vars": {"pool": {"min": 0, "max": 4, "log": True}}}, "SEQ050", "above 0"),
        ({"vars": {"pool": {"min": 0, "max": 1e308, "step": 1e-308}}}, "SEQ050", "step is too small"),
        ({"vars": {"pool": {"min": 1, "max": 2**60, "step": 3}}}, "SEQ050", "max must be between -2**53 and 2**53"),
        ({"vars": {"pool": {"min": 0.0, "max": 1.0, "step": 10**400}}}, "SEQ105", "integers must fit in 64 bits"),
    ],
    ids=str,
)
def test_mistakes_in_a_space(space, code, words):
    tree = {**CNN, "vars": {**CNN["vars"], "unused": 1}, "search": {"objective": "val_loss", "space": space}}
    diagnostics = seqspec.check(tree).diagnostics
    found = [item for item in diagnostics if item.code == code]
    assert found and words in found[0].message and found[0].pointer.startswith("/search/space")
    assert "internal-error" not in [item.name for item in diagnostics]


def test_a_path_that_misspells_a_key_of_the_document():
    space = {"fit": {"batch_sise": [16, 32]}}
    tree = {**CNN, "fit": {"batch_size": 32}, "search": {"objective": "val_loss", "space": space}}
    [found] = [item for item in seqspec.check(tree).diagnostics if item.code == "SEQ051"]
    assert found.label == "did you mean batch_size?" and found.pointer == "/search/space/fit/batch_sise"
    tree["search"]["space"] = {"model": {"layers": {"-1": {"unit": [4, 8]}}}}
    [found] = [item for item in seqspec.check(tree).diagnostics if item.code == "SEQ051"]
    assert found.label == "did you mean units?"


@pytest.mark.parametrize(
    ("path", "values", "words"),
    [
        (("model", "layers", "2", "unit"), [4, 8], "unexpected argument unit for Dense"),
        (("compile", "optimiser"), ["adam", "sgd"], "unknown key optimiser in [compile]"),
        (("fit", "batchsize"), {"min": 8, "max": 32}, "unknown key batchsize in [fit]"),
        (("model", "layers", "9", "units"), [4, 8], "no index 9"),
    ],
    ids=str,
)
def test_unknown_keys_are_reported_at_their_path(path, values, words):
    space = values
    for key in reversed(path):
        space = {key: space}
    tree = {**CNN, "fit": {"epochs": 2}, "search": {"objective": "val_loss", "space": space}}
    found = [item for item in seqspec.check(tree).diagnostics if item.severity == "error"]
    assert [(item.code, item.pointer) for item in found] == [("SEQ051", "/".join(["/search/space", *path]))]
    assert words in found[0].message


def test_a_variable_of_the_data_is_not_searched():
    data = {"source": {"type": "arrays", "path": "a.npz"}, "split": {"by": "random", "train": "$share", "test": 0.1}}
    search = {"objective": "loss", "space": {"vars": {"share": {"min": 0.5, "max": 0.9}}}}
    tree = {**CNN, "vars": {**CNN["vars"], "share": 0.8}, "data": data, "search": search}
    (found,) = [item for item in seqspec.check(tree).diagnostics if item.pointer == "/search/space/vars/share"]
    assert found.code == "SEQ051" and "changes [data]" in found.message


def test_a_document_that_is_too_large_does_not_change_its_data():
    data = {"source": {"type": "arrays", "path": "a.npz"}, "split": {"by": "random", "train": 0.8, "test": 0.1}}
    model = {"input": [4], "layers": [{"type": "ReLU", "repeat": "$depth"}, {"type": "Dense", "units": 1}]}
    search = {"objective": "loss", "space": {"vars": {"depth": [1, 100_000]}}}
    tree = {**CNN, "vars": {"depth": 1}, "blocks": {}, "model": model, "data": data, "search": search}
    assert not [item for item in seqspec.check(tree).diagnostics if item.code == "SEQ051"]


def test_unknown_arguments_of_alternatives_are_reported_at_their_key():
    optimizers = [{"type": "Adam"}, {"type": "SGD", "momentun": {"min": 0.0, "max": 0.9}}]
    tree = {**CNN, "search": {"objective": "val_loss", "space": {"compile": {"optimizer": optimizers}}}}
    (found,) = [item for item in seqspec.check(tree).diagnostics if item.severity == "error"]
    assert (found.code, found.pointer) == ("SEQ051", "/search/space/compile/optimizer/1/momentun")
    assert found.help == "write momentum"


def test_an_alternative_is_reported_at_its_wrong_key():
    optimizers = [{"type": "Adam"}, {"type": "SGD", "momentun": 0.9}]
    tree = {**CNN, "search": {"objective": "val_loss", "space": {"compile": {"optimizer": optimizers}}}}
    second, first = (item for item in seqspec.check(tree).diagnostics if item.code in ("SEQ053", "SEQ055"))
    assert (first.code, first.pointer) == ("SEQ055", "/search/space/compile/optimizer/1/momentun")
    assert first.message.endswith("unexpected argument momentun for SGD (SEQ102)") and first.help == "write momentum"
    assert second.notes[1] == "e.g. unexpected argument momentun for SGD"


SIZES = {
    "seqspec": 1, "vars": {"sizes": [32, 16], "drop": 0.2},
    "blocks": {"hidden": {"params": {"units": 8}, "layers": [
        {"type": "Dense", "units": "$units", "activation": "relu"}, {"type": "Dropout", "rate": "$drop"},
    ]}},
    "model": {"input": [10], "layers": [{"use": "hidden", "for": {"units": "$sizes"}}, {"type": "Dense", "units": 1}]},
    "compile": {"optimizer": "adam", "loss": "mse"},
}  # fmt: skip


def test_an_alternative_is_not_invalid_by_the_fault_of_a_range():
    """Few rates of 0 to 50 are valid, and by chance none with some of the sizes."""
    sizes = {"each": [8, 16, 32, 64], "length": {"min": 1, "max": 3}}
    space = {"vars": {"sizes": sizes, "drop": {"min": 0.0, "max": 50.0}}}
    found = seqspec.check({**SIZES, "search": {"objective": "params", "space": space}}).diagnostics
    (finding,) = [item for item in found if item.code in ("SEQ053", "SEQ055")]
    (related,) = finding.related
    assert finding.code == "SEQ053" and finding.notes[2].startswith("all 294 drawn with vars.drop ≥ 1.")
    assert related.message.startswith("invalid with vars.drop ≥ 1.")


def test_conditions_of_a_list_hold_for_its_smallest_elements():
    """Elements that no term names are at their smallest value, 4, in the smallest list that has the others."""
    each = [4, 8, 12, 16, 24, 32, 48, 64]
    space = {"vars": {"sizes": {"each": each, "length": {"min": 1, "max": 6}}}}
    search = {"objective": "params", "limits": {"params": 400}, "space": space}
    conditions = SpaceChecker(Check.of({**SIZES, "search": search})).report().conditions
    assert len(conditions) == 5
    for condition in conditions:
        least = {term.name: term.value for term in condition.terms}
        assert {term.relation for term in condition.terms} == {"≥"}
        indices = [int(name[11:-1]) for name in least if name != "vars.sizes.length"]
        length = max([1, least.get("vars.sizes.length", 1), *(index + 1 for index in indices)])
        widths = [10, *(least.get(f"vars.sizes[{index}]", 4) for index in range(length)), 1]
        assert sum((before + 1) * after for before, after in pairwise(widths)) > 400


def test_a_list_in_an_alternative_is_a_value():
    optimizers = [{"type": "Adam", "learning_rate": [1e-3, 1e-4]}, {"type": "SGD"}]
    tree = {**CNN, "search": {"objective": "val_loss", "space": {"compile": {"optimizer": optimizers}}}}
    (found,) = [item for item in seqspec.check(tree).diagnostics if item.code == "SEQ055"]
    assert found.pointer == "/search/space/compile/optimizer/0/learning_rate" and "write a range" in found.help


def test_another_alternative_is_not_suggested():
    tree = {**CNN, "search": {"objective": "val_loss", "space": {"vars": {"padding": ["same", "valid", "vald"]}}}}
    (found,) = [item for item in seqspec.check(tree).diagnostics if item.code == "SEQ055"]
    assert 'got "vald"' in found.message and (found.label, found.help) == (None, "remove this alternative")


@pytest.mark.parametrize(
    ("search", "code", "words"),
    [
        ({"objective": "val_los"}, "SEQ052", "never logged"),
        ({"objective": "test_loss"}, "SEQ052", "evaluated once"),
        ({"objective": ["val_loss", "val_loss"]}, "SEQ052", "twice"),
        ({"sampler": "grid"}, "SEQ056", "a grid needs a step"),
        ({"sampler": "tpa"}, "SEQ105", '"tpe"'),
        ({"time": "2 fortnights"}, "SEQ105", "a duration"),
        ({"limits": {"memory": "3 Gigs"}}, "SEQ105", "a size"),
        ({"trails": 3}, "SEQ010", "unknown key"),
        ({"space": {"vars": {"width": {"each": [4, 8], "length": 2}}}}, "SEQ050", "length must be a range, got 2"),
    ],
    ids=str,
)
def test_mistakes_in_the_settings_of_a_search(search, code, words):
    found = seqspec.check({**CNN, "search": {**CNN["search"], **search}}).diagnostics
    assert any(item.code == code and words in item.message for item in found), found


@pytest.mark.parametrize(
    ("objective", "meant"),
    [
        ("val_acc", "val_accuracy"),
        ("val_auc_score", "val_AUC"),
        ("accuracy_val", "val_accuracy"),
        ("validation_loss", "val_loss"),
        ("acuracy", "accuracy"),
    ],
)
def test_an_objective_means_the_name_that_begins_with_it_or_that_it_begins_with(objective, meant):
    tree = {**CNN, "compile": {**CNN["compile"], "metrics": ["AUC", "accuracy"]}}
    found = seqspec.check({**tree, "search": {**CNN["search"], "objective": objective}}).diagnostics
    assert [item.help for item in found if item.code == "SEQ052"] == [f'write "{meant}"']


@pytest.mark.parametrize(("objective", "meant"), [("mse", "val_loss"), ("mea", "val_mae")])
def test_an_objective_that_is_not_logged_means_that_of_the_validation_set(objective, meant):
    tree = {**CNN, "compile": {**CNN["compile"], "metrics": ["mae"]}, "fit": {"validation_split": 0.2}}
    found = seqspec.check({**tree, "search": {**CNN["search"], "objective": objective}}).diagnostics
    assert [item.help for item in found if item.code == "SEQ052"] == [f'write "{meant}"']


def test_without_a_search_the_document_is_the_same():
    with_search, without = seqspec.check(CNN), seqspec.check(without_search())
    assert [layer.output for layer in with_search.layers] == [layer.output for layer in without.layers]
    assert with_search.to_dict()["search"]["parameters"] == 6 and "search" not in without.to_dict()


@pytest.mark.parametrize(("objective", "validation"), [("loss", 0.2), ("val_loss", 0.2), ("loss", 0.0)])
def test_an_objective_of_the_training_set_is_a_warning_beside_a_validation_set(objective, validation):
    data = {"source": {"type": "arrays", "path": "a.npz"}, "split": {"by": "random", "train": 0.8 - validation}}
    data["split"] |= {"validation": validation} if validation else {}
    data["split"]["test"] = 0.2
    tree = {**CNN, "fit": {"epochs": 2}, "data": data, "search": {**CNN["search"], "objective": objective}}
    found = [item for item in seqspec.check(tree).diagnostics if item.code == "SEQ052"]
    assert [(item.severity, str(item.help)) for item in found] == (
        [("warning", 'write "val_loss"')] if objective == "loss" and validation else []
    )


@pytest.mark.parametrize(
    "space",
    [
        {"vars": {"width": {"min": 1, "max": 2**40}}},
        {"vars": {"width": {"min": 0.0, "max": 1.0, "step": 2.0**-40}}},
        {"vars": {"width": {"each": {"min": 1, "max": 4}, "length": {"min": 1, "max": 2**40}}}},
        {"vars": {"pool": [*range(1, 5000)]}},
        {"vars": {"width": {"min": 0.0, "max": float("inf")}}},
        {"vars": {f"v{number}": {"min": 1, "max": 3} for number in range(1000)}},
    ],
    ids=["integers", "steps", "a long list", "alternatives", "infinite", "parameters"],
)
def test_the_work_for_a_space_is_bounded(space, monkeypatch):
    checked = []
    original = SpaceChecker.analyzed
    monkeypatch.setattr(SpaceChecker, "analyzed", lambda *arguments: checked.append(1) or original(*arguments))
    report = seqspec.check({**CNN, "search": {"objective": "val_loss", "space": space}})
    assert len(checked) < 600 and all(item.code != "SEQ032" for item in report.diagnostics)


def test_candidates_are_checked_with_the_policy():
    policy = {"properties": {"compile": {"properties": {"optimizer": {"properties": {"type": {"const": "SGD"}}}}}}}
    report = seqspec.check(CNN, policy=policy).to_dict()["search"]
    assert any(reason["name"] == "policy" for reason in report["invalid"])


def test_ranges_of_any_size_take_no_memory():
    space = space_of({"vars": {"seed": {"min": 0, "max": 2**40}, "rate": {"min": 0, "max": 2**40, "step": 0.5}}})
    seed, rate = parameters(space)
    assert (seed.size, seed.value(2**40)) == (2**40 + 1, 2**40)
    assert (rate.size, rate.value(3)) == (2**41 + 1, 1.5)
    assert enumerated(space, frozenset(["vars.seed"]), 500) is None


def test_the_length_of_a_list_is_bounded():
    violations = []
    widths = {"each": [8, 16], "length": {"min": 1, "max": 10**9}}
    Search.read_table({"objective": "val_loss", "space": {"vars": {"widths": widths}}}, violations)
    assert [(each.path, each.rule) for each in violations] == [
        (("space", "vars", "widths", "length"), "bad-distribution")
    ]


def test_all_mistakes_are_reported_at_once():
    space = {
        "vars": {"depht": [1, 2], "width": {"min": 9, "max": 4}, "pool": [1, 2]},
        "compile": {"optimizer": {"learning_rates": [0.1, 0.2]}},
        "fit": {"epochz": [1, 2]},
    }
    search = {"objective": "val_los", "trials": 0, "start": [{"vars": {"width": 8}}, {"vars": {"poll": 1}}]}
    tree = {**CNN, "fit": {"epochs": 2}, "search": {**search, "space": space}}
    found = [item.pointer for item in seqspec.check(tree).diagnostics if item.severity == "error"]
    expected = [
        "/search/objective", "/search/trials", "/search/space/vars/depht", "/search/space/vars/width/min",
        "/search/space/compile/optimizer/learning_rates", "/search/space/fit/epochz",
    ]  # fmt: skip
    # The candidates of start are compared with a space that is complete.
    assert sorted(found) == sorted(expected)
    space["vars"]["width"] = {"min": 4, "max": 9}
    found = [item.pointer for item in seqspec.check(tree).diagnostics if item.severity == "error"]
    expected = [each for each in expected if "width" not in each] + ["/search/start/1/vars/poll"]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        pytest.param({"objectives": ["val_loss"]}, {"SEQ010"}, id="misspelt objective"),
        pytest.param({"space": {"vars": {"padding": ["same", float("nan")]}}}, {"SEQ005"}, id="nan as an alternative"),
        pytest.param({"limits": {"file_size": float("inf")}}, {"SEQ005"}, id="infinite limit"),
        pytest.param({"limits": {"file_size": "9" * 400 + " MB"}}, {"SEQ105"}, id="limit beyond floats"),
    ],
)
def test_mistakes_in_search_are_findings_and_no_exception(change, codes):
    search = {key: value for key, value in CNN["search"].items() if key != "objective" or "objectives" not in change}
    report = seqspec.check({**CNN, "search": {**search, **change}})
    found = {each.code for each in report.diagnostics}
    assert codes <= found and "SEQ032" not in found


def test_a_quoted_path_is_named():
    report = seqspec.check({**CNN, "search": {"objective": "val_loss", "space": {"vars.depth": [1, 2]}}})
    (help,) = [str(each.help) for each in report.diagnostics if each.code == "SEQ051"]
    assert help == "remove the quotes, which make one key of it"
    report = seqspec.check({**CNN, "search": {"objective": "val_loss", "space": {"model.layers[0].units": [1, 2]}}})
    (help,) = [str(each.help) for each in report.diagnostics if each.code == "SEQ051"]
    assert help == "write model.layers.0.units, without quotes, which make one key of it"


def test_mistakes_in_search_are_reported_beside_those_of_the_spec():
    model = {"input": [8, 8, 1], "layers": ["Flatten", {"type": "Desne", "units": "$unitz"}]}
    space = {
        "vars": {"width": [4, 8], "poll": [1, 2]},
        "fit": {"epochz": [1, 2]},
        "data": {"split": {"seed": [1, 2]}},
    }
    search = {"objective": "val_los", "start": [{"vars": {"width": 5}}], "space": space}
    tree = {**CNN, "model": model, "fit": {"epochs": 2}, "search": search}
    del tree["blocks"]
    found = [item.pointer for item in seqspec.check(tree).diagnostics if item.severity == "error"]
    # Whether vars.width changes something is not known before unitz is corrected.
    assert sorted(found) == [
        "/model/layers/1/type", "/model/layers/1/units", "/search/objective", "/search/space/data/split/seed",
        "/search/space/fit/epochz", "/search/space/vars/poll", "/search/start/0/vars/width",
    ]  # fmt: skip


def test_findings_about_the_split_of_all_trials_are_at_that_of_the_document(tmp_path):
    file = tmp_path / "model.seqspec.toml"
    file.write_text(
        'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 3 }]\n[data]\n'
        'source = { type = "arrays", path = "a.npz" }\nsplit = { by = "random", train = 0.8, test = 0.2 }\n'
    )
    wrong = 'data.split={ by = "k-fold", folds = 1 }'
    for setting, place in (
        (wrong, ("--set", 1)),
        (replace(Override.parse(wrong), origin=SHARED_SPLIT), (str(file), 7)),
    ):
        (found,) = [item for item in Check.of(file, settings=[setting]).report.diagnostics if item.code == "SEQ105"]
        assert (found.file, found.span.line) == place


def test_an_automatic_name_of_one_of_several_copies_is_a_warning():
    def found(**space):
        model = {"input": [8], "layers": [{"type": "Dense", "units": 32, "repeat": "$depth"}, "ReLU"]}
        search = {"objective": "loss", "start": [], "space": space}
        tree = {"seqspec": 1, "vars": {"depth": 3}, "model": model, "compile": {"optimizer": "adam", "loss": "mse"}}
        diagnostics = seqspec.check({**tree, "fit": {"epochs": 2}, "search": search}).diagnostics
        return [(each.code, each.severity, str(each.help)) for each in diagnostics if each.code < "SEQ060"]

    units = {"units": [8, 16]}
    help = "write model.layers.0.units for all copies, or name the layer"
    assert found(layers={"dense": units}) == [("SEQ051", "warning", help)]
    assert found(layers={"dense": units, "dense_1": units, "dense_2": units}) == []
    assert found(model={"layers": {"0": units}}) == []


def test_the_layer_of_a_path_may_be_missing_where_its_copies_are_searched():
    def document(depth, **head):
        layers = [{"type": "Dense", "units": 32, "repeat": "$depth"}, {"type": "Dense", "units": 3, **head}]
        space = {"vars": {"depth": {"min": 0, "max": 2}}, "layers": {"dense": {"units": [8, 16]}}}
        tree = {"seqspec": 1, "vars": {"depth": depth}, "model": {"input": [4], "layers": layers}}
        search = {"objective": "loss", "space": space, "start": []}
        return {**tree, "compile": {"optimizer": "adam", "loss": "mse"}, "fit": {"epochs": 2}, "search": search}

    for depth in (0, 1, 2):
        tree = document(depth, name="head")
        own = SpaceChecker(Check.of(tree))
        params = {tuple(each.candidate.chosen.values()): each.sizes["params"] for each in own.report().checked}
        # Counted by hand: 4 → 3 without the layer; 4 → units (→ 32) → 3 with it.
        assert params == {
            (0, 8): 15, (0, 16): 15, (1, 8): 40 + 27, (1, 16): 80 + 51,
            (2, 8): 40 + 288 + 99, (2, 16): 80 + 544 + 99,
        }  # fmt: skip
        (found,) = [each for each in seqspec.check(tree).diagnostics if each.code == "SEQ051"]
        assert found.message.startswith("dense is one of 2 copies of model.layers.0; the others keep their values")
    found = seqspec.check(document(1)).diagnostics
    message = "dense is not the same layer in all candidates: model.layers.0 or model.layers.1"
    assert [each.message for each in found if each.code == "SEQ051"] == [message]
    typo = document(0, name="head")
    typo["search"]["space"]["layers"] = {"dens": {"units": [8, 16]}}
    assert "write dense" in [str(each.help) for each in seqspec.check(typo).diagnostics]


def test_choices_and_integer_bounds_of_floats_have_a_fix():
    def helps(**space):
        layers = [{"type": "Dense", "units": 4}, {"type": "Dropout", "rate": 0.2}, {"type": "Dense", "units": 1}]
        tree = {
            "seqspec": 1,
            "model": {"input": [8], "layers": layers},
            "compile": {"optimizer": "adam", "loss": "mse"},
        }
        document = {**tree, "fit": {"epochs": 2}, "search": {"objective": "loss", "space": {"layers": space}}}
        return [str(each.help) for each in seqspec.check(document).diagnostics if each.code in ("SEQ050", "SEQ051")]

    assert helps(dense={"units": {"choices": [8, 16]}}) == ["write units = [8, 16]"]
    assert helps(dense={"units": {"values": [8, 16]}}) == ["write units = [8, 16]"]
    (help,) = helps(dropout={"rate": {"min": 0, "max": 1}})
    assert help.startswith("for floats, write { min = 0.0, max = 1.0 }")


def _found(space, **search):
    tree = {**CNN, "search": {"objective": "val_loss", "space": space, **search}}
    found = [item for item in seqspec.check(tree).diagnostics if item.pointer.startswith("/search")]
    return [(item.code, item.pointer, str(item.help)) for item in found]


def test_a_wrong_value_of_all_layers_is_the_only_finding():
    others = {"vars": {"width": [4, 8]}}
    (found,) = _found({**others, "model": {"layers": {"min": 1, "max": 3}}})
    assert found[:2] == ("SEQ050", "/search/space/model/layers")
    (found,) = [each for each in _found({**others, "model": {"layers": [["Flatten"], ["ReLU"]]}}) if "vars" in each[1]]
    assert found[0] == "SEQ051" and found[2].startswith("model.layers in the space replaces all layers")


def test_a_path_of_a_regularizer_that_the_spec_does_not_have():
    space = {"model": {"layers": {"-1": {"kernel_regularizer": {"l2": {"min": 1e-5, "max": 1e-2}}}}}}
    help = 'write kernel_regularizer = { type = "L2", l2 = 1e-05 } in the spec'
    assert _found(space) == [("SEQ051", "/search/space/model/layers/-1/kernel_regularizer", help)]


def test_a_list_in_an_alternative_is_not_written_as_values():
    optimizers = [{"type": "SGD", "learning_rate": {"values": [0.1, 0.2]}}, {"type": "Adam"}]
    (found,) = _found({"compile": {"optimizer": optimizers}})
    assert found[:2] == ("SEQ050", "/search/space/compile/optimizer/0/learning_rate/values")
    optimizers = [{"type": "SGD", "learning_rate": [0.1, 0.2]}, {"type": "Adam"}]
    # No warning that the space does not have the value of the spec.
    assert [each[0] for each in _found({"compile": {"optimizer": optimizers}})] == ["SEQ053", "SEQ055"]


def test_a_table_that_has_the_key_is_named():
    assert _found({"optimizer": {"learning_rate": [0.1, 0.2]}})[0][1:] == (
        "/search/space/optimizer", "write compile.optimizer",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("each", "code", "pointer"),
    [
        ({"min": 8.0, "max": 64.0}, "SEQ050", "/search/space/vars/sizes/each"),
        (["low", "high"], "SEQ054", "/search/space/vars/sizes"),
    ],
    ids=str,
)
def test_a_path_with_which_nothing_is_valid_is_named(each, code, pointer):
    space = {"vars": {"drop": {"min": 0.0, "max": 0.5}, "sizes": {"each": each, "length": {"min": 1, "max": 3}}}}
    (found,) = seqspec.check({**SIZES, "search": {"objective": "params", "space": space}}).diagnostics
    assert (found.code, found.pointer) == (code, pointer)


def test_an_index_of_no_layer_says_how_many_there_are():
    space = {"model": {"layers": {"5": {"units": [8, 16]}}}}
    (found,) = seqspec.check({**SIZES, "search": {"objective": "params", "space": space}}).diagnostics
    # As written: the block is one entry.
    assert (found.code, found.help) == ("SEQ051", "write an index from 0 to 1")
    assert found.message == "model.layers has no index 5, only 2 entries"


def test_an_empty_space_is_a_warning():
    assert [each[:2] for each in _found({})] == [("SEQ054", "/search/space")]


@pytest.mark.parametrize(
    ("declared", "searched", "codes"),
    [
        (20, {"value": 8}, set()),
        (20, {"value": 2}, {"SEQ056"}),
        (2, {"min": 2, "max": 9}, {"SEQ057"}),
        (2, [1, 2], {"SEQ056", "SEQ057"}),
    ],
)
def test_the_epochs_that_a_pruner_compares_are_those_of_the_search(declared, searched, codes):
    tree = {**CNN, "fit": {"epochs": declared}}
    search = {"objective": "loss", "pruner": "asha", "space": {"fit": {"epochs": searched}}}
    found = {item.code for item in seqspec.check({**tree, "search": search}).diagnostics}
    assert found & {"SEQ056", "SEQ057"} == codes


@pytest.mark.parametrize(
    ("space", "help"),
    [
        ({"layers": {"dense_1": {"repeat": {"min": 1, "max": 3}}}}, "write model.layers.1.repeat"),
        ({"layers": {"dense_3": {"repeat": {"min": 1, "max": 3}}}}, "write model.layers.2.repeat"),
        (
            {"fit": {"callbacks": {"EarlyStopping": {"patience": {"min": 1, "max": 3}}}}},
            "write fit.callbacks.0.patience",
        ),
    ],
    ids=str,
)
def test_paths_that_need_an_index(space, help):
    dense = {"type": "Dense", "units": 3, "activation": "relu"}
    model = {"input": [4], "layers": [dense, {**dense, "repeat": 2}, dense]}
    fit = {"callbacks": [{"type": "EarlyStopping", "monitor": "loss", "patience": 2}]}
    tree = {"seqspec": 1, "model": model, "compile": CNN["compile"], "fit": fit}
    found = seqspec.check({**tree, "search": {"objective": "loss", "space": space}}).diagnostics
    assert [item.help for item in found if item.code == "SEQ051"] == [help]


@pytest.mark.parametrize("mistake", ["objective", "path", "layer"])
def test_invalid_alternatives_are_reported_beside_other_mistakes(mistake):
    space = {"compile": {"optimizer": ["adam", "RMSprp"]}, "layers": {"dense": {"activation": ["relu", "tanhh"]}}}
    layers = [{"type": "Dense", "units": 4, "activation": "relu"}, {"type": "Dense", "units": 1}]
    search = {"objective": "los" if mistake == "objective" else "loss", "space": space}
    if mistake == "path":
        space["vars"] = {"absent": [1, 2]}
    if mistake == "layer":
        layers[1] = {"type": "Dense", "unit": 1}
    tree = {"seqspec": 1, "model": {"input": [8], "layers": layers}, "fit": {"epochs": 2}, "search": search}
    found = seqspec.check({**tree, "compile": {"optimizer": "adam", "loss": "mse"}}).diagnostics
    places = {item.pointer for item in found if item.code == "SEQ055"}
    assert places == {"/search/space/compile/optimizer/1", "/search/space/layers/dense/activation/1"}
    (other,) = {"objective": ["SEQ052"], "path": ["SEQ051"], "layer": ["SEQ102"]}[mistake]
    assert other in [item.code for item in found]
