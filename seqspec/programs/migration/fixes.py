"""Fixes of migration: edits of the text of a program, by row of the table."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.api.catalog import legacy
from seqspec.core.api.diagnostics import Edit, Fix, Span
from seqspec.programs.keras_api.signatures import IGNORED_BY_KERAS_2
from seqspec.programs.migration import import_fixes
from seqspec.programs.migration.call_fixes import InsertionPoint, fit_from_generator, input_edits, places
from seqspec.programs.migration.import_fixes import exists
from seqspec.programs.migration.names import KERAS, KerasName, Module, receiver_text
from seqspec.programs.migration.table import MODULE, POSITIONAL_KERNEL, REMOVED, RENAMED
from seqspec.programs.migration.uses import Use, ending
from seqspec.programs.source.edits import added_argument, removed_argument
from seqspec.programs.values.spans import keyword_span, span_of, text_of

if TYPE_CHECKING:
    from seqspec.programs.layers.program_model import ProgramModel

_WEIGHT_ENDINGS = (".weights.h5", ".weights.hdf5", ".h5", ".hdf5", ".hdf", ".ckpt", ".tf", ".keras")


_EFFECTIVE = frozenset(("dtype", "dynamic", "time_major", "type_spec", "virtual_batch_size"))
"""Removed arguments that change what is computed, unless they are None or False."""


class Replacement(NamedTuple):
    """A replacement and the edits that it needs elsewhere, such as an import."""

    text: str
    edits: tuple[Edit, ...] = ()


class MigrationFixes:
    """Makes the fixes of one program.

    Args:
        module: Its names.
        models: Its models, whose last layers say what `predict_classes` returns.
        lines: The lines of its text.
    """

    def __init__(self, module: Module, models: Sequence[ProgramModel], lines: list[str]) -> None:
        self.module = module
        self.lines = lines
        self._models = models

    @cached_property
    def places(self) -> dict[int, InsertionPoint]:
        """The places of the layers of Sequential models."""
        return places(self.module)

    def of(self, use: Use) -> Fix | None:
        """The fix of a use; None if the right change is not clear."""
        is_import = isinstance(use.node, ast.alias)
        edits = import_fixes.edits_of(use, self.module, self.lines) if is_import else self._edits(use)
        return Fix(_label(use), edits, _is_safe(use)) if edits else None

    def _edits(self, use: Use) -> tuple[Edit, ...] | None:
        handler = _HANDLERS.get(use.row.name)
        if handler is not None:
            return handler(self, use)
        if use.keyword is not None and use.call is not None:
            return self._argument(use, use.call, use.keyword)
        if use.row.owner.startswith(("Model.", "Optimizer.", "Layer.", "Sequential.")):
            return self._attribute(use)
        return self._name(use)

    def _argument(self, use: Use, call: ast.Call, keyword: ast.keyword) -> tuple[Edit, ...] | None:
        if keyword.arg in legacy.KERNEL_KEYS:
            return self._kernel(call)
        if use.replacement:
            rename = Edit(keyword_span(keyword, self.lines), use.replacement)
            value = keyword.value
            if isinstance(value, ast.Constant) and keyword.arg is not None:
                new = legacy.value(keyword.arg, value.value)
                if new != value.value or type(new) is not type(value.value):
                    return rename, Edit(span_of(value, self.lines), repr(new).replace("'", '"'))
            return (rename,)
        off = isinstance(keyword.value, ast.Constant) and not keyword.value.value
        if (use.row.rule == REMOVED or use.row.effect == "ignored") and not use.row.help:
            return (removed_argument(call, keyword, self.lines),) if off or keyword.arg not in _EFFECTIVE else None
        return None

    def _kernel(self, call: ast.Call) -> tuple[Edit, ...] | None:
        """`nb_row=3, nb_col=3` as `kernel_size=(3, 3)`."""
        for keys in legacy.KERNEL_AXES.values():
            keywords = [keyword for key in keys for keyword in call.keywords if keyword.arg == key]
            if len(keywords) != len(keys):
                continue
            sizes = ", ".join(self.text(keyword.value) for keyword in keywords)
            first = span_of(keywords[0], self.lines)
            rest = tuple(removed_argument(call, keyword, self.lines) for keyword in keywords[1:])
            return Edit(first, f"kernel_size=({sizes})"), *rest
        return None

    def _attribute(self, use: Use) -> tuple[Edit, ...] | None:
        """Another name for a method or attribute."""
        node = use.node
        if not isinstance(node, ast.Attribute) or not use.row.new or use.row.help:
            return None
        return (Edit(self.attribute_span(node), use.row.new),)

    def attribute_span(self, node: ast.Attribute) -> Span:
        """The place of the name after the dot."""
        span = span_of(node, self.lines)
        return replace(span, line=span.end_line, column=span.end_column - len(node.attr))

    def _name(self, use: Use) -> tuple[Edit, ...] | None:
        """Another path, or code with the arguments of the call."""
        row, name = use.row, use.name
        if name is None or not row.new or row.help:
            return None
        if row.is_template:
            return self._template(use, name)
        rest = name.path[len(row.name) :].lstrip(".")
        path = ".".join(filter(None, (row.new, rest)))
        if not exists(path):
            return None
        written = self.path(path, name)
        return None if written is None else (Edit(span_of(use.node, self.lines), written.text), *written.edits)

    def _template(self, use: Use, name: KerasName) -> tuple[Edit, ...] | None:
        """`K.l2_normalize(x, axis=1)` as `keras.ops.normalize(x, axis=1)`."""
        call = use.call
        if call is None:
            return None
        fields = list(dict.fromkeys(part.partition("}")[0] for part in use.row.new.split("{")[1:]))
        values = dict(zip(fields, call.args))
        values |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
        if set(values) != set(fields) or len(call.args) + len(call.keywords) != len(fields):
            return None
        if any(isinstance(value, ast.Starred) for value in values.values()):
            return None
        template = use.row.new
        edits: tuple[Edit, ...] = ()
        for part in ("ops.", "Variable("):
            if part in template:
                written = self.path(part.rstrip(".("), name)
                if written is None:
                    return None
                template = template.replace(part, written.text + part[-1])
                edits = written.edits

        def argument(match: re.Match[str]) -> str:
            value = values[match[1]]
            simple = isinstance(value, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant))
            text = self.text(value)
            return f"({text})" if template.startswith(f"{match[0]}.") and not simple else text

        return Edit(span_of(call, self.lines), re.sub(r"{(\w+)}", argument, template)), *edits

    def path(self, path: str, name: KerasName) -> Replacement | None:
        """How the program can write a path of the package of a name, with the import that it needs."""
        root = "keras" if name.package == KERAS else "tensorflow.keras"
        parts = path.split(".")
        for length in range(len(parts) - 1, -1, -1):
            dotted = ".".join((root, *parts[:length]))
            local = self.module.local_name(dotted)
            if local is not None:
                return Replacement(".".join((local, *parts[length:])))
        tensorflow = self.module.local_name("tensorflow") if name.package != KERAS else None
        if tensorflow is not None:
            return Replacement(f"{tensorflow}.keras.{path}")
        if self.module.is_taken("keras"):
            return None
        edit = import_fixes.new_import(
            "import keras" if name.package == KERAS else "from tensorflow import keras", self.module, self.lines
        )
        return None if edit is None else Replacement(f"keras.{path}", (edit,))

    def text(self, node: ast.AST) -> str:
        """The text of an expression."""
        return text_of(node, self.lines)

    def last_layer(self, node: ast.expr) -> tuple[object, object] | None:
        """The units and the activation of the last layer of the model in a variable."""
        text = receiver_text(node)
        variable = text.rpartition(".")[2] if text is not None else None
        heads = set()
        for model in self._models:
            layers = model.tree["model"].get("layers") or [{}]
            last = layers[-1]
            if variable not in model.names or not isinstance(last, dict):
                continue
            units, activation = last.get("units"), last.get("activation")
            if last.get("type") == "Activation" and len(layers) > 1 and isinstance(layers[-2], dict):
                units = layers[-2].get("units")
            if last.get("type") == "Softmax":
                activation = "softmax"
            heads.add((units if isinstance(units, int) else None, activation if isinstance(activation, str) else None))
        return heads.pop() if len(heads) == 1 else None


def _label(use: Use) -> str:
    row = use.row
    if use.keyword is not None and use.replacement:
        return f"write {use.replacement}"
    if row.rule == REMOVED and use.keyword is not None:
        return f"remove {use.keyword.arg}"
    if row.rule == MODULE:
        return f"import from {row.new or 'keras'}"
    if row.new and not row.is_template:
        return f"write {row.new}"
    return "write it for Keras 3"


def _is_safe(use: Use) -> bool:
    """Whether the program means the same with Keras 2 after the fix."""
    if use.row.name in ("layers.*(implementation)", "Model.compile(third metrics)"):
        return True
    return use.row.rule == MODULE or (use.row.rule == RENAMED and use.row.name != "utils.to_categorical(y)")


def _positional_kernel(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    if use.call is None:
        return None
    first, second = (span_of(node, fixes.lines) for node in use.call.args[1:3])
    text = f"({fixes.text(use.call.args[1])}, {fixes.text(use.call.args[2])})"
    return (Edit(replace(first, end_line=second.end_line, end_column=second.end_column), text),)


def _decay(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    """`SGD(lr=r, decay=d)` as `SGD(learning_rate=InverseTimeDecay(r, 1, d))`."""
    call, keyword, name = use.call, use.keyword, use.name
    if call is None or keyword is None or name is None:
        return None
    if isinstance(keyword.value, ast.Constant) and keyword.value.value in (0, None):
        return (removed_argument(call, keyword, fixes.lines),)
    if any(callback in fixes.module.bound for callback in ("ReduceLROnPlateau", "LearningRateScheduler")):
        # A callback cannot set a learning rate that is a schedule.
        return None
    written = fixes.path("optimizers.schedules.InverseTimeDecay", name)
    rate = next((keyword for keyword in call.keywords if keyword.arg in ("lr", "learning_rate")), None)
    if written is None:
        return None
    default = "0.01" if name.path.endswith("SGD") else "0.001"
    value = rate.value if rate is not None else call.args[0] if call.args else None
    text = fixes.text(value) if value is not None else default
    schedule = f"{written.text}({text}, 1, {fixes.text(keyword.value)})"
    if value is None:
        return Edit(span_of(keyword, fixes.lines), f"learning_rate={schedule}"), *written.edits
    target = span_of(rate if rate is not None else value, fixes.lines)
    new = Edit(target, schedule if rate is None else f"learning_rate={schedule}")
    gone = removed_argument(call, keyword, fixes.lines)
    end = target.end_line, target.end_column
    if (gone.span.line, gone.span.column) < end and gone.span.end_column > target.column:
        return None
    return new, gone, *written.edits


def _remove(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    if use.call is None or use.keyword is None:
        return None
    return (removed_argument(use.call, use.keyword, fixes.lines),)


def _input(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    """The input shape of the first layer as `keras.Input`."""
    place = fixes.places.get(id(use.call))
    if use.call is None or use.keyword is None or use.name is None or place is None:
        return None
    written = fixes.path("Input", use.name)
    if written is None:
        return None
    edits = input_edits(use.call, use.keyword, place, written.text, fixes.lines)
    return None if edits is None else (*edits, *(written.edits if place.is_first else ()))


def _period(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    value = use.keyword.value if use.keyword is not None else None
    return _remove(fixes, use) if isinstance(value, ast.Constant) and value.value == 1 else None


def _in_form(fixes: MigrationFixes, use: Use, form: str) -> tuple[Edit, ...] | None:
    """The expression in another form, in which `{}` stands for it."""
    return (Edit(span_of(use.node, fixes.lines), form.format(fixes.text(use.node))),)


def _as_metrics(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    """The third argument of `compile` as the keyword `metrics`, if it is the last by position."""
    if (
        use.call is None
        or len(use.call.args) != 3
        or any(keyword.arg in ("metrics", None) for keyword in use.call.keywords)
    ):
        return None
    text = fixes.text(use.node)
    if not isinstance(use.node, (ast.List, ast.Tuple, ast.Dict)):
        text = f"[{text}]"
    return (Edit(span_of(use.node, fixes.lines), f"metrics={text}"),)


def _reduction(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    return None if use.keyword is None else (Edit(span_of(use.keyword.value, fixes.lines), '"sum_over_batch_size"'),)


def _pool_size(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    return None if use.call is None else (added_argument(use.call, "pool_size=2", fixes.lines),)


def _checkpoint_file(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    keywords = {keyword.arg: keyword.value for keyword in use.call.keywords} if use.call is not None else {}
    only = keywords.get("save_weights_only")
    weights = isinstance(only, ast.Constant) and bool(only.value)
    return _renamed_file(fixes, use, ".weights.h5" if weights else ".keras")


def _renamed_file(fixes: MigrationFixes, use: Use, suffix: str) -> tuple[Edit, ...] | None:
    """Another ending of a file name, wherever the program has the same name."""
    node, piece = use.node, _last_string(use.node)
    if piece is None:
        return None
    old = str(piece.value)
    stem = next(
        (
            old[: -len(weight_ending)]
            for weight_ending in _WEIGHT_ENDINGS
            if old.endswith(weight_ending) and len(old) > len(weight_ending)
        ),
        old,
    )
    edits = []
    for other in ast.walk(fixes.module.tree):
        same = other is piece or (piece is node and isinstance(other, ast.Constant) and other.value == old)
        if same and isinstance(other, ast.Constant):
            span = span_of(other, fixes.lines)
            text = fixes.text(other)
            if span.line != span.end_line or old not in text:
                return None
            edits.append(Edit(span, text.replace(old, stem + suffix)))
    return tuple(edits)


def _last_string(node: ast.AST) -> ast.Constant | None:
    """The string with which a file name ends."""
    if isinstance(node, ast.Constant):
        return node if isinstance(node.value, str) and node.value else None
    tail = ending(node) if isinstance(node, ast.expr) else None
    if tail:
        strings = [
            constant
            for constant in ast.walk(node)
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str) and constant.value.endswith(tail)
        ]
        return strings[-1] if strings and not isinstance(node, ast.JoinedStr) else None
    return None


def _classes(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    """`predict_classes(x)` by the last layer of the model."""
    call, node = use.call, use.node
    if call is None or not isinstance(node, ast.Attribute):
        return None
    head = fixes.last_layer(node.value)
    if head is None:
        return None
    units, activation = head
    method, whole = fixes.attribute_span(node), span_of(call, fixes.lines)
    end = replace(whole, line=whole.end_line, column=whole.end_column)
    if activation == "softmax":
        return Edit(method, "predict"), Edit(end, ".argmax(axis=-1)")
    if activation == "sigmoid" and units == 1:
        start = replace(whole, end_line=whole.line, end_column=whole.column)
        return Edit(start, "("), Edit(method, "predict"), Edit(end, ' > 0.5).astype("int32")')
    return None


def _ordering(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    """`K.set_image_dim_ordering("th")`, and comparisons with `K.image_dim_ordering()`."""
    if not isinstance(use.node, ast.Attribute) or use.call is None:
        return None
    edits = [Edit(fixes.attribute_span(use.node), use.row.new.rpartition(".")[2])]
    constants = [node for node in use.call.args if isinstance(node, ast.Constant)]
    for node in ast.walk(fixes.module.tree):
        if isinstance(node, ast.Compare) and node.left is use.call:
            constants += [comparator for comparator in node.comparators if isinstance(comparator, ast.Constant)]
    for constant in constants:
        new = legacy.value("dim_ordering", constant.value)
        if new != constant.value:
            edits.append(Edit(span_of(constant, fixes.lines), f'"{new}"'))
    return tuple(edits)


def _loss(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    return (Edit(span_of(use.node, fixes.lines), f'"{use.row.new}"'),)


def _generator(fixes: MigrationFixes, use: Use) -> tuple[Edit, ...] | None:
    if use.call is None or not isinstance(use.node, ast.Attribute):
        return None
    method = Edit(fixes.attribute_span(use.node), use.row.new)
    rest = fit_from_generator(use.call, use.node.attr, fixes.module, fixes.lines)
    return None if rest is None else (method, *rest)


_Handler = Callable[[MigrationFixes, Use], "tuple[Edit, ...] | None"]

_HANDLERS: dict[str, _Handler] = {
    "optimizers.*(decay)": _decay,
    "callbacks.ModelCheckpoint(period)": _period,
    POSITIONAL_KERNEL: _positional_kernel,
    **dict.fromkeys(("layers.*(input_shape)", "layers.*(input_dim)", "layers.*(batch_input_shape)"), _input),
    "layers.*(pool_size missing)": _pool_size,
    "losses.*(reduction='auto')": _reduction,
    "Input(integer)": partial(_in_form, form="({},)"),
    "Model.compile(metrics=object)": partial(_in_form, form="[{}]"),
    "Model.compile(third metrics)": _as_metrics,
    "Model.save_weights(file)": partial(_renamed_file, suffix=".weights.h5"),
    **{
        f"{function}({argument})": partial(_renamed_file, suffix=".keras")
        for function in ("Model.save", "models.save_model")
        for argument in ("folder", ".h5")
    },
    "callbacks.ModelCheckpoint(filepath)": _checkpoint_file,
    "Model.predict_classes": _classes,
    **{f"Model.{method}_generator": _generator for method in ("fit", "evaluate", "predict")},
    **{f"backend.{name}image_dim_ordering": _ordering for name in ("", "set_")},
    **dict.fromkeys(("optimizers.*(epsilon=None)", "layers.Embedding(input_length)"), _remove),
    **dict.fromkeys(("Model.save(save_format)", "Model.save_weights(save_format)"), _remove),
    **{f"Model.compile(loss={name!r})": _loss for name in legacy.LOSSES},
    **{f"layers.{name}({argument})": _remove for name, ignored in IGNORED_BY_KERAS_2.items() for argument in ignored},
    **{
        f"Model.{method}({argument})": _remove
        for method in ("fit", "predict", "evaluate")
        for argument in ("workers", "use_multiprocessing", "max_queue_size")
    },
}
"""The fixes that are more than another name."""
