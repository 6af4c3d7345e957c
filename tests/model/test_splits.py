"""Splits of a dataset, and data and plans that are refused."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from blastlens.domain.errors import InvalidData, InvalidSettings
from blastlens.domain.labels import LABELS
from blastlens.training.data.dataset import Example
from blastlens.training.data.splits import (
    SplitPlan,
    copies_across,
    count_overlap_with_training,
    data_sha256,
    split_by_group,
)
from blastlens.training.data.stain_clusters import measure_stain


def made_up(count, fields_a_group=1):
    """Examples without files; a group is `fields_a_group` neighbours of one class."""
    of_class = count // len(LABELS)
    return [
        Example(Path(f"{label}/{index:04d}.png"), label, f"{label}-{index // fields_a_group}", f"{label}{index}")
        for position, label in enumerate(LABELS)
        for index in range(of_class + (count % len(LABELS) if position == 0 else 0))
    ]


def parts_of(split):
    return split.training, split.calibration, split.validation


def counts(split):
    return tuple(len(part) for part in parts_of(split))


def test_the_papers_split_of_3256_images_has_the_papers_counts():
    assert counts(SplitPlan("random", 0, (0.7, 0.2, 0.1)).split(made_up(3256))) == (2279, 652, 325)


@pytest.mark.parametrize(
    "plan",
    [
        SplitPlan("random", 3),
        SplitPlan("group", 3),
        SplitPlan("random", 3, fold=1, folds=5),
        SplitPlan("group", 3, fold=1, folds=5),
    ],
    ids=str,
)
def test_every_example_is_in_one_part_and_only_the_seed_decides(plan):
    examples = made_up(200, fields_a_group=3)
    split = plan.split(examples)
    assert sorted(str(example.path) for part in parts_of(split) for example in part) == sorted(
        str(example.path) for example in examples
    )
    assert plan.split(examples) == split
    assert replace(plan, seed=4).split(examples) != split


@pytest.mark.parametrize("plan", [SplitPlan("group", 0), SplitPlan("group", 0, fold=2, folds=4)], ids=str)
def test_no_group_lies_in_two_parts_of_a_split_by_group(plan):
    split = plan.split(made_up(240, fields_a_group=4))
    groups = [{example.group for example in part} for part in parts_of(split)]
    assert sum(map(len, groups)) == len(set.union(*groups))
    assert count_overlap_with_training(split, split.validation) == 0


def test_the_plan_by_group_splits_like_the_function():
    examples = made_up(240, fields_a_group=4)
    assert SplitPlan("group", 7).split(examples) == split_by_group(examples, 7)


def test_a_seed_gives_the_groups_it_gave_when_the_first_packages_were_made():
    groups = {example.group for example in split_by_group(made_up(160, fields_a_group=2), 0).validation}
    benign, early, pre, pro = ((12, 9), (19, 6), (15, 19), (13, 19))
    chosen = zip(LABELS, (benign, early, pre, pro), strict=True)
    assert groups == {f"{label}-{number}" for label, numbers in chosen for number in numbers}


@pytest.mark.parametrize("how", ["random", "group"])
def test_folds_validate_every_image_once_and_calibrate_with_the_next_fold(how):
    examples = made_up(203, fields_a_group=2)
    splits = [SplitPlan(how, 1, fold=fold, folds=5).split(examples) for fold in range(5)]
    validated = [example.path for split in splits for example in split.validation]
    assert len(validated) == len(set(validated)) == 203
    assert splits[0].calibration == splits[1].validation
    assert splits[4].calibration == splits[0].validation
    assert max(len(split.validation) for split in splits) - min(len(split.validation) for split in splits) <= 4


def test_copies_across_the_parts_of_a_random_split_are_counted_and_overlaps_with_them():
    examples = made_up(40)
    split = SplitPlan("random", 0).split(examples)
    twin = replace(split.validation[0], sha256=split.training[0].sha256)
    sibling = replace(split.validation[1], group=split.training[1].group)
    leaking = replace(split, validation=(twin, sibling, *split.validation[2:]))
    assert copies_across(leaking) == [(split.training[0], twin)]
    assert count_overlap_with_training(leaking, leaking.validation) == 2
    assert copies_across(split) == []


def test_copies_across_the_parts_of_a_split_by_group_are_refused_with_both_names():
    examples = made_up(40)
    split = SplitPlan("group", 0).split(examples)
    first, second = split.training[0], split.validation[0]
    torn = [replace(example, sha256=first.sha256) if example == second else example for example in examples]
    with pytest.raises(InvalidData, match=rf"{first.path} and {second.path} are copies"):
        SplitPlan("group", 0).split(torn)
    SplitPlan("random", 0).split(torn)


def test_too_few_images_for_a_part_are_refused():
    with pytest.raises(InvalidData, match="nothing is left for calibration"):
        SplitPlan("group", 0).split(made_up(8))


def test_a_part_whose_share_is_zero_may_stay_empty():
    assert counts(SplitPlan("random", 0, (0.9, 0.0, 0.1)).split(made_up(40))) == (36, 0, 4)


@pytest.mark.parametrize(
    "values",
    [
        {"how": "slide"},
        {"shares": (0.8, 0.1, 0.2)},
        {"shares": (1.1, -0.2, 0.1)},
        {"fold": 1},
        {"fold": 5, "folds": 5},
        {"fold": 0, "folds": 2},
        {"how": "staining", "fold": 0, "folds": 5},
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(values):
    with pytest.raises(InvalidSettings):
        SplitPlan(**{"how": "group", "seed": 0, **values})


def test_a_plan_is_read_back_as_it_was_written():
    plan = SplitPlan("random", 5, (0.7, 0.2, 0.1), 1, 4)
    assert SplitPlan.of_plain(plan.plain()) == plan
    with pytest.raises(InvalidSettings, match="is not the plan of a split"):
        SplitPlan.of_plain({"how": "group"})


def test_the_hash_of_the_data_depends_on_bytes_and_not_on_names():
    examples = made_up(8)
    renamed = [replace(example, path=Path("elsewhere") / example.path) for example in reversed(examples)]
    assert data_sha256(renamed) == data_sha256(examples)
    assert data_sha256(examples[1:]) != data_sha256(examples)


def field(background, cells):
    """A field in two colours; cells cover a quarter."""
    image = np.full((112, 112, 3), background, np.uint8)
    image[28:84, 28:84] = cells
    return image


def test_staining_is_the_colour_of_the_background_and_of_the_cells():
    background, cells = (230, 220, 235), (120, 40, 150)
    expected = [cv2.cvtColor(np.full((1, 1, 3), colour, np.uint8), cv2.COLOR_RGB2LAB) for colour in (background, cells)]
    assert measure_stain(field(background, cells)) == pytest.approx(np.concatenate(expected).ravel(), abs=1)


def test_an_even_picture_has_a_staining_too():
    assert np.isfinite(measure_stain(field((200, 200, 200), (200, 200, 200)))).all()


STAINS = [((235, 230, 240), (110 + 9 * step, 20 + 12 * step, 140 + 5 * step)) for step in range(10)]


@pytest.fixture(scope="module")
def stained(tmp_path_factory):
    """Ten stains of four fields in each class; a group of two fields has one stain."""
    folder = tmp_path_factory.mktemp("stained")
    examples = []
    for label in LABELS:
        for index in range(40):
            path = folder / f"{label}-{index:02d}.png"
            cv2.imwrite(str(path), cv2.cvtColor(field(*STAINS[index // 4]), cv2.COLOR_RGB2BGR))
            examples.append(Example(path, label, f"{label}-{index // 2}", f"{label}{index}"))
    return examples


def stains_of(part):
    return {(example.label, int(example.path.stem[-2:]) // 4) for example in part}


def test_a_stain_held_out_is_in_no_other_part(stained):
    split = SplitPlan("staining", 0).split(stained)
    assert not stains_of(split.validation) & (stains_of(split.training) | stains_of(split.calibration))
    assert {label for label, _ in stains_of(split.validation)} == set(LABELS)
    assert counts(split) == (128, 16, 16)


def test_the_seed_chooses_which_stains_are_held_out(stained):
    held = {frozenset(stains_of(SplitPlan("staining", seed).split(stained).validation)) for seed in range(4)}
    assert len(held) > 1


def test_progress_is_shown_over_the_images_whose_staining_is_measured(stained):
    tracked: list[Example] = []

    def track(examples):
        for example in examples:
            tracked.append(example)
            yield example

    SplitPlan("staining", 0).split(stained, track)
    assert tracked == stained


def test_an_image_whose_staining_cannot_be_measured_is_named(stained, tmp_path):
    broken = replace(stained[0], path=tmp_path / "broken.png")
    broken.path.write_bytes(b"no image")
    with pytest.raises(InvalidData, match=r"broken\.png"):
        SplitPlan("staining", 0).split([broken, *stained[1:]])
