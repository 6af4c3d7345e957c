"""Browsers of patients in DynamoDB, for Web Push."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.conditional_writes import transact_conditionally
from blastlens.cloud.tables.paging import read_all_items
from blastlens.cloud.tables.patient_access_items import BROWSER, CODE, browser_key, browser_of_item, item_of_browser
from blastlens.domain.patient import PatientId
from blastlens.domain.web_push import Browser

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class BrowsersTable:
    """The browsers in the table of patients' access, through a boto3 DynamoDB client, which threads may share.

    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.
    """

    client: "DynamoDBClient"
    name: str

    def put(self, browser: Browser) -> bool:
        """Store a browser; one of the same id is replaced.

        Returns False if its access code is gone or was taken back.
        """
        check: Any = {
            "TableName": self.name,
            "Key": to_dynamodb({"place": str(browser.patient), "entry": f"{CODE}{browser.code_id}"}),
            "ConditionExpression": "attribute_exists(entry) AND attribute_not_exists(revoked_at)",
        }
        put = {"TableName": self.name, "Item": to_dynamodb(item_of_browser(browser))}
        return transact_conditionally(self.client, "store a browser", [{"ConditionCheck": check}, {"Put": put}])

    def of_patient(self, patient: PatientId) -> list[Browser]:
        """Return the browsers of a patient, read consistently; those whose code has expired may be among them."""
        items = read_all_items(
            "read a patient's browsers",
            self.client.query,
            TableName=self.name,
            KeyConditionExpression="place = :patient AND begins_with(entry, :beginning)",
            ExpressionAttributeValues=to_dynamodb({":patient": str(patient), ":beginning": BROWSER}),
        )
        return [browser_of_item(item) for item in items]

    def remove(self, browser: Browser) -> None:
        """Delete a browser; it may be deleted already."""
        with translated_errors("delete a browser"):
            key = to_dynamodb(browser_key(browser.patient, browser.id))
            self.client.delete_item(TableName=self.name, Key=key)
