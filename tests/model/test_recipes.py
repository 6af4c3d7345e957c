import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS, SCREENING_LABELS
from blastlens.inference.package import SCREENING, SHIPPED, load_package
from blastlens.training.packaging.provenance import describe_stages
from blastlens.training.recipes.overrides import apply_overrides, choose_branches
from blastlens.training.recipes.toml import FOLDER, load_recipe, recipe_names

ALL = [load_recipe(name) for name in recipe_names()]
ARCHIVE = Path(__file__).resolve().parents[2] / "docs" / "runs" / "archive" / "README.md"
CHAINS = {
    SHIPPED: ["fusion", "fusion-steady", "fusion-further", "fusion-further-densenet121", "fusion-two-eyes"],
    SCREENING: ["screening", "screening-elsewhere"],
}
FORMER_BRANCHES = {
    "matrix-vgg16-original": [("vgg16", "original")],
    "matrix-vgg16-segmented": [("vgg16", "segmented")],
    "matrix-vgg16-both": [("vgg16", "original"), ("vgg16", "segmented")],
    "matrix-densenet121-original": [("densenet121", "original")],
    "matrix-densenet121-segmented": [("densenet121", "segmented")],
    "matrix-densenet121-both": [("densenet121", "original"), ("densenet121", "segmented")],
    "matrix-fusion-original": [("vgg16", "original"), ("densenet121", "original")],
    "matrix-fusion-segmented": [("vgg16", "segmented"), ("densenet121", "segmented")],
    "fusion-densenet121-mobilenet": [("densenet121", "original"), ("mobilenet", "segmented")],
    "fusion-densenet121-resnet50": [("densenet121", "original"), ("resnet50", "segmented")],
    "published-screening-efficientnet_b0": [("efficientnet_b0", "segmented")],
    "published-screening-nasnet_mobile": [("nasnet_mobile", "segmented")],
}


def branches_of(recipe):
    return [(branch.backbone, branch.input) for branch in recipe.branches]


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


def test_there_are_fifteen_recipes_and_each_has_the_name_of_its_file_and_its_command():
    assert len(recipe_names()) == 15
    for name, recipe in zip(recipe_names(), ALL, strict=True):
        assert recipe.name == name
        assert recipe.about
        assert f"blastlens train --data DATA --recipe {name} " in (FOLDER / f"{name}.toml").read_text()


@pytest.mark.parametrize("package", CHAINS, ids=lambda folder: folder.name)
def test_the_chain_of_a_shipped_package_is_there_and_each_step_has_its_model_name(package):
    shipped = load_package(package).manifest
    for name in [*CHAINS[package], str(shipped.training_data["recipe"])]:
        recipe = load_recipe(name)
        assert (recipe.model or recipe.name) == shipped.name


def test_no_recipe_extends_a_file_that_is_gone():
    for name in recipe_names():
        extended = re.findall(r'^extends = "(.*)"$', (FOLDER / f"{name}.toml").read_text(), re.MULTILINE)
        assert set(extended) <= set(recipe_names())


def test_a_recipe_takes_over_what_it_does_not_replace_of_the_one_it_extends():
    base, extending = load_recipe("fusion"), load_recipe("fusion-steady")
    assert extending.augmentation == base.augmentation
    assert extending.branches != base.branches


def test_a_recipe_that_names_one_amount_keeps_the_others_of_the_one_it_extends(tmp_path):
    (tmp_path / "dim.toml").write_text('extends = "fusion"\n[recipe]\nname = "dim"\naugmentation.brightness = 0.3\n')
    base, dim = load_recipe("fusion"), load_recipe(str(tmp_path / "dim.toml"))
    assert dim.augmentation == replace(base.augmentation, brightness=0.3)


def test_screening_has_two_classes_and_everything_else_four():
    for recipe in ALL:
        assert recipe.classes == (SCREENING_LABELS if "screening" in recipe.name else LABELS)


