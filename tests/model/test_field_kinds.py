"""Fields as cameras show them: how they are made, planned and measured."""

from dataclasses import replace

import numpy as np
import pytest

from blastlens.domain.errors import Reason
from blastlens.domain.field import FieldSummary, PixelSize, PixelSizeSource
from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.domain.prediction import Answer
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Reading
from blastlens.training.audit import field_shapes
from blastlens.training.audit.field_kinds import KINDS, NO_CELLS, ONLY_CELLS, stained_cells
from blastlens.training.audit.field_plan import plan_fields
from blastlens.training.audit.field_rows import measure_fields
from blastlens.training.data.dataset import find_examples
from tests import answers

BY_NAME = {kind.name: kind for kind in KINDS}
SIDE = 64


def untracked(items, words):
    return items


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Eight images a class, two of each group, in a colour of their own."""
    folder = tmp_path_factory.mktemp("data")
    lines = ["file,group"]
    for position, label in enumerate(LABELS):
        (folder / WORDS[label].folder).mkdir()
        for number in range(8):
            image = np.full((SIDE, SIDE, 3), (40 * position + 50, 20 * number + 50, 200), np.uint8)
            name = f"{WORDS[label].folder}/{number}.png"
            (folder / name).write_bytes(encode_png(image))
            lines.append(f"{name},{label}-{number // 2}")
    (folder / "groups.csv").write_text("\n".join(lines))
    return find_examples(folder, folder / "groups.csv")


def planned(name, examples, per_class=4, seed=0):
    return list(plan_fields(BY_NAME[name], examples, per_class, seed))


def test_kinds_have_names_of_their_own_and_cover_every_family():
    assert len(BY_NAME) == len(KINDS)
    assert len({kind.family for kind in KINDS}) == 5
    assert {kind.images for kind in KINDS} >= {1, 4, 9, 16, 25, 36}


def test_every_kind_is_drawn_at_its_zoom_without_changing_its_images():
    tiles = [draw_smear(number, Label.PRE_B).image for number in range(36)]
    before = [tile.copy() for tile in tiles]
    for kind in KINDS:
        field = kind.draw(tiles[: kind.images], np.random.default_rng(0))
        assert field.dtype == np.uint8 and field.ndim == 3, kind.name
        if kind.name.startswith(("mosaic 2 x 2,", "mosaic 3 x 3,", "mosaic 4 x 4,", "upsampled", "shrunk")):
            side = {1: 1, 4: 2, 9: 3, 16: 4}[kind.images]
            assert field.shape[0] == round(224 * side * kind.zoom), kind.name
    assert all((tile == kept).all() for tile, kept in zip(tiles, before, strict=True))


def test_a_field_is_of_one_class_and_of_different_groups_while_there_are_enough(examples):
    for field in planned("mosaic 2 x 2", examples):
        assert {source.label for source in field.sources} == {field.label}
        assert len({source.group for source in field.sources}) == 4
    for field in planned("mosaic 3 x 3", examples, 1):
        assert len(field.sources) == 9
        assert len({source.path for source in field.sources}) == 8


def test_a_kind_of_single_images_uses_none_twice(examples):
    fields = planned("round", examples, per_class=100)
    assert len(fields) == len(examples) == len({field.sources[0].path for field in fields})


def test_equal_seeds_plan_and_draw_equal_fields_whatever_else_is_measured(examples):
    name = "white border, 2.5 times as wide"
    first, again, other = (planned(name, examples, 4, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert (first[3].draw() == again[3].draw()).all()
    assert planned(name, examples, 2)[0] == first[0]
    assert (first[0].draw(0) != first[0].draw(1)).any()


def test_a_mosaic_lies_tile_by_tile_and_repeats_the_few():
    tiles = [np.full((4, 6, 3), level, np.uint8) for level in (10, 20, 30)]
    field = field_shapes.mosaic(tiles, 2, 2)
    assert field.shape == (8, 12, 3)
    assert [field[0, 0, 0], field[0, 6, 0], field[4, 0, 0], field[4, 6, 0]] == [10, 20, 30, 10]
    assert field_shapes.mosaic([tiles[0], np.zeros((9, 9, 3), np.uint8)], 1, 2).shape == (4, 12, 3)


@pytest.mark.parametrize(("border", "level"), [("white", 255), ("black", 0), ("grey", 128)])
def test_a_border_surrounds_the_image_at_its_place(border, level):
    image = np.full((40, 60, 3), 77, np.uint8)
    field = field_shapes.pad(image, 2.0, border, (0.0, 1.0))
    assert field.shape == (80, 120, 3)
    assert (field[:40, 60:] == 77).all() and (field[40:] == level).all() and (field[:, :60] == level).all()


def test_a_mirrored_border_holds_the_image_only():
    image = draw_smear(0, Label.PRO_B, (64, 64)).image
    field = field_shapes.pad(image, 2.5, "mirrored", (0.5, 0.5))
    assert (field[48:112, 48:112] == image).all() and (field[:48, 48:112] == image[47::-1]).all()


def test_a_vignette_is_round_and_its_edge_soft():
    field = field_shapes.vignette(np.full((200, 300, 3), 240, np.uint8), 0.9)
    assert (field[100, 150] == 240).all() and (field[0, 0] == 0).all()
    assert (field[100, :50] == 0).all() and (field[100, 250:] == 0).all()  # 180 px wide, in the middle
    edge = field[100, 50:70, 0]
    assert ((edge > 0) & (edge < 240)).sum() >= 4 and (np.diff(edge.astype(int)) >= 0).all()


def test_painted_fields_keep_or_remove_what_is_stained_whatever_the_package():
    image = draw_smear(3, Label.PRE_B).image
    cells = stained_cells(image)
    only, without = (BY_NAME[name].draw([image], np.random.default_rng(0)) for name in (ONLY_CELLS, NO_CELLS))
    assert cells.any()
    assert (only[cells] == image[cells]).all() and len(np.unique(only[~cells], axis=0)) == 1
    assert len(np.unique(without[cells], axis=0)) == 1


def field_of(um, cells=20):
    return FieldSummary(PixelSize(um, PixelSizeSource.LEARNED, 0.1), 1, cells)


def test_a_row_counts_leukemia_as_benign_alone_refusals_and_errors_of_the_pixel_size(examples):
    answer_to: dict[Label, Answer] = {
        Label.BENIGN: answers.prediction(Label.BENIGN),
        Label.EARLY_PRE_B: answers.prediction(Label.BENIGN),
        Label.PRE_B: answers.prediction(Label.PRE_B, (Label.BENIGN,)),
        Label.PRO_B: answers.rejection(Reason.TOO_DARK),
    }

    def read(image):
        answer = answer_to[LABELS[(int(image[0, 0, 0]) - 50) // 40]]
        return Reading(replace(answer, field=field_of(0.3, cells=2)), image)

    kinds = (BY_NAME["upsampled 2 times"], BY_NAME["shrunk to 50%"])
    rows = measure_fields(read, examples, lambda example: example.label, 4, untracked, kinds)
    assert [row.kind for row in rows] == [kind.name for kind in kinds]
    row = rows[0]
    assert (row.counts.images, row.right, row.leukemias, row.missed, row.covered) == (16, 8, 12, 4, 8)
    assert row.accuracy == 0.5 and row.readable and not rows[1].readable
    assert row.counts.refused == {"too_dark": 4} and row.counts.set_size == pytest.approx(4 / 3)
    assert (row.counts.benign_alone, row.counts.benign_of_few, row.counts.without_benign) == (8, 8, 0)
    assert row.pixel_size_error == pytest.approx(0.2)  # 0.3 instead of 0.25 um
    plain = row.plain()
    assert plain["leukemia_as_benign_alone"] == 4 and plain["accuracy"]["value"] == 0.5
    assert plain["benign_alone"]["count"] == 8 and plain["benign_alone"]["low"] < 0.5 < plain["benign_alone"]["high"]


def test_a_package_that_states_no_field_has_no_error_of_the_pixel_size(examples):
    def read(image):
        return Reading(answers.prediction(Label.PRE_B, (Label.PRO_B,)), image)

    (row,) = measure_fields(read, examples, lambda example: example.label, 2, untracked, KINDS[:1])
    assert row.pixel_size_error is None and row.counts.benign_of_few is None
    assert (row.counts.without_benign, row.counts.leukemia_alone) == (8, 0)
