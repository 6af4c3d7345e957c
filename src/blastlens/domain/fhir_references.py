"""Check of the references in FHIR resources against their target types.

Libraries such as `fhir.resources` check that a reference is well-formed, not what it refers to: they accept a Device as
the performer of a report.
"""

from collections.abc import Iterator, Mapping
from typing import Any

TARGETS: dict[str, frozenset[str]] = {
    # https://hl7.org/fhir/R4/diagnosticreport-definitions.html
    "DiagnosticReport.basedOn": frozenset(
        {"CarePlan", "ImmunizationRecommendation", "MedicationRequest", "NutritionOrder", "ServiceRequest"}
    ),
    "DiagnosticReport.subject": frozenset({"Patient", "Group", "Device", "Location"}),
    "DiagnosticReport.performer": frozenset({"Practitioner", "PractitionerRole", "Organization", "CareTeam"}),
    "DiagnosticReport.resultsInterpreter": frozenset({"Practitioner", "PractitionerRole", "Organization", "CareTeam"}),
    "DiagnosticReport.result": frozenset({"Observation"}),
    # https://hl7.org/fhir/R4/observation-definitions.html
    "Observation.subject": frozenset({"Patient", "Group", "Device", "Location"}),
    "Observation.performer": frozenset(
        {"Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient", "RelatedPerson"}
    ),
    "Observation.device": frozenset({"Device", "DeviceMetric"}),
}
"""Element → resource types that FHIR R4 admits in it, for every element in which we write a reference.

Compared row by row with the StructureDefinitions of FHIR 4.0. R4B (4.3) has the same rows, but for both subjects: it
also admits Organization, Procedure, Practitioner, Medication and Substance. The contained Device has no references.
"""

_REFERENCE_KEYS = frozenset({"reference", "type", "identifier", "display"})
_SAYS_TARGET = frozenset({"reference", "type"})

Resource = Mapping[str, Any]


def check_references(resource: Resource) -> None:
    """Check every reference of a resource and of what it contains.

    Raises:
        ValueError: a reference targets a type that FHIR R4 does not admit there, states no type, or points to a
            contained resource that does not exist; or nothing refers to a contained resource.
    """
    contained = {f"#{one['id']}": str(one["resourceType"]) for one in resource.get("contained", ())}
    used: set[str] = set()
    for holder in (resource, *resource.get("contained", ())):
        for path, reference in _find_references(holder, str(holder["resourceType"])):
            _check_target(path, reference, contained)
            used.add(reference.get("reference", ""))
    unused = contained.keys() - used
    if unused:
        raise ValueError(f"nothing refers to the contained resources {sorted(unused)}")


def _find_references(value: Any, path: str) -> Iterator[tuple[str, Resource]]:
    if isinstance(value, list):
        for one in value:
            yield from _find_references(one, path)
    elif isinstance(value, Mapping):
        if path in TARGETS or (value.keys() <= _REFERENCE_KEYS and value.keys() & _SAYS_TARGET):
            yield path, value
            return
        for name, part in value.items():
            if name != "contained":
                yield from _find_references(part, f"{path}.{name}")


def _check_target(path: str, reference: Resource, contained: Mapping[str, str]) -> None:
    if path not in TARGETS:
        raise ValueError(f"{path} is a reference, but its target types are not in the table")
    place = str(reference.get("reference", ""))
    if place.startswith("#") and place not in contained:
        raise ValueError(f"{path} refers to {place}, which is not contained")
    stated = reference.get("type")
    found = contained.get(place) or (place.rpartition("/")[0].rpartition("/")[2] or stated)
    if stated is not None and found != stated:
        raise ValueError(f"{path} states the type {stated}, but refers to a {found}")
    if found not in TARGETS[path]:
        raise ValueError(f"{path} refers to {found or 'no known type'}, not to {', '.join(sorted(TARGETS[path]))}")
