import hashlib
import json
from dataclasses import replace
from functools import partial
from io import StringIO

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from blastlens.cli.audit import _dim_rejected, _print_fields
from blastlens.cli.audit import audit as audit_command
from blastlens.domain.errors import InvalidData, Reason
from blastlens.domain.labels import LABELS, SCREENING_LABELS, WORDS, Label, screening_label
from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.scale_bars import BARS_OF_CLASS, RED, WIDE, draw_scale_bar, find_scale_bar_area
from blastlens.imaging.segmentation import SegmentationSettings
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Reading
from blastlens.inference.manifest import Branch, Calibration, Manifest, Weights
from blastlens.inference.package import write_package
from blastlens.training.audit import perturbations
from blastlens.training.audit.answer_counts import AnswerCounts
from blastlens.training.audit.field_kinds import KINDS, Family
from blastlens.training.audit.field_rows import measure_fields
from blastlens.training.audit.perturbations import Scene
from blastlens.training.audit.probes import (
    AS_TAKEN,
    GREY,
    HUES,
    LIGHTS,
    NO_BAR,
    NO_BLASTS,
    NO_OTHER_BAR,
    OTHER_BAR,
    PROBES,
    probe_model,
    share_inside_blasts,
)
from blastlens.training.audit.report import conclusions, draw_chart, to_markdown
from blastlens.training.audit.results import Audit, AuditRow, FieldRow, Heat
from blastlens.training.audit.run import AuditRequest, run_audit, write_audit
from blastlens.training.audit.shortcut_baselines import BAR, COLOUR, DATA_PROBES, colour_statistics, evaluate_shortcuts
from blastlens.training.data.dataset import find_examples
from blastlens.training.data.leakage import parts_sha256
from blastlens.training.data.splits import SplitPlan, data_sha256
from tests import answers
from tests.model.folders import draw_data

SIZE = 32


def untracked(items, words):
    return items


def scene(label=Label.PRE_B, number=0, size=(224, 224)):
    smear = draw_smear(number, label, size)
    return Scene(smear.image, smear.mask, label, number)


def write_images(folder, image_of, images=6):
    """A data folder whose images are made by (label, number)."""
    for position, label in enumerate(LABELS):
        (folder / WORDS[label].folder).mkdir(parents=True)
        for number in range(images):
            image = image_of(label, number)
            image[0, -1] = (position, number, 0)  # no two are copies
            (folder / WORDS[label].folder / f"{number}.png").write_bytes(encode_png(image))
    return find_examples(folder)


def by_name(rows):
    return {row.probe: row for row in rows}


def test_bars_are_swapped_between_benign_and_malignant_images(monkeypatch):
    monkeypatch.setitem(BARS_OF_CLASS, Label.BENIGN, (WIDE,))
    field = np.full((224, 224, 3), 230, np.uint8)
    where = find_scale_bar_area(224, 224)
    for number in range(20):
        scenes = (Scene(field, field[..., 0] > 0, label, number) for label in SCREENING_LABELS)
        benign, malignant = (perturbations.swap_scale_bar(scene)[where] for scene in scenes)
        assert (benign >= 250).all(axis=2).sum() < 250  # the small plate, or red without one
        assert (malignant >= 250).all(axis=2).sum() > 400  # the wide plate


def test_the_note_of_swapped_bars_says_not_applicable_for_a_screening_model(tmp_path):
    assert [perturbations.has_foreign_scale_bar(label) for label in LABELS] == [False, True, True, True]
    assert not perturbations.has_foreign_scale_bar(Label.MALIGNANT)
    examples = write_images(tmp_path, lambda label, number: np.full((64, 64, 3), 200 + number, np.uint8), images=2)
    asked: list[Label] = []

    def answer(image):
        return Reading(answers.prediction(Label.BENIGN), image, np.ones((64, 64), bool))

    def truth_of(example):
        asked.append(screening_label(example.label))
        return asked[-1]

    row = by_name(probe_model(answer, examples, truth_of, untracked)[0])[OTHER_BAR]
    assert set(asked) == {Label.BENIGN, Label.MALIGNANT} and row.note == NO_OTHER_BAR
    four = by_name(probe_model(answer, examples, lambda example: example.label, untracked)[0])[OTHER_BAR]
    assert "uses the bar" in four.note
    audit = found()
    screening = tuple(row if each.probe == OTHER_BAR else each for each in audit.rows)
    assert "a swap shows nothing" in " ".join(conclusions(replace(audit, rows=screening)))


