"""Who may ask, how, and what every answer carries."""

import pytest
from starlette.responses import PlainTextResponse

from isogloss.base.errors import InputError
from isogloss.view.guard import HEADERS, POLICY, Guard
from isogloss.view.serve import LOOPBACK, is_loopback, refuse_other_machines
from view_toys import Asked


def guarded(**more):
    return Asked(Guard(PlainTextResponse("seen"), LOOPBACK, **more))


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8321", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8321"]
)
def test_names_of_this_machine_are_answered(host):
    assert guarded()("/", host=host).text == "seen"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2", "", "[::2]",
     "10.0.0.1", "localhost@evil.example", "evil.example:8321", "[::1", "0.0.0.0", None],
)  # fmt: skip
def test_another_name_for_this_machine_is_refused(host):
    answer = guarded()("/", host=host)
    assert answer.status == 421
    assert "seen" not in answer.text


def test_where_every_address_is_bound_addresses_are_answered_and_names_are_not():
    site = guarded(addresses=True)
    assert site("/", host="192.168.1.5:8321").status == 200
    assert site("/", host="[fe80::1]").status == 200
    assert site("/", host="evil.example").status == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"])
def test_nothing_but_reading_is_allowed(method):
    answer = guarded()("/", method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_every_answer_carries_the_headers(host):
    headers = guarded()("/", host=host).headers
    assert {name: headers[name.lower()] for name in HEADERS} == HEADERS


def test_the_policy_lets_in_nothing_from_elsewhere():
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in POLICY


def test_an_answer_keeps_its_own_policy():
    own = PlainTextResponse("x", headers={"Content-Security-Policy": "default-src 'none'"})
    headers = Asked(Guard(own, LOOPBACK))("/").headers
    assert headers["content-security-policy"] == "default-src 'none'"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1"])
def test_loopback_needs_no_flag(host):
    assert is_loopback(host)
    refuse_other_machines(host, public=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.com", "", "localhost."])
def test_anything_else_does(host):
    with pytest.raises(InputError, match="--public"):
        refuse_other_machines(host, public=False)
    refuse_other_machines(host, public=True)
