"""What a function imports, it pays for at every cold start."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src"
ENVIRONMENT = {
    "RESULTS_TABLE": "results",
    "EXAMINATIONS_TABLE": "examinations",
    "REVIEWS_TABLE": "reviews",
    "SETTLE_QUEUE_URL": "https://queue.example/settle",
    "UPLOAD_QUEUE_URL": "https://queue.example/uploads",
    "QUIET_SECONDS": "180",
    "UPLOAD_BUCKET": "smears",
    "AUDIT_LOG_GROUP": "/audit",
    "CLINIC_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:clinic",
    "REPORT_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:reports",
    "CLINIC_EMAIL_SUBSCRIPTION": "none",
    "CLINIC_EMAIL_READS_FOR": "*",
    "CLINICS_TABLE": "clinics",
    "RESULT_PAGE_URL": "https://results.example/",
    "NOTICE_LANGUAGE": "en",
    "STAGE": "prod",
    "PATIENT_RELEASE": "after-sign-off",
    "PATIENT_DETAIL": "minimal",
    "PATIENT_SMS": "no",
    "PATIENT_ACCESS_TABLE": "access",
    "PUSH_KEY_ID": "key",
    "PUSH_SUBJECT": "mailto:it@clinic.example",
}
HEAVY = {
    "numpy",
    "cv2",
    "PIL",
    "ai_edge_litert",
    "tensorflow",
    "keras",
    "pandas",
    "matplotlib",
    "rich",
    "moto",
    "fhir",
    "pydantic",
    "http_ece",
    "cryptography",
}
PUSH = {"http_ece", "cryptography"}
"""What the layer of notify alone holds."""

NEVER = {"tensorflow", "keras", "pandas", "matplotlib", "scipy", "rich", "click", "moto"}
IN_THE_LAYER = ("__init__.py", "py.typed", "domain", "cloud", "functions")
OF_THE_MODEL = ("models/__init__.py", "models/fusion/manifest.json", "models/fusion/card.md")


def imported(module: str, source: Path = SOURCE) -> set[str]:
    """Import a module in a fresh process and return the first names of all that came with it."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(source)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_classify_function_imports_nothing_that_it_does_not_need():
    assert imported("blastlens.functions.classify, blastlens.inference.classifier") & NEVER == set()


@pytest.mark.parametrize(
    ("function", "heavy"),
    [
        ("examine", HEAVY),
        ("notify", HEAVY - PUSH),
        ("api", HEAVY),
        ("clinician", HEAVY - {"pydantic"}),
        ("patient", HEAVY - {"pydantic"}),
        ("report", HEAVY),
    ],
)
def test_the_light_functions_need_only_the_half_of_the_package_in_the_layer_and_import_nothing_heavy(
    function: str, heavy: set[str], tmp_path: Path
):
    for name in IN_THE_LAYER:
        part = SOURCE / "blastlens" / name
        (tmp_path / "blastlens").mkdir(exist_ok=True)
        copy = shutil.copytree if part.is_dir() else shutil.copy
        copy(part, tmp_path / "blastlens" / name)
    for name in OF_THE_MODEL:
        (tmp_path / "blastlens" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / "blastlens" / name, tmp_path / "blastlens" / name)
    assert imported(f"blastlens.functions.entry.{function}", tmp_path) & heavy == set()


def test_the_layer_is_cut_as_these_tests_cut_it():
    makefile = (SOURCE.parent / "layers" / "runtime" / "Makefile").read_text()
    assert all(f"src/blastlens/{name}" in makefile for name in (*IN_THE_LAYER, *OF_THE_MODEL))
