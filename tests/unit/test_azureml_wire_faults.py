"""What the service, the sign-in and the network say, as faults in plain words: codes, sentences, times, no secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desktop_app.backends.azureml.client.wire import TRANSIENT, Ask, CloudFault, Reply
from desktop_app.backends.azureml.gateway import faults, refusals, rights

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL = "https://management.azure.com/subscriptions/s?api-version=1&sig=abc"
SECRET = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=12, max_size=40)


def error(message: str, code: str = "UserError", **more: object) -> str:
    return json.dumps({"error": {"code": code, "message": message, **more}})


def date(minutes: float = 0) -> dict[str, str]:
    return {"date": format_datetime(datetime.fromtimestamp(NOW.timestamp() + minutes * 60, UTC), usegmt=True)}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (error("Job x not found."), ("UserError", "Job x not found.")),
        (error("Outer.", details=[{"message": "Inner."}]), ("UserError", "Inner.")),
        (error(f"Request failed: {error('The deepest.')}"), ("UserError", "The deepest.")),
        (error("Use {braces} freely"), ("UserError", "Use {braces} freely")),
        ('{"error": "invalid_grant", "error_description": "AADSTS1: no"}', ("invalid_grant", "AADSTS1: no")),
        (
            "\ufeff<?xml version='1.0'?><Error><Code>BlobNotFound</Code><Message>Gone.\nRequestId:1</Message></Error>",
            ("BlobNotFound", "Gone."),
        ),
        ("<html>Bad gateway</html>", ("", "")),
        ("", ("", "")),
        ("null", ("", "")),
        ("[]", ("", "")),
        ('{"error": {"code": null, "message": 5, "details": [1, null]}}', ("", "")),
    ],
)
def test_the_sentence_that_says_most_is_found(body: str, expected: tuple[str, str]) -> None:
    assert faults.code_and_message(body) == expected


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda each: st.lists(each) | st.dictionaries(
    st.sampled_from(["error", "message", "code", "details", "x"]), each)))  # fmt: skip
def test_no_body_breaks_the_reading(body: object) -> None:
    code, message = faults.code_and_message(json.dumps(body))
    assert isinstance(code, str)
    assert isinstance(message, str)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "7"}, 7), ({"retry-after-ms": "250"}, 0.25), ({"x-ms-retry-after-ms": "1500"}, 1.5),
     ({"retry-after": "Sat, 21 Nov 2026 12:01:30 GMT", **date()}, 90), ({"retry-after": date()["date"], **date(1)}, 0),
     ({"retry-after": "soon"}, None), ({"retry-after": "-5"}, None), ({}, None)],
)  # fmt: skip
def test_when_to_ask_again(headers: dict[str, str], seconds: float | None) -> None:
    assert faults.retry_after(headers) == seconds


PLACES = ["Resource group 'lab' could not be found.", "The subscription 'a-b' could not be found."]


@pytest.mark.parametrize("said", PLACES)
def test_a_place_that_is_not_there_comes_with_the_next_step(said: str) -> None:
    fault = faults.of_answer("GET", URL, 404, {}, error(said))
    assert (fault.message, fault.kind) == (said, "not-found")
    assert "config.json" in fault.hint
    assert faults.of_answer("GET", URL, 404, {}, error("Job x not found.")).hint == ""


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "bad-request"), (401, "signed-out"), (403, "forbidden"), (404, "not-found"), (408, "timeout"),
     (409, "conflict"), (412, "conflict"), (418, "bad-request"), (429, "throttled"), (500, "service")],
)  # fmt: skip
def test_each_status_has_a_kind_and_words(status: int, kind: str) -> None:
    for body in (error("It is so."), ""):
        fault = faults.of_answer("GET", URL, status, {}, body)
        assert (fault.kind, fault.status) == (kind, status)
        assert fault.message.endswith((".", "…"))
        assert "sig=abc" not in f"{fault.message}{fault.details}"


def test_a_clock_is_off_only_by_minutes() -> None:
    assert rights.clock_off(date(61), NOW.timestamp()) == "This computer's clock is 61 minutes behind Azure's."
    assert rights.clock_off(date(-90), NOW.timestamp()) == "This computer's clock is 90 minutes ahead of Azure's."
    assert rights.clock_off(date(4), NOW.timestamp()) == ""
    assert rights.clock_off({}, NOW.timestamp()) == rights.clock_off({"date": "today"}, NOW.timestamp()) == ""


def test_a_role_that_is_too_small_names_the_one_to_ask_for() -> None:
    said = (
        "The client 'ada' with object id 'o' does not have authorization to perform action "
        "'Microsoft.MachineLearningServices/workspaces/computes/write' over scope '/subscriptions/s' or the scope is "
        "invalid. If access was recently granted, please refresh your credentials."
    )
    fault = faults.of_answer("PUT", URL, 403, {}, error(said, "AuthorizationFailed"))
    assert fault.message == (
        "Your role in this workspace does not allow to create or change compute (workspaces/computes/write)."
    )
    assert fault.hint == "Ask an owner of the workspace for the role AzureML Compute Operator, then sign in again."
    assert said in fault.details


def test_storage_says_why_by_its_code() -> None:
    for code in ("AuthorizationPermissionMismatch", "AuthorizationFailure", "KeyBasedAuthenticationNotPermitted"):
        fault = faults.of_answer("GET", URL, 403, {"x-ms-error-code": code}, "<Error/>")
        assert (fault.kind, fault.code) == ("forbidden", code)
        assert "storage" in fault.message


@pytest.mark.parametrize("code", ["50020", "50076", "53003", "700082", "7000222", "90002"])
def test_a_refused_sign_in_says_what_to_do(code: str) -> None:
    fault = refusals.of_text(f"Authentication failed: AADSTS{code}: Long story. Trace ID: 1 Correlation ID: 2")
    assert (fault.kind, fault.code) == ("signed-out", f"AADSTS{code}")
    assert fault.message.endswith(".")
    assert fault.hint.endswith(".")
    assert "AADSTS" not in fault.message


def test_a_refusal_that_nobody_knows_is_told_in_its_own_words() -> None:
    fault = refusals.of_text("AADSTS99999: Something new. Trace ID: 1-2\nTimestamp: now")
    assert (fault.message, fault.code) == ("The sign-in was refused: Something new.", "AADSTS99999")


def telling(secret: str) -> list[str]:
    """A secret in every place where the service or a library puts one."""
    return [
        f"https://x.blob.core.windows.net/c/b?sv=1&sig={secret}&se=2",
        f"Authorization: Bearer {secret}",
        f'{{"access_token": "{secret}", "refresh_token": "{secret}"}}',
        f'{{"accessToken": "{secret}", "clientSecret": "{secret}", "id_token": "{secret}"}}',
        f'{{"secretsType": "AccountKey", "key": "{secret * 4}"}}',
        f"https_proxy=http://ada:{secret}@proxy.example.org:8080/",
        f"client_secret={secret}&grant_type=x",
        f'"primaryKey": "{secret}"',
        f"AccountKey={secret};",
        f"eyJ{secret}.{secret}.{secret}",
        f'{{"secretsType": "Sas", "sasToken": "?sv=1&sig={secret}"}}',
    ]


@given(SECRET)
@example("Authorization")
def test_no_secret_is_told(secret: str) -> None:
    """As often as its letters stand in what is around it, as in the word Authorization itself, and never more."""
    texts = telling(secret)
    fault = faults.Fault("service", texts[0], hint=texts[1], details="\n".join(texts))
    told = json.dumps(fault.as_json())
    frame = telling("")
    assert told.count(secret) <= sum(text.count(secret) for text in [*frame[:2], *frame])


def test_what_was_signed_in_an_operation_url_is_not_told() -> None:
    signature = "A" * 400
    url = f"https://management.azure.com/x?api-version=1&t=639000000000000000&c={signature}&s={signature}&h={signature}"
    assert signature not in faults.redact(url)


def test_a_request_and_its_answer_show_nothing_that_may_be_secret() -> None:
    reply = Reply(200, {"location": URL}, {"sasUri": URL}, URL)
    ask = Ask("POST", URL, {"key": "sig="}, headers={"Authorization": "Bearer sig="})
    assert "sig=" not in f"{reply!r}{ask!r}"
    assert repr(ask) == "Ask(POST https://management.azure.com/subscriptions/s)"


def test_what_says_nothing_of_the_run_is_transient() -> None:
    kinds = {kind for kind in TRANSIENT if CloudFault("x", kind=kind).is_transient}
    assert kinds == {"offline", "timeout", "throttled", "service", "clock", "gateway"}
    assert not CloudFault("x", kind="forbidden").is_transient
    assert CloudFault("x", kind="offline").exit_code == 3


def test_a_good_answer_that_came_cut_is_a_fault_of_the_service_and_refuses_nothing() -> None:
    fault = faults.of_answer("GET", "https://management.azure.com/x", 200, {}, '{"value": [')
    assert (fault.kind, fault.status) == ("service", 200)


def test_an_upload_whose_first_answer_was_lost_is_tried_again() -> None:
    body = "<?xml version='1.0'?><Error><Code>BlobAlreadyExists</Code><Message>It exists.</Message></Error>"
    assert faults.of_answer("PUT", URL, 409, {}, body).kind in TRANSIENT
    assert faults.of_answer("PUT", URL, 409, {}, error("Taken.", "Conflict")).kind == "conflict"