def test_a_model_that_reads_the_scale_bar_is_caught(tmp_path):
    bars = {label: WIDE if label in (Label.BENIGN, Label.EARLY_PRE_B) else RED for label in LABELS}

    def image_of(label, number):
        field = np.full((224, 224, 3), 215 + number, np.uint8)
        return draw_scale_bar(field, bars[label], np.random.default_rng(number))

    def cheat(image):
        area = image[find_scale_bar_area(224, 224)].astype(int)
        wide, red = (area >= 250).all(axis=2).sum() > 400, (area[..., 0] - area[..., 1] > 60).sum() > 5
        label = Label.EARLY_PRE_B if wide else Label.PRE_B if red else Label.BENIGN
        return Reading(answers.prediction(label), image, np.ones(image.shape[:2], bool))

    examples = [each for each in write_images(tmp_path, image_of) if each.label in (Label.EARLY_PRE_B, Label.PRE_B)]
    rows = by_name(probe_model(cheat, examples, lambda example: example.label, untracked)[0])
    assert rows[AS_TAKEN].accuracy == 1.0
    assert rows[NO_BAR].accuracy == 0.0
    assert rows[OTHER_BAR].accuracy < 0.5


def test_a_model_that_reads_the_hue_falls_when_it_is_turned_and_grey_is_rejected(tmp_path):
    hues = {label: 120 + 10 * position for position, label in enumerate(LABELS)}

    def image_of(label, number):
        drawn = replace(scene(label, number, (64, 64)), image=np.full((64, 64, 3), (255, 0, 0), np.uint8))
        return perturbations.shift_hue(drawn, hues[label])

    def cheat(image):
        red, green, blue = (int(value) for value in image[0, 0])
        if red == green == blue:
            return Reading(answers.rejection(Reason.NO_STAINED_CELLS), image, np.zeros((64, 64), bool))
        hsv = perturbations._hsv(image)
        nearest = min(LABELS, key=lambda label: abs(hues[label] - int(hsv[0, 0, 0])))
        return Reading(answers.prediction(nearest), image, np.zeros((64, 64), bool))

    rows = by_name(probe_model(cheat, write_images(tmp_path, image_of), lambda example: example.label, untracked)[0])
    assert rows[AS_TAKEN].accuracy == 1.0
    assert max(rows[HUES[0]].accuracy, rows[HUES[-1]].accuracy) <= 0.25
    assert (rows[GREY].accuracy, rows[GREY].rejected) == (0.0, 24)
    assert rows[LIGHTS[0]].accuracy == 1.0


def test_a_rejected_image_counts_as_wrong_and_the_note_names_the_accuracy_of_the_rest(tmp_path):
    examples = write_images(tmp_path, lambda label, number: np.full((64, 64, 3), 10 * number + 100, np.uint8))

    def choosy(image):
        answer = answers.rejection() if image[0, 0, 0] == 100 else answers.prediction(Label.PRE_B)
        return Reading(answer, image, np.zeros((64, 64), bool))

    row = by_name(probe_model(choosy, examples, lambda example: example.label, untracked)[0])[AS_TAKEN]
    assert (row.accuracy, row.images, row.rejected) == (5 / 24, 24, 4)
    assert row.note.endswith("Of those it answered 25.0% were right.")
    assert row.set_size == 1.0


def test_the_share_of_heat_inside_blasts_is_measured():
    heat, mask = np.zeros((10, 10), np.float32), np.zeros((10, 10), bool)
    mask[:2] = True
    heat[0, 0], heat[9, 9] = 3.0, 1.0
    assert share_inside_blasts(heat, mask) == pytest.approx((0.75, 0.2))
    assert share_inside_blasts(np.zeros_like(heat), mask) is None


def test_heat_is_averaged_over_answered_images(tmp_path):
    examples = write_images(tmp_path, lambda label, number: np.full((64, 64, 3), 200, np.uint8), images=1)

    def left_heat(image):
        mask = np.zeros((64, 64), bool)
        mask[:, :16] = True
        return Reading(answers.prediction(), image, mask, lambda: mask.astype(np.float32))

    heat = probe_model(left_heat, examples, lambda example: example.label, untracked)[1]
    assert heat == Heat(inside=1.0, area=0.25, images=4)


