"""Publication of the page: its files, its configuration, and its address."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from blastlens.cloud.operations.page_files import (
    CONFIGURATION,
    INDEX,
    SERVICE_WORKER,
    SIGN_IN_PATHS,
    PageConfiguration,
    cache_control,
    media_type,
    page_files,
)
from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.stack_outputs import stack_outputs, stack_parameters

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client

_OUTPUTS = {
    "page_url": "PageUrl",
    "bucket": "PageBucketName",
    "distribution_id": "PageDistributionId",
    "sign_in_url": "SignInUrl",
    "pool_id": "UserPoolId",
    "client_id": "UserPoolClientId",
    "push_key_arn": "PushKeyArn",
}
_UPLOADS = "UploadBucketName"
_SCREENING = "ScreeningPageUrl"
"""A stack without it sends the screening page headers that forbid WebAssembly, and browsers keep them for a year."""


@dataclass(frozen=True)
class PageStack:
    """What a deployed stack has for its page.

    Attributes:
        page_url: address of the page, with a slash at its end.
        bucket: bucket of its files.
        distribution_id: its CloudFront distribution.
        sign_in_url: origin of the sign-in pages.
        pool_id: the user pool.
        client_id: the page's client of the user pool.
        push_key_arn: the key that signs messages to patients' browsers.
        storage_origin: origin of the links to images.
        stage: stage of the stack.
    """

    page_url: str
    bucket: str
    distribution_id: str
    sign_in_url: str
    pool_id: str
    client_id: str
    push_key_arn: str
    storage_origin: str
    stage: str

    @classmethod
    def of_stack(cls, client: "CloudFormationClient", name: str) -> Self:
        """Read a stack's outputs.

        Raises:
            InvalidSettings: there is no such stack, or it was deployed from an older template.
            ServiceFault: CloudFormation refused; ServiceUnavailable where trying again may help.
        """
        outputs = stack_outputs(client, name, (*_OUTPUTS.values(), _UPLOADS, _SCREENING))
        # As presigned links name it: cloud/clients.py.
        storage = f"https://{outputs[_UPLOADS]}.s3.{client.meta.region_name}.amazonaws.com"
        own = {field: outputs[key] for field, key in _OUTPUTS.items()}
        return cls(**own, storage_origin=storage, stage=stack_parameters(client, name)["Stage"])

    @property
    def passkey_url(self) -> str:
        """Address of the sign-in pages at which a person adds a passkey."""
        query = {"client_id": self.client_id, "response_type": "code", "redirect_uri": self.page_url}
        return f"{self.sign_in_url}/passkeys/add?{urlencode(query)}"

    def configuration(self, vapid_public_key: str | None) -> PageConfiguration:
        """Return what the page has to know about the stack."""
        return PageConfiguration(
            authority=self.sign_in_url,
            authorize=f"{self.sign_in_url}/oauth2/authorize",
            token=f"{self.sign_in_url}/oauth2/token",
            logout=f"{self.sign_in_url}/logout",
            client_id=self.client_id,
            stage=self.stage,
            storage_origin=self.storage_origin,
            vapid_public_key=vapid_public_key,
        )


@dataclass(frozen=True)
class Publication:
    """Publishes a built page.

    Every step may be repeated: an interrupted command is run again. Files of an earlier build stay, because pages that
    are open still load them.

    Attributes:
        s3: boto3's client of S3.
        cognito: boto3's client of Cognito user pools.
        cloudfront: boto3's client of CloudFront.
        stack: the stack.
    """

    s3: "S3Client"
    cognito: Any
    cloudfront: Any
    stack: PageStack

    def publish(self, folder: Path, vapid_public_key: str | None, unique: Callable[[], str]) -> int:
        """Publish a folder; return the number of files.

        Args:
            folder: the built page.
            vapid_public_key: see `PageConfiguration`.
            unique: makes an id that no earlier call had.

        Raises:
            InvalidSettings: the page is not built.
            ServiceFault: AWS refused; ServiceUnavailable where trying again may help.
        """
        files = list(page_files(folder))
        self._admit_page()
        configuration = self.stack.configuration(vapid_public_key).as_json()
        # Last: whoever opens the page finds everything that it loads, and no browser keeps an older page as this one.
        last = [item for item in files if item[1].name in (INDEX, SERVICE_WORKER)]
        for key, path in files[: -len(last)]:
            self._upload(key, path.read_bytes())
        self._upload(CONFIGURATION, configuration)
        for key, path in last:
            self._upload(key, path.read_bytes())
        self._drop_cached(unique())
        return len(files) + 1

    def _upload(self, key: str, content: bytes) -> None:
        with translated_errors("upload the page"):
            self.s3.put_object(
                Bucket=self.stack.bucket,
                Key=key,
                Body=content,
                ContentType=media_type(key),
                CacheControl=cache_control(key),
            )

    def _admit_page(self) -> None:
        """Have the user pool send codes to the addresses of the pages that sign in, and to no other."""
        wanted = [self.stack.page_url + path for path in SIGN_IN_PATHS]
        where = {"UserPoolId": self.stack.pool_id, "ClientId": self.stack.client_id}
        with translated_errors("set the page's address in the user pool"):
            known = self.cognito.describe_user_pool_client(**where)["UserPoolClient"]
            if known.get("CallbackURLs") == wanted and known.get("LogoutURLs") == wanted:
                return
            # What an update leaves out goes back to its default.
            settable = self.cognito.meta.service_model.operation_model("UpdateUserPoolClient").input_shape.members
            kept = {name: value for name, value in known.items() if name in settable}
            self.cognito.update_user_pool_client(**{**kept, "CallbackURLs": wanted, "LogoutURLs": wanted})

    def _drop_cached(self, reference: str) -> None:
        batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": reference}
        with translated_errors("have CloudFront drop the earlier page"):
            self.cloudfront.create_invalidation(DistributionId=self.stack.distribution_id, InvalidationBatch=batch)
