"""Proof of use of a certificate: when it is put, and what a failure costs."""

import random

import pytest

from blastlens.devices.backoff import Backoff
from blastlens.devices.proof_of_use import ProofOfUse
from blastlens.devices.spool import Spool
from blastlens.domain.errors import InvalidSettings, ServiceFault, ServiceUnavailable
from tests.agents import drain, write


class Certificate:
    def __init__(self, *failures):
        self.failures, self.id, self.put_ids = list(failures), "first", []

    def certificate_id(self):
        return self.id

    def put(self, certificate_id):
        if self.failures:
            raise self.failures.pop(0)
        self.put_ids.append(certificate_id)


@pytest.fixture
def prove(tmp_path, time):
    def make(certificate):
        spool = Spool(tmp_path / "spool")
        return ProofOfUse(certificate, spool, time, time, Backoff(generator=random.Random(1)))

    return make


def test_each_certificate_is_proven_once_and_also_one_that_replaces_it(prove, time):
    certificate = Certificate()
    one = prove(certificate)
    for identity in ("first", "second"):
        certificate.id = identity
        assert one.put_if_due() == "the certificate works"
        time.now += 61
        assert one.put_if_due() == ""
        time.now += 61
    assert certificate.put_ids == ["first", "second"]
    assert prove(certificate).put_if_due() == ""  # after a restart


@pytest.mark.parametrize(
    "failure", [ServiceUnavailable("away"), ServiceFault("AccessDenied"), InvalidSettings("no certificate"), OSError()]
)
def test_a_failure_is_tried_again_later(prove, time, failure):
    certificate = Certificate(failure)
    one = prove(certificate)
    assert one.put_if_due().startswith("the certificate is not proven yet")
    assert one.put_if_due() == ""
    time.now += 900
    assert one.put_if_due() == "the certificate works"


def test_images_do_not_wait_for_the_proof(folder, storage, make, time, prove):
    write(folder)
    one = make()
    one.proof = prove(Certificate(*[ServiceFault("AccessDenied")] * 100))
    drain(one, time)
    assert len(storage.objects) == 1
    assert "last error" not in one.spool.notes()