def test_colour_predicts_the_class_only_where_classes_are_stained_differently(tmp_path):
    tint = {label: 60 * position for position, label in enumerate(LABELS)}

    def noisy(colour, label, number):
        generator = np.random.default_rng([list(LABELS).index(label), number])
        return np.clip(generator.normal(colour, 20, (64, 64, 3)), 0, 255).astype(np.uint8)

    tinted = write_images(tmp_path / "tinted", lambda label, number: noisy(tint[label] + 30, label, number), 10)
    untinted = write_images(tmp_path / "noise", lambda label, number: noisy(128, label, number), 10)
    found = [
        by_name(evaluate_shortcuts(part[::2], part[1::2], lambda each: each.label, untracked))
        for part in (tinted, untinted)
    ]
    assert [row.probe for row in found[0].values()] == [name for name, _, _ in DATA_PROBES]
    assert found[0][COLOUR].accuracy == found[0][BAR].accuracy == 1.0
    assert found[1][COLOUR].accuracy < 0.7


def test_colour_statistics_are_means_and_deviations():
    image = np.zeros((4, 4, 3), np.uint8)
    image[:2] = (200, 100, 50)
    statistics = colour_statistics(image)
    assert statistics.shape == (12,)
    assert statistics[:3].tolist() == [100, 50, 25] and statistics[6:9].tolist() == [100, 50, 25]


HEAT_IN_BLASTS = Heat(inside=0.6, area=0.2, images=40)


def found(name="robust", hue=0.95, without=0.25, heat=HEAT_IN_BLASTS):
    worth = {HUES[0]: hue, NO_BLASTS: without, GREY: 0.0}
    rows = [AuditRow(probe, 0.9, 40, 0, note) for probe, _, note in DATA_PROBES]
    rows += [
        AuditRow(probe.name, worth.get(probe.name, 0.96), 40, 40 * (probe.name == GREY), probe.note) for probe in PROBES
    ]
    plan = SplitPlan("group", 0)
    identity = replace(answers.MODEL, name=name)
    return Audit(identity, name, "validation", plan.plain(), 0, 0.3, tuple(rows), heat)


def test_conclusions_state_what_holds_and_what_falls():
    sentences = " ".join(conclusions(found()))
    assert "accuracy holds (95.0%) at the worst shift of the hue" in sentences
    assert "the surroundings do not reveal the class" in sentences
    assert "3.0 times as much as by chance" in sentences and "more than by chance" in sentences
    bad = " ".join(conclusions(found(hue=0.5, without=0.8, heat=Heat(0.2, 0.2, 40))))
    assert "accuracy falls by 46.0 points (50.0%) at the worst shift of the hue" in bad
    assert "the surroundings reveal the class" in bad and "about as by chance" in bad


def test_conclusions_state_an_overlap_with_training():
    assert not any("training images" in sentence for sentence in conclusions(found()))
    assert "7 of these images" in conclusions(replace(found(), overlap_with_training=7))[0]
    assert "It is unknown" in conclusions(replace(found(), overlap_with_training=None))[0]


def with_set_sizes(audit, **sizes):
    rows = tuple(
        replace(row, set_size=sizes.get("as_taken" if row.probe == AS_TAKEN else "others")) for row in audit.rows
    )
    return replace(audit, rows=rows, classes=4)


def test_sets_that_hold_nearly_every_class_are_called_useless():
    useful, useless, on_some = (
        " ".join(conclusions(with_set_sizes(found(), as_taken=size, others=others)))
        for size, others in ((1.2, 2.5), (3.9, 3.9), (1.2, 3.6))
    )
    assert "useless" not in useful
    assert "The prediction sets are useless: they hold 3.9 of 4 classes on average." in useless
    assert "useless, as they hold nearly every class, for: " in on_some and HUES[0] in on_some


def test_rejected_shares_are_grey_in_the_table_and_the_chart(tmp_path):
    assert _dim_rejected("0.960") == "0.960"
    assert _dim_rejected("0.900 (5% rejected)") == "0.900[dim] (5% rejected)[/]"
    assert _dim_rejected("0.000 (100% rejected)") == "[dim]0.000 (100% rejected)[/]"
    draw_chart([found()], tmp_path / "with.png")
    draw_chart([replace(found(), rows=tuple(replace(row, rejected=0) for row in found().rows))], tmp_path / "none.png")
    rejected, none = (
        int((decode((tmp_path / name).read_bytes()) == 0xD9).all(axis=2).sum()) for name in ("with.png", "none.png")
    )
    assert rejected > none + 1000


