"""Answers to images of other laboratories, and the benchmark that counts them."""

import csv
import json
import sys

import numpy as np
import pytest

from blastlens.domain.errors import InvalidData, Reason
from blastlens.domain.labels import Label
from blastlens.imaging.overlay import encode_png
from blastlens.training.audit.laboratories import (
    ILL,
    WELL,
    answer_images,
    find_laboratory_images,
    sample_images,
    summarise,
    to_results,
    write_answers,
)
from blastlens.training.audit.left_out_results import load_left_out
from other_laboratories import main
from tests import answers
from tests.tiny_package import write_tiny

TRUTHS = {
    "clinic": (ILL, WELL),
    "cells": ("acute_myeloid_leukemia_blast", "cell_LYT", "cell_MON"),
    "plain": ("normal",),
}


def untracked(items, words):
    return items


@pytest.fixture
def data(tmp_path):
    """Three laboratories with four images of each truth, and a folder without smears."""
    lines = ["file,laboratory,truth"]
    for laboratory, truths in TRUTHS.items():
        for truth in truths:
            (tmp_path / "labs" / laboratory / truth).mkdir(parents=True)
            for number in range(4):
                name = f"{laboratory}/{truth}/{number}.png"
                (tmp_path / "labs" / name).write_bytes(f"{truth} {number}".encode())
                lines.append(f"{name},{laboratory},{truth}")
    (tmp_path / "labs" / "index.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "not-smears").mkdir()
    (tmp_path / "not-smears" / "photo.png").write_bytes(b"photo 0")
    return tmp_path


def answer_by_content(data):
    """Ill: Pre-B, the last benign alone; well: open; single cells: benign; all others rejected."""
    truth, _, number = data.decode().rpartition(" ")
    if truth == ILL:
        return answers.prediction(Label.BENIGN if number == "3" else Label.PRE_B)
    if truth == WELL:
        return answers.prediction(Label.BENIGN, (Label.PRE_B,))
    return answers.prediction(Label.BENIGN) if truth.startswith("cell_") else answers.rejection(Reason.NOT_A_SMEAR)


@pytest.fixture
def answered(data):
    return answer_images(find_laboratory_images(data), answer_by_content, untracked)


def test_images_come_from_the_index_and_from_the_folders_that_exist(data):
    images = find_laboratory_images(data)
    assert len(images) == 25 and images[-1].name == "not-smears/photo.png"
    assert find_laboratory_images(data / "missing") == ()
    (data / "labs" / "index.csv").write_text("file,where\n")
    with pytest.raises(InvalidData, match="laboratory and truth"):
        find_laboratory_images(data)


def test_a_sample_is_spread_over_laboratories_and_truths(data):
    sampled = sample_images(find_laboratory_images(data), 2)
    assert [image.name[-5] for image in sampled if image.truth == WELL] == ["0", "3"]
    assert len(sampled) == 2 * 6 + 1


def test_each_laboratory_is_counted_and_each_truth_of_one_with_several(answered):
    rows = summarise(answered)
    assert list(rows) == [
        "clinic",
        f"clinic: {ILL}",
        f"clinic: {WELL}",
        "cells",
        "cells: acute_myeloid_leukemia_blast",
        "cells: other cells",
        "plain",
        "not-smears",
    ]
    assert rows["clinic"]["leukemia_as_benign_alone"] == 1 and rows["clinic"]["leukemias"] == 4
    assert rows["clinic"]["malignant_without_benign"]["count"] == 3
    assert rows["cells: other cells"]["benign_alone"]["value"] == 1.0
    assert rows["plain"]["refused"] == {"not_a_smear": 4} and rows["plain"]["set_size"] is None


def test_ill_against_well_is_an_area_under_the_curve_with_an_interval(answered):
    area = summarise(answered)["clinic"]["ill_against_well"]
    assert area["value"] == pytest.approx(0.875)  # three above every well one, one equal to them
    assert area["low"] <= area["value"] <= area["high"] and (area["ill"], area["well"]) == (4, 4)


def test_answers_are_written_a_line_an_image(answered, tmp_path):
    write_answers(answered, tmp_path / "answers.csv")
    lines = list(csv.DictReader((tmp_path / "answers.csv").open()))
    assert len(lines) == 25
    assert lines[0] | {"leukemia": ""} == {
        "file": f"clinic/{ILL}/0.png",
        "laboratory": "clinic",
        "truth": ILL,
        "reason": "",
        "prediction_set": "pre_b",
        "leukemia": "",
        "white_cells": "",
        "pixel_size_um": "",
        "cautions": "",
    }
    assert float(lines[0]["leukemia"]) == pytest.approx(0.99)
    assert lines[-1]["reason"] == "not_a_smear" and lines[-1]["leukemia"] == ""


def test_left_out_laboratories_are_read_from_results_files(answered, tmp_path):
    results = to_results(answers.MODEL, answered, ["clinic"])
    (tmp_path / "fold.json").write_text(json.dumps(results))
    (tmp_path / "output.txt").write_text(f"clinic: 4 of 8\n{json.dumps(results)}\n")
    for name in ("fold.json", "output.txt"):
        rows = load_left_out([tmp_path / name])
        assert [row["laboratory"] for row in rows] == ["clinic", f"clinic: {ILL}", f"clinic: {WELL}"]
        assert rows[0]["package"]["name"] == "fusion" and rows[0]["images"] == 8
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(InvalidData, match="--left-out"):
        load_left_out([tmp_path / "other.json"])


def run(capsys, monkeypatch, *options):
    monkeypatch.setattr(sys, "argv", ["other_laboratories.py", *map(str, options)])
    main()
    return capsys.readouterr().out.splitlines()


def test_the_benchmark_prints_a_line_for_each_laboratory_and_one_object(tmp_path, capsys, monkeypatch):
    write_tiny(tmp_path / "package")
    (tmp_path / "not-smears").mkdir()
    (tmp_path / "not-smears" / "grey.png").write_bytes(encode_png(np.full((64, 64, 3), 128, np.uint8)))
    lines = run(capsys, monkeypatch, "--package", tmp_path / "package", "--data", tmp_path, "--json")
    assert lines[0].startswith("not-smears: 0 of 1 answered; rejected: 1 ")
    assert json.loads(lines[-1])["laboratories"]["not-smears"]["rejected"] == 1


def test_without_images_the_benchmark_is_skipped_with_a_message(tmp_path, capsys, monkeypatch):
    lines = run(capsys, monkeypatch, "--data", tmp_path)
    assert lines[-1].startswith("skipped: there are no real images in ")
