"""Nothing that a terminal obeys and no secret gets into a message, and no message is endless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.base.errors import InputError, did_you_mean
from isogloss.base.safe_text import (
    CONTROL,
    HIDDEN,
    LONGEST_LINE,
    MOST_LINES,
    has_secret,
    redacted,
    safe,
    shortened,
    visible,
)

TOKEN = "hf_" + "Ab1" * 11
PIECES = st.sampled_from(
    ["\x1b[2J", "\x9b31m", "\u202e", "\ud83d", "\r", "\n", "\t", TOKEN, "https://a:bcd@h/x?token=1",
     "x" * 3000, "ok ", "Bearer abcdefgh1"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(), max_size=30).map("".join))
def test_a_safe_text_stays_as_it_is_and_has_neither_controls_nor_secrets(text):
    done = safe(text)
    assert safe(done) == done
    assert not CONTROL.search(done)
    assert TOKEN not in done
    assert "bcd@" not in done
    assert len(done.splitlines()) <= MOST_LINES
    assert all(len(line) <= LONGEST_LINE for line in done.split("\n"))


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cf"])))
def test_what_people_write_in_any_script_is_not_touched(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    "name",
    ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "WANDB_API_KEY", "MLFLOW_TRACKING_PASSWORD",
     "AWS_SECRET_ACCESS_KEY", "my_service_token"],
)  # fmt: skip
def test_the_value_of_a_secret_variable_is_left_out_whatever_it_looks_like(monkeypatch, name):
    monkeypatch.setenv(name, "open sesame 123")
    assert redacted("said open sesame 123!") == f"said {HIDDEN}!"
    assert str(InputError("said open sesame 123!")) == f"said {HIDDEN}!"


@pytest.mark.parametrize(
    "name", ["TOKENIZERS_PARALLELISM", "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "PATH"]
)
def test_other_variables_are_no_secrets(monkeypatch, name):
    monkeypatch.setenv(name, "true or false")
    assert redacted("true or false") == "true or false"


def test_a_short_value_of_a_secret_variable_does_not_spoil_all_texts(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "a")
    assert redacted("banana") == "banana"


def test_the_token_that_a_login_has_kept_is_left_out(monkeypatch, tmp_path):
    (tmp_path / "token").write_text("kept-from-login\n")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert redacted("with kept-from-login") == f"with {HIDDEN}"


def test_the_token_of_a_login_is_left_out_wherever_caches_are(monkeypatch, tmp_path):
    for name in ("HF_HOME", "HF_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "huggingface").mkdir()
    (tmp_path / "huggingface" / "token").write_text("kept-beside-caches\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert redacted("with kept-beside-caches") == f"with {HIDDEN}"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"https://ada:{TOKEN}@hub.example/x", True),
        ("https://ada:s3cret@hub.example/x", True),
        ("https://cdn.example/x?X-Amz-Signature=abcdef&a=b", True),
        ("Authorization: Bearer abcdefghij", True),
        ("https://hub.example:8080/owner/name", False),
        ("https://hub.example/a@b", False),
        ("the tokens of a key: hf_home", False),
        ("s3://bucket/key=value", False),
    ],
)
def test_what_looks_like_a_secret_is_told_from_what_does_not(text, secret):
    assert has_secret(text) == secret


@given(st.text(min_size=1), st.integers(60, 200))
def test_a_shortened_line_is_not_longer_than_asked(line, longest):
    assert len(shortened(line, longest)) <= longest


def test_the_end_of_a_long_message_says_what_to_do_still():
    message = str(InputError(f"label {'x' * 10**6} is unknown. Mend the row."))
    assert message.startswith("label xxx")
    assert message.endswith("is unknown. Mend the row.")


def test_redacting_a_text_made_to_be_slow_is_not():
    assert len(safe("://" + ":" * 10**6 + "@" * 10)) <= LONGEST_LINE
    assert did_you_mean("a" * 10**7, ["b" * 100]) == ""
