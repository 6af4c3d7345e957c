"""AWS account of an administrator: profile, region and credentials of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from botocore.exceptions import BotoCoreError, InvalidRegionError, ProfileNotFound

from blastlens.domain.errors import InvalidSettings, ServiceFault, ServiceUnavailable

_SIGN_IN = "sign in again with `aws sso login` or `aws configure`, or name another profile with --profile"
_REFUSED_CREDENTIALS = frozenset(
    {
        # Of services
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "NotAuthorizedException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        # Of botocore
        "CredentialRetrievalError",
        "LoginRefreshRequired",
        "NoAuthTokenError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "SSOError",
        "SSOTokenLoadError",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
    }
)
_OUT_OF_REACH = frozenset({"EndpointConnectionError", "ConnectTimeoutError"})


@contextmanager
def use_account(region: str | None = None, profile: str | None = None) -> Iterator[None]:
    """Make every client of the block one of this account and region.

    Args:
        region: name of the region; by default that of AWS_DEFAULT_REGION or the profile.
        profile: name of the profile; by default that of the environment.

    Raises:
        InvalidSettings: profile, region or credentials are missing, or AWS does not know them; the sentence names the
            command that helps.
        ServiceUnavailable: the region is out of reach.
    """
    session = _open_session(region or None, profile)
    usual = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = session
    try:
        yield
    except ServiceFault as fault:
        raise _explain(fault, session.region_name) from None
    except InvalidRegionError:
        raise InvalidSettings(
            f"{session.region_name!r} is not the name of an AWS region: name yours with --region, as in eu-central-1."
        ) from None
    except BotoCoreError as error:
        raise _unusable(error) from None
    finally:
        boto3.DEFAULT_SESSION = usual


def _open_session(region: str | None, profile: str | None) -> boto3.Session:
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        credentials = session.get_credentials()
    except ProfileNotFound as error:
        name = error.kwargs["profile"]
        raise InvalidSettings(
            f"There is no AWS profile {name!r} on this machine: make it with `aws configure --profile {name}`, "
            "or name another one with --profile."
        ) from None
    except BotoCoreError as error:
        raise _unusable(error) from None
    option = f" --profile {profile}" if profile else ""
    if session.region_name is None:
        raise InvalidSettings(
            f"No AWS region is set: name the deployment's with --region, or set it with `aws configure{option}`."
        )
    if credentials is None:
        raise InvalidSettings(
            f"No AWS credentials were found: set them with `aws configure{option}` or `aws sso login{option}`, or name "
            "a profile with --profile."
        )
    return session


def _unusable(error: BotoCoreError) -> InvalidSettings:
    return InvalidSettings(
        f"Your AWS settings cannot be used ({type(error).__name__}): correct ~/.aws/config and ~/.aws/credentials "
        "with `aws configure`, or name another profile with --profile."
    )


def _explain(fault: ServiceFault, region: str) -> ServiceFault | InvalidSettings:
    """Return the error to raise for a fault: one that names the command that helps, where there is one."""
    if fault.code in _REFUSED_CREDENTIALS:
        return InvalidSettings(f"AWS does not accept your credentials ({fault.code}): {_SIGN_IN}.")
    if fault.code in _OUT_OF_REACH:
        return ServiceUnavailable(
            f"AWS is out of reach in the region {region}: name another region with --region, or check the network.",
            fault.code,
        )
    return fault
