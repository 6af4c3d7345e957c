from blastlens.local.clients import LocalClients

ENDPOINT = "http://127.0.0.1:4566"


def test_nothing_of_the_users_own_settings_is_used(tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-west-1\naws_access_key_id = REAL\naws_secret_access_key = REAL\n")
    settings = {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(config),
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "REAL",
        "AWS_SECRET_ACCESS_KEY": "REAL",
        "AWS_SESSION_TOKEN": "REAL",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "https://production.example",
        "AWS_ENDPOINT_URL_S3": "https://production.example",
        "HTTP_PROXY": "http://proxy.example:3128",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    client = LocalClients(ENDPOINT).client("s3")
    assert client.meta.endpoint_url == ENDPOINT
    assert client.meta.region_name == "us-east-1"
    assert client.meta.config.proxies == {}
    address = client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    assert address.startswith(f"{ENDPOINT}/b/k?")
    assert "REAL" not in address


def test_every_service_points_to_the_embedded_cloud():
    for service in ("s3", "sqs", "sns", "dynamodb", "dynamodbstreams", "kms", "cloudformation"):
        assert LocalClients(ENDPOINT).client(service).meta.endpoint_url == ENDPOINT
