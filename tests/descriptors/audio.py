"""MelSpectrogram, STFTSpectrogram."""

from importlib.util import find_spec

from tests.descriptors.descriptor import Descriptor

MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft", "power")

# Keras asks SciPy for a window by name, and refuses every name where SciPy is not installed.
WINDOWS = ("hann", "hamming", "boxcar", "kaiser", "triangular") if find_spec("scipy") else ()


def _stft(**arguments):
    return {"frame_length": 4, "window": "none", **arguments}


DESCRIPTORS = [
    Descriptor(
        "MelSpectrogram",
        arguments=(
            {},
            {"fft_length": 64, "sequence_stride": 10, "sequence_length": 32, "num_mel_bins": 8, "dtype": "float64"},
            {"sequence_length": 0, "max_freq": 4000, "min_freq": 0, "window": "hamming", "trainable": False},
            {"fft_length": 32, "sequence_length": 64},
            # Keras surprises: none of these is looked at before data arrives.
            {"fft_length": -2, "num_mel_bins": 0, "sampling_rate": 0, "window": "none"},
            {"sequence_stride": -300, "window": "no window"},
            {"sequence_stride": -3},
            {"sequence_stride": 0},
            {"num_mel_bins": -1},
            {"dtype": "int32"},
        ),
        inputs=(
            [16000],
            [20],
            [0],
            ["T"],
            [16000, 2],
            ["T", 2],
            [4, 100, 2],
            [],
            {"shape": [], "batch_size": 7},
            {"shape": [100], "batch_size": 2, "dtype": "int32"},
            {"shape": [100], "dtype": "float16"},
        ),
        pairs=(
            ([{"type": "MelSpectrogram"}, {"type": "Reshape", "target_shape": [128, 32, 1]}], [16000]),
            ([{"type": "Masking"}, {"type": "MelSpectrogram"}, {"type": "LSTM", "units": 2}], [100, 3]),
        ),
    ),
    Descriptor(
        "STFTSpectrogram",
        arguments=(
            *(_stft(mode=mode) for mode in MODES),
            *(_stft(window=window) for window in WINDOWS),
            _stft(frame_step=3, fft_length=5, padding="same", trainable=False),
            _stft(expand_dims=True, mode="stft", padding="same"),
            _stft(data_format="channels_first"),
            _stft(data_format="channels_first", expand_dims=True, padding="same"),
        ),
        inputs=(
            [20, 2],
            [4, 1],
            [3, 5],
            ["T", 2],
            [20, "?"],
            [20, 0],
            [0, 20],
            [20],
            [20, 2, 3],
            {"shape": [20, 2], "batch_size": 3, "dtype": "int32"},
        ),
    ),
    Descriptor(
        "STFTSpectrogram",
        arguments=(
            _stft(window=[0.5, 1, 1, 0.5], scaling="spectrum", periodic=True),
            _stft(window=[0.5, 1, 1, 0.5], dtype="int32"),
            _stft(window=[0.5, 1]),
            _stft(scaling="none", dtype="mixed_float16"),
            _stft(dtype="int32"),  # Keras surprise: integer kernels
            _stft(dtype="uint8"),
            _stft(dtype="bool"),
            _stft(dtype="complex64"),
            _stft(frame_step=5),
            _stft(frame_step=0),
            _stft(fft_length=3),
            _stft(padding="causal"),
            _stft(scaling="power"),
            _stft(frame_length=0),
            _stft(frame_length=1),
            _stft(frame_length=1, frame_step=1),
            _stft(frame_length=9),
        ),
        inputs=([20, 2], ["T", 2]),
    ),
    # Inside a Pipeline Keras runs the computation, and reports what really comes out.
    Descriptor(
        "Pipeline",
        arguments=tuple(
            {"layers": [layer]}
            for layer in (
                {"type": "MelSpectrogram", "fft_length": 64, "sequence_stride": 10},
                {"type": "MelSpectrogram", "window": "blackman"},
                {"type": "MelSpectrogram", "dtype": "float64"},
                {"type": "STFTSpectrogram", **_stft(mode="stft", padding="same")},
                {"type": "STFTSpectrogram", **_stft(expand_dims=True)},
            )
        ),
        inputs=([100], [100, 2], ["T", 2], [20, "?"], {"shape": [20, 2], "batch_size": 3, "dtype": "int32"}),
    ),
]
