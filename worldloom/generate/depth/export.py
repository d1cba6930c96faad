"""From torch to int8 ONNX."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.generate.depth.network import DepthNetwork
from worldloom.scene.errors import InvalidDataError, MissingDependencyError
from worldloom.scene.files import replacing

LARGEST = 12_000_000
"""Bytes; what is shipped stays below."""
INPUT = "rgb"
OUTPUT = "inverse_depth"
LEAST_AGREEMENT = 0.97
"""Correlation of what the int8 network says with what the float one says, mean over pictures."""
_CALIBRATION = 64


def export_float(network: DepthNetwork, path: Path) -> None:
    """Write `network` as ONNX with float32 weights: "rgb" (1, 3, H, W) 0..255, sides multiples of 32 -> "inverse_depth"
    (1, 1, H / 2, W / 2)."""
    network = network.cpu().eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that this exporter is the older one: it needs no further package
        torch.onnx.export(
            network,
            (torch.zeros(1, 3, 192, 256),),
            str(path),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {2: "height", 3: "width"}, OUTPUT: {2: "half_height", 3: "half_width"}},
            opset_version=17,
            dynamo=False,
        )


def export_int8(network: DepthNetwork, pictures: NDArray[np.uint8], path: Path) -> int:
    """Write `network` as ONNX with int8 weights (one scale per channel) and activations, calibrated on `pictures`
    (N, H, W, 3); the number of bytes. The first and last layers stay float: 256 steps of depth would show.

    Raises:
        MissingDependencyError: the package onnx is not installed.
        InvalidDataError: the file comes out too large to ship, or int8 is too coarse for this network.
    """
    try:
        from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
        from onnxruntime.quantization.shape_inference import quant_pre_process
    except ImportError as error:
        raise MissingDependencyError("Export needs the package onnx: pip install 'worldloom[train]'.") from error
    with TemporaryDirectory() as folder, replacing(path) as beside:
        plain, ready = Path(folder) / "float.onnx", Path(folder) / "ready.onnx"
        export_float(network, plain)
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready),
            str(beside),
            _reader(pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=_kept_float(ready),
        )
        alike = agreement(plain, beside, pictures[:: max(1, len(pictures) // 8)][:8])
        if alike < LEAST_AGREEMENT:
            raise InvalidDataError(
                f"Made int8, the network says other things than before (correlation {alike:.3f}): train it for longer, "
                "or calibrate it on more views."
            )
        size = beside.stat().st_size
        if size > LARGEST:
            raise InvalidDataError(f"The network takes {size / 1e6:.1f} MB, more than the {LARGEST / 1e6:.0f} allowed.")
    return size


def agreement(first: Path, second: Path, pictures: NDArray[np.uint8]) -> float:
    """Mean correlation of what two exported networks say of pictures (N, H, W, 3)."""
    import onnxruntime

    answers = []
    for path in (first, second):
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        answers.append([np.asarray(session.run(None, {INPUT: _fed(picture)})[0]).ravel() for picture in pictures])
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(*answers)]))


def _fed(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return picture.transpose(2, 0, 1)[None].astype(np.float32)


def _kept_float(path: Path) -> list[str]:
    """Names of the nodes that stay float: what sees the picture first and the head. They are small, and depend most on
    it."""
    import onnx

    float_parts = ("/head/", "/stem/", "/blocks.0/")
    nodes = onnx.load(str(path)).graph.node
    return [
        node.name for node in nodes if any(part in node.name for part in float_parts) or node.op_type in ("Sub", "Div")
    ]


def _reader(pictures: NDArray[np.uint8]) -> Any:
    """Pictures one by one, as onnxruntime's calibration asks for them."""
    from onnxruntime.quantization import CalibrationDataReader

    chosen = np.random.default_rng(0).choice(len(pictures), min(_CALIBRATION, len(pictures)), replace=False)
    feeds = iter([{INPUT: _fed(pictures[index])} for index in sorted(chosen)])

    class Reader(CalibrationDataReader):
        def get_next(self) -> Any:
            return next(feeds, None)

    return Reader()
