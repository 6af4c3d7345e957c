"""Conversion of an ONNX file to ncnn with pnnx.

    python benchmarks/graphs/to_ncnn.py GRAPH.onnx FOLDER

Writes graph.ncnn.param and graph.ncnn.bin to FOLDER. Inputs and outputs are named in0, in1, … and out0, out1, … in the
order of the ONNX file. pnnx does not convert padding that is a separate step; this module inserts ncnn's layer for it.
"""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import onnx

_PAD = re.compile(r"^Pad( +)(\S+)( .*)$", re.MULTILINE)
_IGNORED_PAD = re.compile(r"ignore Pad (\S+) param pads=\(0,0,(\d+),(\d+),0,0,(\d+),(\d+)\)")


def write_ncnn(source: Path, folder: Path) -> None:
    """Write `graph.ncnn.param` and `graph.ncnn.bin` in float32.

    Raises:
        LookupError: pnnx is not installed.
    """
    found = find_spec("pnnx")
    if found is None or found.origin is None:
        raise LookupError("pnnx is not installed")
    folder.mkdir(exist_ok=True)
    copy = Path(shutil.copy(source, folder / "graph.onnx"))  # the converter writes into the folder of its input
    shapes = ",".join(_shape(given) for given in onnx.load(str(source)).graph.input)
    converter = Path(found.origin).with_name("pnnx")
    converter.chmod(0o755)
    command = [str(converter), str(copy), f"inputshape={shapes}", "fp16=0"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    amounts = {name: amount for name, *amount in _IGNORED_PAD.findall(done.stdout + done.stderr)}
    parameters = folder / "graph.ncnn.param"
    parameters.write_text(_PAD.sub(lambda match: _padding(match, amounts), parameters.read_text()))


def _padding(match: re.Match[str], amounts: dict[str, list[str]]) -> str:
    space, name, rest = match.groups()
    top, left, bottom, right = amounts[name]
    return f"Padding{space}{name}{rest} 0={top} 1={bottom} 2={left} 3={right} 4=0 5=0.0"


def _shape(given: onnx.ValueInfoProto) -> str:
    sides = [str(dimension.dim_value) for dimension in given.type.tensor_type.shape.dim]
    return f"[{','.join(sides)}]"


if __name__ == "__main__":
    write_ncnn(Path(sys.argv[1]), Path(sys.argv[2]))