def test_the_table_has_a_column_for_each_package():
    page = to_markdown([found("published", hue=0.4), found("robust")])
    assert "| probe | published 1.0.0 | robust 1.0.0 |" in page
    assert f"| {HUES[0]} | 0.400 | 0.950 |" in page
    assert f"| {GREY} | 0.000 (100% rejected) | 0.000 (100% rejected) |" in page
    assert page.count("Grad-CAM heat inside blasts") == 1


def a_field(kind="mosaic 2 x 2", right=9, missed=0, readable=True, refused=0):
    counts = AnswerCounts(12, {"too_dark": refused} if refused else {}, missed, None, 9, 9, 1.5, {})
    return FieldRow(kind, Family.SIZE, readable, right, 9, missed, 12, None, counts)


def test_the_page_and_the_conclusions_open_with_fields():
    rows = (a_field(right=12), a_field("round", right=6, missed=3, refused=2), a_field("far", 0, readable=False))
    audit = replace(found(), fields=rows)
    sentences = conclusions(audit)
    assert sentences[0] == "Fields: 3 of 27 leukemic fields come back as benign alone (most: 3 of 9, round)."
    assert "lowest accuracy is 50.0% (round); at most 2 of 12 of a kind are rejected (round)" in sentences[1]
    page = to_markdown([audit])
    assert page.index("## Fields as cameras show them: robust 1.0.0") < page.index("## Probes")
    assert "| round | 0.500 | 3 of 9 | 3 of 12 | 2 too_dark | 1.50 |" in page
    assert "| far | (0.000) | 0 of 9 |" in page


def test_no_figure_of_a_field_is_cut_off_in_a_terminal_of_80_columns():
    shown = StringIO()
    row = a_field("crop of 0.67, upsampled to a whole image", right=12, refused=2)
    _print_fields(replace(found(), fields=(row,)), Console(file=shown, width=80))
    for figure in (row.kind, "1.000", "0 of 9", "2 of 12", "1.50"):
        assert figure in shown.getvalue()


def test_laboratories_left_out_of_training_have_a_table():
    share = {"count": 1, "value": 0.1, "low": 0.02, "high": 0.4}
    row = {"laboratory": "clinic", "package": {"name": "fusion", "version": "1.0.0"}, "images": 10, "rejected": 2}
    row |= {"malignant_without_benign": share, "benign_alone": share}
    area = {"value": 0.9, "low": 0.8, "high": 0.95, "ill": 5, "well": 5}
    page = to_markdown([replace(found(), laboratories=(row, {**row, "ill_against_well": area}))])
    shares = "1 (0.100 [0.020, 0.400]) | 1 (0.100 [0.020, 0.400])"
    assert f"| clinic | fusion 1.0.0 | 10 | 2 | {shares} | – |" in page
    assert f"| clinic | fusion 1.0.0 | 10 | 2 | {shares} | 0.900 [0.800, 0.950] |" in page