@pytest.mark.parametrize("former", FORMER_BRANCHES)
def test_a_recipe_with_options_gives_each_former_recipe(former):
    (line,) = [line for line in ARCHIVE.read_text("utf-8").splitlines() if line.startswith(f"| `{former}` |")]
    options = re.search(r"--recipe (\S+) --branches (\S+) --input (\w+)", line)
    assert options
    name, backbones, inputs = options.groups()
    base = load_recipe({"comparison": "published"}.get(name, name))
    made = choose_branches(load_recipe(name), backbones.split(","), cast(Any, inputs))
    assert branches_of(made) == FORMER_BRANCHES[former]
    assert {branch.weights for branch in made.branches} == {"imagenet"}
    assert made.name == f"{name}-{backbones.replace(',', '-')}-{inputs}"
    same = {field: getattr(base, field) for field in ("name", "about", "branches", "variable_branches")}
    assert replace(made, **same) == base


def test_without_options_the_comparison_is_the_published_network():
    comparison = load_recipe("comparison")
    assert choose_branches(comparison) is comparison
    assert comparison.branches == load_recipe("published").branches


def test_an_option_that_is_not_given_keeps_what_the_recipe_has():
    comparison = load_recipe("comparison")
    assert branches_of(choose_branches(comparison, ["resnet50", "mobilenet"])) == [
        ("resnet50", "original"),
        ("mobilenet", "segmented"),
    ]
    one_image = choose_branches(comparison, inputs="segmented")
    assert branches_of(one_image) == [("vgg16", "segmented"), ("densenet121", "segmented")]
    assert choose_branches(load_recipe("published-screening"), ["mobilenet"]).branches[0].input == "segmented"


@pytest.mark.parametrize(
    ("name", "backbones", "inputs", "why"),
    [
        ("fusion", ["vgg16"], None, "branches of the recipe fusion are fixed.*--recipe comparison"),
        ("fusion", [], "original", "branches of the recipe fusion are fixed"),
        ("comparison", ["vgg16", "vgg16"], "both", "names a backbone twice"),
        ("comparison", ["vgg16", "densenet121", "mobilenet"], "both", "one or two backbones"),
    ],
)
def test_branches_that_a_recipe_cannot_have_are_refused(name, backbones, inputs, why):
    with pytest.raises(InvalidData, match=why):
        choose_branches(load_recipe(name), backbones, inputs)


def test_without_imagenet_weights_every_layer_is_trained():
    cut = apply_overrides(load_recipe("published"), scratch=True, size=64, epochs=3)
    assert {branch.weights for branch in cut.branches} == {"scratch"}
    assert not cut.frozen
    assert (cut.size, cut.epochs) == (64, 3)
    fusion = apply_overrides(load_recipe("fusion"), scratch=True, size=None, epochs=None)
    assert load_recipe("fusion").starts_from_package and not fusion.starts_from_package
    assert fusion.head_stages == load_recipe("fusion").head_stages


@pytest.mark.parametrize("name", ["fusion-steady", "fusion-further", "fusion-further-densenet121"])
def test_a_recipe_that_does_not_train_every_branch_on_the_classes_needs_a_package(name):
    with pytest.raises(InvalidData, match=rf"{name} cannot be trained from scratch.*--start"):
        apply_overrides(load_recipe(name), scratch=True, size=64, epochs=1)


