"""MelSpectrogram and STFTSpectrogram: spectrograms of audio."""

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from seqspec.core.catalog.dtypes import FLOATS
from seqspec.core.catalog.export_formats import Exports, Limit
from seqspec.core.catalog.keras_object import bad_argument, conflict, given_arguments, place_of
from seqspec.core.catalog.layer import InferenceContext, Layer, Phase, require_numbers, require_rank, unknown_size
from seqspec.core.catalog.markers import NEUTRAL, SHAPING, Expects
from seqspec.core.catalog.traits import SeveralInputs
from seqspec.core.catalog.types import ANY_CASE, Maybe, NeutralBool, NeutralNumber, Number, PositiveInt, read_by
from seqspec.core.catalog.validation import wrong_type
from seqspec.core.diagnostics.message import Setting, fmt, shorten
from seqspec.core.diagnostics.suggest import SuggestionTemplate, suggest
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import arranged, channels, spatial, window_output
from seqspec.core.shapes.tensor import BATCH, Dim, Shape, Size, TensorSpec, WeightSpec, product, show

_PLAIN = """
bart barthann bartlett bkh black blackharr blackman blackmanharris blk bman bmn bohman box boxcar brt brthan bth cosine
exponential flat flattop flt halfcosine ham hamm hamming han hann lanczos nut nutl nuttall ones par parz parzen poisson
rect rectangular sinc taylor taylorwin tri triang triangle tuk tukey
"""
_PARAMETRIC = """
cheb chebwin dpss gauss gaussian general_cosine general_gauss general_gaussian general_hamming ggs gss kaiser
kaiser_bessel_derived kbd ksr
"""
WINDOWS = frozenset(_PLAIN.split())
"""All names of SciPy windows without parameters."""


def _window_name(value: object) -> str:
    if type(value) is not str:
        raise wrong_type(_WINDOW, value)
    name = value.removesuffix("_symmetric") if value.endswith("_symmetric") else value.removesuffix("_periodic")
    if name in WINDOWS:
        return value
    otherwise = 'write "hann", "hamming", "blackman", ..., or the values in a list'
    meant = suggest(value, sorted(WINDOWS), otherwise, SuggestionTemplate.STRING)
    why = (
        "needs a parameter and cannot be given by name alone"
        if name in _PARAMETRIC.split()
        else "is not a SciPy window"
    )
    raise Violation("unknown-name", f'"{shorten(value)}" {why}', label=meant.label, help=meant.help)


class SciPyWindow:
    """Marks an argument that is the name of a SciPy window function."""


_WINDOW = 'a window such as "hann"'
WindowName = Annotated[str, *read_by(_window_name, _WINDOW, SciPyWindow(), SHAPING)]
"""The name of a SciPy window function without parameters."""