def test_an_audit_is_written_as_json_page_and_picture(tmp_path):
    plain = write_audit([found("published"), replace(found("robust"), heat=None)], tmp_path / "audit")
    assert json.loads((tmp_path / "audit" / "audit.json").read_text("utf-8")) == plain
    first = plain["packages"][0]
    assert first["package"] == {"name": "published", "version": "1.0.0", "digest": "5f" * 32, "recipe": "published"}
    assert set(first["rows"][0]) == {"probe", "accuracy", "images", "rejected", "note"}
    assert plain["packages"][1]["heat"] is None
    assert first["set_sizes"] == {}
    assert (tmp_path / "audit" / "audit.md").read_text("utf-8").startswith("# Shortcut audit")
    assert (tmp_path / "audit" / "audit.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return draw_data(tmp_path_factory.mktemp("drawn") / "data", images=10)


@pytest.fixture(scope="module")
def package(data, tmp_path_factory):
    """A package of an untrained model whose manifest records a split."""
    from blastlens.training.packaging.export import export_graph, export_head
    from tests.model.small_model import build_small

    branches = (Branch("vgg16", "original"), Branch("densenet121", "segmented"))
    model = build_small(branches)
    graph = export_graph(model, SIZE, branches)
    examples = find_examples(data)
    plan = SplitPlan("group", 0, (0.6, 0.2, 0.2))
    manifest = Manifest(
        name="small",
        version="1.0.0",
        classes=LABELS,
        size=SIZE,
        colour="as_taken",
        branches=branches,
        segmentation=SegmentationSettings(),
        calibration=Calibration(1.0, 0.5, 0.9),
        distance=None,
        weights=Weights("model.tflite", hashlib.sha256(graph).hexdigest(), "none"),
        files={},
        training_data={
            "split": plan.plain(),
            "data_sha256": data_sha256(examples),
            "parts_sha256": parts_sha256(plan.split(examples)),
            "recipe": "small",
        },
        measured={},
    )
    return write_package(tmp_path_factory.mktemp("package"), manifest, graph, {"head.npz": export_head(model)})


@pytest.fixture(scope="module")
def audits(data, package):
    return run_audit(AuditRequest((package, package), data, None), untracked)


def test_a_package_is_audited_on_its_validation_part(audits):
    audit = audits[0]
    assert [row.probe for row in audit.rows] == [name for name, _, _ in DATA_PROBES] + [each.name for each in PROBES]
    assert {row.images for row in audit.rows} == {8}
    assert audit.chance == 0.25 and audit.overlap_with_training == 0
    assert audit.recipe == "small" and audit.split["how"] == "group"
    assert audit.heat is None or 0 <= audit.heat.area <= 1


def test_fields_alone_are_audited_on_the_whole_part(data, package, tmp_path, monkeypatch):
    kinds = tuple(kind for kind in KINDS if kind.name in ("as taken", "mosaic 2 x 2"))
    monkeypatch.setattr("blastlens.training.audit.run.measure_fields", partial(measure_fields, kinds=kinds))
    arguments = ["--package", str(package.folder), "--data", str(data), "--images", "8", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(audit_command, [*arguments, "--fields", "3", "--only-fields"])
    assert result.exit_code == 0, result.output
    assert "mosaic 2 x 2" in result.output and "leukemic fields come back as benign alone" in result.output
    (plain,) = json.loads((tmp_path / "out" / "audit.json").read_text("utf-8"))["packages"]
    assert [(row["kind"], row["images"]) for row in plain["fields"]] == [("as taken", 8), ("mosaic 2 x 2", 12)]
    assert plain["rows"] == plain["laboratories"] == [] and not (tmp_path / "out" / "audit.png").exists()
    refused = CliRunner().invoke(audit_command, [*arguments, "--fields", "0", "--only-fields"])
    assert refused.exit_code == 2 and "nothing is measured" in refused.output


def test_two_audits_of_a_package_are_equal(audits):
    assert audits[0] == audits[1]


def test_other_data_than_those_of_the_training_are_refused_unless_a_leak_is_allowed(tmp_path, package):
    other = draw_data(tmp_path / "data", images=11)
    with pytest.raises(InvalidData, match="allow-leak"):
        run_audit(AuditRequest((package,), other, None), untracked)
    (audit,) = run_audit(AuditRequest((package,), other, None, allow_leak=True, images=4), untracked)
    assert audit.overlap_with_training is None


def test_the_command_writes_its_files_and_prints_their_json(data, package, tmp_path):
    arguments = ["--package", str(package.folder), "--data", str(data), "--images", "8", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(audit_command, [*arguments, "--fields", "0", "--json"])
    assert result.exit_code == 0, result.output
    plain = json.loads(result.stdout.splitlines()[-1])
    assert plain == json.loads((tmp_path / "out" / "audit.json").read_text("utf-8"))
    assert {row["images"] for row in plain["packages"][0]["rows"]} == {8}


def test_the_command_prints_a_table_and_conclusions(data, package, tmp_path, monkeypatch):
    monkeypatch.setattr("blastlens.training.audit.run.run_audit", lambda request, track: (found("published"), found()))
    shown = CliRunner().invoke(
        audit_command, ["--package", str(package.folder), "--data", str(data), "--out", str(tmp_path)]
    )
    assert shown.exit_code == 0, shown.output
    assert "scale bar masked" in shown.output and shown.output.count("with only blasts visible") == 2
