"""What is printed holds no password."""

import pytest

from fmnist import redaction
from fmnist.tracking import failures


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://ada:hunter2@127.0.0.1:9/x", "http://ada:***@127.0.0.1:9/x"),
        ("postgresql+psycopg2://ada:hunter2@db/x", "postgresql+psycopg2://ada:***@db/x"),
        ("postgresql://ada:hun@t/er:2@db/x", "postgresql://ada:***@db/x"),
        ("postgresql://db/x?user=ada&password=hunter2", "postgresql://db/x?user=ada&password=***"),
        ("postgresql://db/x?sslpassword=hunter2&a=b", "postgresql://db/x?sslpassword=***&a=b"),
        ("https://ada@example.org:hunter2@host", "https://ada@example.org:***@host"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("sqlite:////home/ada/mlflow.db", "sqlite:////home/ada/mlflow.db"),
    ],
)
def test_an_address_is_shown_without_its_password(address, shown):
    assert redaction.without_password(address) == shown


def test_a_message_that_repeats_a_secret_is_shown_without(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:hunter%402@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "abcdef")
    text = "login hunter@2 and abcdef at http://ada:hunter%402@127.0.0.1:9/api failed"
    said = "login *** and *** at http://ada:***@127.0.0.1:9/api failed"
    assert redaction.without_secrets(text) == said
    assert failures.reason(OSError(text)) == f"OSError: {said}"
