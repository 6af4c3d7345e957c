from dataclasses import replace

import pytest

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS, SCREENING_LABELS
from blastlens.inference.package import SHIPPED, load_package
from blastlens.training.packaging.provenance import describe_stages
from blastlens.training.recipes.overrides import apply_overrides
from blastlens.training.recipes.toml import FOLDER, load_recipe, recipe_names

ALL = [load_recipe(name) for name in recipe_names()]


def test_the_published_recipe_is_the_papers():
    recipe = load_recipe("published")
    assert [(branch.backbone, branch.input, branch.weights) for branch in recipe.branches] == [
        ("vgg16", "original", "imagenet"),
        ("densenet121", "segmented", "imagenet"),
    ]
    (stage,) = recipe.stages
    assert (stage.size, stage.epochs, stage.learning_rate, stage.cosine, recipe.batch) == (128, 50, 0.001, False, 32)
    assert (recipe.split, recipe.shares, recipe.frozen, recipe.redraw_every) == ("random", (0.7, 0.2, 0.1), True, 1)
    amounts = recipe.augmentation
    assert (amounts.brightness, amounts.contrast, amounts.rotation, amounts.jpeg) == (0.05, 0.08, 15.0, 30)
    assert amounts.flips and not (amounts.hue or amounts.stain or amounts.bar)


def test_three_backbones_are_compared_on_three_inputs():
    cells = {
        tuple(f"{branch.backbone} {branch.input}" for branch in recipe.branches)
        for recipe in ALL
        if recipe.name.startswith("matrix-") or recipe.name == "published"
    }
    assert len(cells) == 9


def test_what_a_recipe_extends_it_takes_over_but_for_what_it_says_itself():
    base, cell = load_recipe("published"), load_recipe("matrix-vgg16-both")
    assert cell.augmentation == base.augmentation
    assert cell.branches != base.branches


def test_a_recipe_that_names_one_amount_keeps_the_others_of_what_it_extends(tmp_path):
    (tmp_path / "dim.toml").write_text('extends = "fusion"\n[recipe]\nname = "dim"\naugmentation.brightness = 0.3\n')
    base, dim = load_recipe("fusion"), load_recipe(str(tmp_path / "dim.toml"))
    assert dim.augmentation == replace(base.augmentation, brightness=0.3)


def test_every_recipe_is_called_like_its_file_and_says_how_it_is_run():
    for name, recipe in zip(recipe_names(), ALL, strict=True):
        assert recipe.name == name
        assert recipe.about
        assert f"blastlens train --data DATA --recipe {name} " in (FOLDER / f"{name}.toml").read_text()


def test_what_ships_was_made_by_a_recipe_of_ours_and_is_called_as_that_says():
    shipped = load_package(SHIPPED).manifest
    assert load_recipe(str(shipped.training_data["recipe"])).model == shipped.name


def test_the_network_that_ships_can_be_learned_from_nothing_in_three_runs():
    learned_by = str(load_package(SHIPPED).manifest.training_data["recipe"])
    anew, shipped = load_recipe("fusion-anew"), load_recipe(learned_by)
    assert not anew.starts_from_package and anew.model == shipped.model
    first, last = (
        {(branch.backbone, branch.input, branch.widths) for branch in recipe.branches} for recipe in (anew, shipped)
    )
    added = load_recipe("fusion-two-eyes").branches
    assert last - first == {(each.backbone, each.input, each.widths) for each in added if each.weights == "scratch"}
    assert first < last


def test_screening_knows_two_classes_and_everything_else_four():
    for recipe in ALL:
        assert recipe.classes == (SCREENING_LABELS if "screening" in recipe.name else LABELS)


def test_a_reduced_recipe_borrows_nothing_and_then_every_layer_learns():
    cut = apply_overrides(load_recipe("published"), scratch=True, size=64, epochs=3)
    assert {branch.weights for branch in cut.branches} == {"scratch"}
    assert not cut.frozen
    assert (cut.size, cut.epochs) == (64, 3)
    alone = apply_overrides(load_recipe("fusion"), scratch=True, size=None, epochs=None)
    assert load_recipe("fusion").starts_from_package and not alone.starts_from_package
    assert alone.head_stages == load_recipe("fusion").head_stages


@pytest.mark.parametrize("name", ["fusion-steady", "fusion-further", "fusion-further-densenet121"])
def test_a_recipe_that_goes_on_from_what_a_branch_knows_is_not_trained_from_scratch(name):
    with pytest.raises(InvalidData, match=rf"{name} does not teach every branch the classes.*--start"):
        apply_overrides(load_recipe(name), scratch=True, size=64, epochs=1)


def test_an_unknown_recipe_is_refused_with_the_known_ones():
    with pytest.raises(InvalidData, match="published"):
        load_recipe("nonsense")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("recipe = ", "no TOML"),
        ("[recipe]\nname = 'x'", "branches"),
        ("[recipe]\nname = 'x'\nbranches = []\nstages = [{size = 64, epoks = 1}]", "epoks"),
        ("extends = 'nonsense'", "nonsense"),
    ],
)
def test_a_faulty_recipe_file_is_refused_with_what_is_wrong(tmp_path, text, why):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(InvalidData, match=why):
        load_recipe(str(tmp_path / "mine.toml"))


def test_squares_cut_out_of_smaller_images_hold_as_much_of_a_smear():
    branch = load_recipe("fusion").branches[0]
    assert (branch.stages[0].size, branch.stages[0].crop) == (128, 64)
    smaller = apply_overrides(load_recipe("fusion"), scratch=True, size=96, epochs=1).branches[0]
    assert (smaller.stages[0].size, smaller.stages[0].crop) == (96, 48)


def test_squares_that_leave_nothing_after_five_halvings_are_not_cut_out():
    crops = {
        side: apply_overrides(load_recipe("fusion"), True, side, 1).branches[0].stages[0].crop for side in (64, 48, 32)
    }
    assert crops == {64: 32, 48: 32, 32: 0}


def test_people_are_told_how_long_a_part_learned_and_where_it_saw_squares_alone():
    assert (
        describe_stages(load_recipe("screening").stages)
        == "60 epochs at 224 px in squares of 112 and 4 epochs at 224 px"
    )
