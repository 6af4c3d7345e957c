import pytest

from blastlens.domain.declared_pixel_size import make_metadata, parse_declared, read_declared
from blastlens.domain.field import PixelSizeSource


@pytest.mark.parametrize(
    ("text", "um"), [("0.25", 0.25), ("1", 1.0), (" 0.0645 ", 0.0645), ("0.06450000000000000178", 0.0645)]
)
def test_a_decimal_number_of_micrometres_is_read(text: str, um: float):
    assert parse_declared(text) == um


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.0",
        "-0.25",
        "1e9",
        "2.5e-1",
        "1000000000",
        "nan",
        "inf",
        "0,25",
        "0.25 um",
        "1_0",
        "\u0661",
        "9" * 2000,
        "x\n0.5",
    ],
)
def test_any_other_text_is_refused_with_a_sentence(text: str):
    with pytest.raises(ValueError, match="pixel size") as refusal:
        parse_declared(text)
    assert len(str(refusal.value)) < 200


def test_what_a_device_declares_is_read_from_its_metadata():
    declared = read_declared(make_metadata(0.0645, PixelSizeSource.DEVICE))
    assert declared is not None
    assert (declared.um, declared.source) == (0.0645, PixelSizeSource.DEVICE)


def test_metadata_of_others_declare_nothing():
    assert read_declared({"pixel-size-from": "device", "mtime": "1"}) is None