class MelSpectrogram(Layer):
    """Computes the mel spectrogram of audio.

    Keras computes the Fourier transform with a fast algorithm, and then multiplies each frame by the mel matrix; `macs`
    only counts this matrix product.
    """

    exports = Exports(Limit(("onnx",), "RFFT"))

    several_inputs = SeveralInputs(traced="packed")

    # Keras surprise: only the two lengths are checked before the layer is called on data. Frequencies and windows of
    # any kind, and numbers below 1 with which no size becomes negative, are accepted.
    fft_length: int = Field(default=2048, description="FFT length.")
    sequence_stride: int = Field(default=512, description="Hop size in samples.")
    sequence_length: Maybe[int] = Field(default=None, description="Frame length in samples; fft_length if none or 0.")
    window: Maybe[Annotated[str, Expects("the name of a window")] | list[NeutralNumber]] = Field(
        default="hann", description='Window applied to each frame: "hann", "hamming" or a list of values.'
    )
    sampling_rate: NeutralNumber = Field(default=16000, description="Sampling rate in Hz.")
    num_mel_bins: int = Field(default=128, description="Number of mel bins.")
    min_freq: NeutralNumber = Field(default=20.0, description="Lowest frequency in Hz.")
    max_freq: Maybe[NeutralNumber] = Field(
        default=None, description="Highest frequency in Hz; half the sampling rate if none."
    )
    power_to_db: NeutralBool = Field(default=True, description="Whether the output is in decibels.")
    top_db: NeutralNumber = Field(default=80.0, description="Dynamic range in decibels; quieter values are clipped.")
    mag_exp: NeutralNumber = Field(
        default=2.0, description="Exponent of the magnitude spectrogram: 1 for magnitude, 2 for power."
    )
    min_power: NeutralNumber = Field(default=1e-10, description="Minimum power, below which values are clipped.")
    ref_power: NeutralNumber = Field(default=1.0, description="Reference power for 0 dB.")

    def check_versions(self, env: InferenceContext) -> None:
        if env.keras < (3, 14) or not self.sequence_length or self.sequence_length <= self.fft_length:
            return
        given = given_arguments(self)
        raise Violation(
            "conflicting-arguments",
            fmt("sequence_length must be <= fft_length ({}), got {}", self.fft_length, self.sequence_length),
            path=("sequence_length",) if "sequence_length" in given else ("fft_length",),
        )

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.check_versions(env)
        if env.phase is Phase.TRACE:
            return self._traced(x, env)
        if self.num_mel_bins < 0:
            raise bad_argument("num_mel_bins", f"must be a non-negative integer, got {self.num_mel_bins}")
        # Keras surprise: only the first axis is used, and others, such as channels, are ignored; for a
        # batch of scalars, the batch axis is taken as the time axis.
        lead, samples = (x.dims[:1], x.dims[1]) if x.rank > 1 else ((), x.dims[0])
        return TensorSpec((*lead, self.num_mel_bins, self._frames(samples)), self.compute_dtype(env))

    def _frames(self, samples: Size) -> Size:
        stride = self.sequence_stride
        if not isinstance(samples, int):
            return (samples + (stride + 1)) // stride if stride > 0 else Dim()
        if stride == 0:
            raise bad_argument("sequence_stride", "must not be 0")
        frames = (samples + stride + 1) // stride
        if frames < 0:
            raise bad_argument(
                "sequence_stride", fmt("must be a positive integer, got {}, which results in {} frames", stride, frames)
            )
        return frames

    def _traced(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self._check_computation(env)
        # Keras surprise: the computation may return one frame less than shape inference reports, and uses
        # the last axis as the time axis, for any rank.
        samples = x.dims[-1]
        length = self.fft_length
        frames: Size = Dim()
        if isinstance(samples, int):
            room = samples + length // 2 * 2 - length
            frames = max(room // self.sequence_stride + 1, 0) if self.sequence_stride > 0 else 0
        return TensorSpec((*x.dims[:-1], max(self.num_mel_bins, 0), frames), self.compute_dtype(env))

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is not Phase.DATA:
            return
        require_numbers(x)
        if self.fft_length == 0:
            raise bad_argument("fft_length", "must be a positive integer, got 0")
        samples, reach = x.dims[-1], self.fft_length // 2
        # Keras surprise: TensorFlow skips the computation of a value that is raised to the power of 0.
        if isinstance(samples, int) and reach > 0 and samples <= reach and self.mag_exp != 0:
            raise Violation(
                "shape-mismatch",
                fmt("pads the signal by reflecting {} samples (fft_length / 2), but it has only {}", reach, samples),
                **place_of(self, "fft_length"),
                help=fmt(
                    "write {}, or use a longer signal", Setting("fft_length", 1 << max(samples.bit_length() - 1, 1))
                ),
            )

    def _check_computation(self, env: InferenceContext) -> None:
        if self.fft_length < 0:
            raise bad_argument("fft_length", fmt("must be non-negative, got {}", self.fft_length))
        length = self.sequence_length or self.fft_length
        if length > self.fft_length:
            raise conflict(
                "sequence_length", fmt("sequence_length must be <= fft_length ({}), got {}", self.fft_length, length)
            )
        window = self.window
        if length < 0 and window is not None:
            raise bad_argument("sequence_length", fmt("must be non-negative, got {}", length))
        if isinstance(window, str) and window not in ("hann", "hamming"):
            raise Violation(
                "unknown-name", f'window must be "hann", "hamming" or a list, got "{shorten(window)}"', path=("window",)
            )
        if isinstance(window, list) and len(window) != length:
            raise conflict(
                "window", fmt("window must have one value per sample of a frame ({}), got {}", length, len(window))
            )
        if self.power_to_db and self.compute_dtype(env) == "float64":
            # Keras surprise: decibels are computed in float32 only.
            raise Violation("wrong-dtype", "cannot compute decibels in float64 inside a Pipeline", path=("dtype",))

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return product(y.dims[-2:]) * max(self.fft_length // 2 + 1, 0)


class STFTSpectrogram(Layer):
    """Computes the spectrogram of audio by a short-time Fourier transform, a convolution with trainable kernels."""

    mode: Literal["log", "magnitude", "psd", "real", "imag", "angle", "stft"] = Field(
        default="log",
        description="Output: logarithm, magnitude, power, real part, imaginary part, angle, or both parts.",
    )
    frame_length: PositiveInt = Field(default=256, description="Frame length in samples.")
    frame_step: Maybe[PositiveInt] = Field(
        default=None, description="Hop size in samples; half of frame_length if none."
    )
    fft_length: Maybe[PositiveInt] = Field(
        default=None, description="FFT length; the next power of two >= frame_length if none."
    )
    window: Maybe[WindowName | list[Number]] = Field(
        default="hann", description="Window applied to each frame: a SciPy window name, or a list of values."
    )
    periodic: NeutralBool = Field(default=False, description="Whether the window is periodic.")
    scaling: Maybe[Annotated[Literal["density", "spectrum"], NEUTRAL]] = Field(
        default="density", description="How the window is scaled."
    )
    padding: Literal["valid", "same"] = Field(default="valid", description='"valid" or "same".')
    expand_dims: bool = Field(default=False, description="Whether frequencies and channels are separate axes.")
    data_format: Maybe[Annotated[Literal["channels_last", "channels_first"], ANY_CASE]] = Field(
        default=None, description="Position of the channels axis; channels_last by default."
    )

    def check_arguments(self) -> None:
        if self.frame_step is not None and self.frame_step > self.frame_length:
            raise conflict(
                "frame_step", fmt("frame_step must be <= frame_length ({}), got {}", self.frame_length, self.frame_step)
            )
        if self.fft_length is not None and self.fft_length < self.frame_length:
            raise conflict(
                "fft_length", fmt("fft_length must be >= frame_length ({}), got {}", self.frame_length, self.fft_length)
            )

    @property
    def _first(self) -> bool:
        return self.data_format == "channels_first"

    @property
    def _bins(self) -> int:
        """The number of frequency bins."""
        return (self.fft_length or 2 ** math.ceil(math.log2(self.frame_length))) // 2 + 1

    @property
    def _kernels(self) -> tuple[str, ...]:
        return ("real",) if self.mode == "real" else ("imag",) if self.mode == "imag" else ("real", "imag")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        require_rank(x, 3, "(time, channels)" if not self._first else "(channels, time)")
        self._check_kernels(env)
        if env.phase is Phase.TRACE:
            if x.dtype not in ("float16", "float32", "float64"):
                raise Violation(
                    "wrong-dtype", f"expects float16, float32 or float64 input, got {x.dtype}", anchor="layer"
                )
            # Keras loses the batch size when it reshapes channels to separate samples and back.
            return TensorSpec((BATCH, *self._picture(x)[1:]), x.dtype)
        sounds = channels(x.dims, self._first)
        if not isinstance(sounds, int):
            raise unknown_size(fmt("needs a known number of channels, got {}", sounds), sounds)
        # Keras surprise: before 3.14, audio that is too short by one frame step results in a spectrogram of size 0.
        return TensorSpec(self._picture(x, 1 if env.keras >= (3, 14) else 0), self.compute_dtype(env))

    def _picture(self, x: TensorSpec, least: int = 1) -> Shape:
        """The shape of the output; raises `Violation` for fewer than `least` frames."""
        sounds = channels(x.dims, self._first)
        frames = self._frames(x, least)
        bins = self._bins * (2 if self.mode == "stft" else 1)
        if self.expand_dims:
            return arranged(x.dims[0], (frames, bins), sounds, self._first)
        return arranged(x.dims[0], (frames,), sounds * bins, self._first)

    def _frames(self, x: TensorSpec, least: int = 1) -> Size:
        step = self.frame_step or self.frame_length // 2
        if step == 0:
            raise conflict(
                "frame_length",
                "frame_length = 1 requires a frame_step: the default, half of it, would be 0",
                help=fmt("add {}", Setting("frame_step", 1)),
            )
        (samples,) = spatial(x.dims, self._first)
        frames = window_output(samples, self.frame_length, step, self.padding)
        if self.padding == "valid" and isinstance(frames, int) and frames < least:
            raise Violation(
                "window-too-large",
                fmt("frame_length {} is larger than the input {}", self.frame_length, show(x.sample)),
                **place_of(self, "frame_length"),
                label=fmt("expects at least {} samples, got {}", self.frame_length, samples),
                help=fmt("use {}, or a smaller frame_length", Setting("padding", "same")),
            )
        return frames

    def _check_kernels(self, env: InferenceContext) -> None:
        """Raises a `Violation` if Keras cannot initialize the kernels."""
        if isinstance(self.window, list) and len(self.window) != self.frame_length:
            raise conflict(
                "window", fmt("window must have frame_length ({}) values, got {}", self.frame_length, len(self.window))
            )
        dtype = self.variable_dtype(env)
        if dtype in FLOATS:
            return
        # Keras surprise: integer kernels are accepted unless a window makes them floats.
        if self.window is None and dtype[:3] in ("int", "uin") and dtype != "uint8":
            return
        raise Violation(
            "wrong-dtype", f"dtype must be a floating-point dtype for the kernels, got {dtype}", path=("dtype",)
        )

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        shape = (self.frame_length, 1, self._bins)
        dtype = self.variable_dtype(env)
        return [WeightSpec(f"{part}_kernel", shape, dtype) for part in self._kernels]

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        frames = self._frames(x, 0)
        return frames * (self.frame_length * self._bins * len(self._kernels)) * channels(x.dims, self._first)
