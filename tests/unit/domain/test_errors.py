import pytest

from blastlens.domain import errors
from blastlens.domain.errors import BlastlensError, Reason, ServiceFault, ServiceUnavailable, UploadRefused


def every_error() -> list[type[BlastlensError]]:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    return [one for one in found if issubclass(one, BlastlensError)]


def test_only_an_unreachable_service_can_be_retried():
    assert [error for error in every_error() if error.can_retry] == [ServiceUnavailable]
    assert issubclass(ServiceUnavailable, ServiceFault)


def test_a_refusal_carries_its_reason_and_its_sentence():
    refusal = UploadRefused(Reason.EMPTY, "The file is empty.")
    assert (refusal.reason, refusal.message, str(refusal)) == (Reason.EMPTY, "The file is empty.", "The file is empty.")


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_spelt_as_its_name_in_lower_case(reason: Reason):
    assert str(reason) == reason.name.lower()
