"""Writes docs/model-card.md from the manifest of the package that ships, so that no number is copied by hand.

python docs/make_model_card.py
"""

from pathlib import Path
from string import Template
from typing import Any

from blastlens.domain.labels import LABELS, WORDS
from blastlens.inference.manifest import Manifest
from blastlens.inference.package import SHIPPED, load_package

HERE = Path(__file__).parent


def render(manifest: Manifest) -> str:
    """Return the model card of a package as Markdown."""
    page = Template((HERE / "model-card.template.md").read_text())
    scores = manifest.measured["validation"]
    return page.substitute(
        name=manifest.name,
        version=manifest.version,
        digest=manifest.identity.digest,
        weights_sha256=manifest.weights.sha256,
        quantisation=manifest.weights.quantisation,
        source=manifest.training_data["source"],
        images=", ".join(f"{count} {label}" for label, count in manifest.training_data["images"].items()),
        backbones=manifest.training_data["backbones"],
        stages=", then ".join(manifest.training_data["stages"]),
        temperature=f"{manifest.calibration.temperature:.3f}",
        threshold=f"{manifest.calibration.set_threshold:.4f}",
        coverage=f"{manifest.calibration.coverage:.0%}",
        split=manifest.measured["split"],
        judged=scores["images"],
        accuracy=f"{scores['accuracy']:.4f}",
        calibration_error=f"{scores['calibration_error']:.4f}",
        set_coverage=f"{scores['set_coverage']:.4f}",
        set_size=f"{scores['set_size']:.2f}",
        agreement=f"{manifest.measured['label_agreement']:.4f}",
        difference=f"{manifest.measured['largest_difference']:.4f}",
        others=_others(manifest.measured.get("elsewhere", {})),
        without_original=f"{manifest.measured['change_without_input']['original']:.4f}",
        without_segmented=f"{manifest.measured['change_without_input']['segmented']:.4f}",
        table=_table(scores),
    )


def _table(scores: dict[str, Any]) -> str:
    """Return the confusion matrix as Markdown: rows are true classes, columns what was answered."""
    head = "| true class | " + " | ".join(WORDS[label].title for label in LABELS) + " | recall |"
    rows = [
        f"| {WORDS[label].title} | {' | '.join(map(str, counts))} | {scores['recall'][str(label)]:.4f} |"
        for label, counts in zip(LABELS, scores["confusion"], strict=True)
    ]
    return "\n".join([head, "|" + "---|" * (len(LABELS) + 2), *rows])


def _others(elsewhere: dict[str, str]) -> str:
    return "\n".join(f"* {name}: {outcome}" for name, outcome in elsewhere.items()) or "* nothing was measured"


if __name__ == "__main__":
    (HERE / "model-card.md").write_text(render(load_package(SHIPPED).manifest))
