"""What a secret looks like, and what only looks like one."""

from __future__ import annotations

import time

import pytest

from desktop_app.core.redact import redact
from desktop_app.core.secrets import (
    BARE_STORAGE_KEY,
    PASSWORD_IN_ADDRESS,
    PASSWORD_OPTION,
    SECRETS,
    Secret,
    kinds_of_secrets,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
        (f"AccountName=x;AccountKey={'Ab1+' * 21}ab==;", "the key of a storage account"),
        (f"SharedAccessKey={'Ab1/' * 11}=", "a shared access key"),
        (f"https://x.blob.example/c?sv=2024-01-01&sig={'aB3%2F' * 8}", "a signed address (SAS)"),
        (f"ghp_{'a1B2' * 9}", "a GitHub token"),
        (f"glpat-{'a1B2' * 5}", "a GitLab token"),
        (f"hf_{'aB1c' * 9}", "a Hugging Face token"),
        (f"sk-proj-{'aB1c' * 9}", "an OpenAI key"),
        (f"sk_live_{'aB1c' * 6}", "a Stripe key"),
        ("AKIAABCDEFGHIJKLMNOP", "an AWS access key"),
        (f"xoxb-{'1234-' * 5}", "a Slack token"),
        (f"AIza{'aB1_-' * 7}", "a Google API key"),
        (f"pypi-{'AgEI' * 13}", "a PyPI token"),
        (f"WANDB_API_KEY={'0a1b2c3d' * 5}", "a Weights & Biases key"),
        (f"eyJ{'hbGci' * 3}.eyJ{'zdWIi' * 3}.{'aB1_-' * 4}", "a JSON web token"),
    ],
)
def test_a_secret_is_known_by_its_kind_and_covered(text: str, kind: str) -> None:
    assert kinds_of_secrets(f"first line\nvalue: {text} # end\n") == (kind,)
    if kind != "a private key":  # of which this is but the first line
        assert text[-12:] not in redact(f"first line\nvalue: {text} # end\n")


@pytest.mark.parametrize("secret", SECRETS, ids=[each.kind for each in SECRETS])
def test_hostile_texts_take_no_longer_than_others(secret: Secret) -> None:
    begins = [*secret.begins, "-----BEGIN ", "AccountKey=", "?sig=", "wandb_key", "eyJ-", "eyJaaaaaaaa."]
    time_begun = time.process_time()
    for each in begins:
        secret.pattern.search(each * 40_000)
        secret.pattern.search(f"{each}-" * 40_000)
    for other in (PASSWORD_IN_ADDRESS, PASSWORD_OPTION, BARE_STORAGE_KEY):
        for text in ("://", "://a:", "--", "-a", "--password", "Aa1+"):
            other.search(text * 40_000)
    assert time.process_time() - time_begun < 10, "what grows with the square takes minutes"


@pytest.mark.parametrize(
    "text",
    [
        "AccountKey=${{secrets.KEY}}", "AccountKey=<your key>", "sig=abc", "ghp_short", "hf_hub_download", "sk-learn",
        "-----BEGIN CERTIFICATE-----", "AKIA", "eyJhbGciOiJIUzI1NiJ9", "task-based-parallelism-with-a-very-long-name-x",
        "tokenizer: hf_internal_testing", "wandb_api_key: null",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert kinds_of_secrets(text) == ()