def test_an_unknown_recipe_is_refused_with_the_known_ones():
    with pytest.raises(InvalidData, match="published"):
        load_recipe("nonsense")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("recipe = ", "is not TOML"),
        ("[recipe]\nname = 'x'", r"mine\.toml cannot be used: no value at recipe\.branches"),
        ("[recipe]\nname = 'x'\nbranches = []\nstages = [{size = 64, epoks = 1}]", r"'epoks' at recipe\.stages\[0\]"),
        (
            "[recipe]\nname = 'x'\nbranches = []\nsteady = []",
            r"'steady', which is 'consistency_stages' now, at recipe",
        ),
        ("[recipes]\nname = 'x'", "unknown key 'recipes' at the top"),
        ("recipe = 3", "recipe must be a table"),
        ("extends = 'nonsense'", "nonsense"),
        ("extends = 'fusion'\n[recipe]\naugmentation.briteness = 1.0", r"'briteness' at recipe\.augmentation"),
        ("extends = 'fusion'\n[recipe]\naugmentation = 3", r"wrong kind at recipe\.augmentation"),
        ("extends = 'fusion'\n[recipe]\naugmentation.hue = '3'", r"'3' is not a number at recipe\.augmentation\.hue"),
        ("extends = 'fusion'\n[recipe]\nbatch = true", r"True is not a whole number at recipe\.batch"),
        ("extends = 'fusion'\n[recipe]\nfrozen = 1", r"1 is not true or false at recipe\.frozen"),
        ("extends = 'fusion'\n[recipe]\ncolour = 'red'", r"'red' is none of 'as_taken', .* at recipe\.colour"),
        ("extends = 'fusion'\n[recipe]\nclasses = 'four'", r"'four' is neither .* at recipe\.classes"),
        ("extends = 'fusion'\n[recipe]\nshares = [1.0]", r"at recipe\.shares"),
        ("extends = 'fusion'\n[recipe]\nsegmentation = 'lab'", r"wrong kind at recipe\.segmentation"),
        ("extends = 'fusion'\n[recipe]\nsegmentation.method = 'otsu'", r"'otsu' is not a method of segmentation"),
        ("extends = 'fusion'\n[recipe]\nsegmentation.hue_lo = 1", r"'hue_lo' at recipe\.segmentation"),
    ],
)
def test_a_faulty_recipe_file_is_refused_with_the_key_and_the_reason(tmp_path, text, why):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(InvalidData, match=why):
        load_recipe(str(tmp_path / "mine.toml"))


def test_all_faults_of_a_file_are_named_at_once(tmp_path):
    (tmp_path / "mine.toml").write_text("extends = 'fusion'\n[recipe]\nbatsh = 3\naugmentation.briteness = 1.0")
    with pytest.raises(InvalidData, match=r"(?s)briteness.*batsh|batsh.*briteness"):
        load_recipe(str(tmp_path / "mine.toml"))


def test_a_fault_in_the_recipe_that_is_extended_is_reported_with_that_file(tmp_path):
    (tmp_path / "base.toml").write_text("extends = 'fusion'\n[recipe]\nbatsh = 3")
    (tmp_path / "mine.toml").write_text(f"extends = '{tmp_path}/base.toml'\n[recipe]\nname = 'mine'")
    with pytest.raises(InvalidData, match=r"base\.toml cannot be used: unknown key 'batsh'"):
        load_recipe(str(tmp_path / "mine.toml"))


def test_whole_numbers_stand_for_decimal_ones(tmp_path):
    (tmp_path / "mine.toml").write_text("extends = 'fusion'\n[recipe]\naugmentation.rotation = 15")
    assert load_recipe(str(tmp_path / "mine.toml")) == load_recipe("fusion")


def test_crops_of_smaller_images_show_as_much_of_a_smear():
    branch = load_recipe("fusion").branches[0]
    assert (branch.stages[0].size, branch.stages[0].crop) == (128, 64)
    smaller = apply_overrides(load_recipe("fusion"), scratch=True, size=96, epochs=1).branches[0]
    assert (smaller.stages[0].size, smaller.stages[0].crop) == (96, 48)


def test_crops_have_at_least_32_pixels_or_are_left_out():
    crops = {
        side: apply_overrides(load_recipe("fusion"), True, side, 1).branches[0].stages[0].crop for side in (64, 48, 32)
    }
    assert crops == {64: 32, 48: 32, 32: 0}


def test_a_package_records_epochs_sizes_and_crops_of_each_stage():
    assert (
        describe_stages(load_recipe("screening").stages)
        == "60 epochs at 224 px in squares of 112 and 4 epochs at 224 px"
    )
