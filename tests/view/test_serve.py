"""The command as its users meet it: addresses, flags, ways to end, and paths exactly as sent."""

import signal
import socket
import time

import pytest

TIMEOUT = 60


def test_it_says_where_and_answers_at_once(finished_site):
    assert finished_site.address.startswith("http://127.0.0.1:")
    assert "Ctrl-C ends it" in finished_site.line
    answer = finished_site("/")
    assert answer.status == 200
    assert "/study/toy" in answer.text
    assert "server" not in answer.headers


PATHS = [
    "/../secret.txt", "/../../../../etc/passwd", "//etc/passwd", "/%2e%2e/secret.txt",
    "/..%2fsecret.txt", "/study/../../secret.txt", "/study/..%2f..%2fsecret.txt",
    "/study/%2e%2e%2fformat", "/study/%2fetc%2fpasswd", "/study//etc/passwd", "/study/toy%00",
    "/study/%00", "/study/..", "/study/.", "/study/%2e%2e", "/study/..%5c..%5csecret.txt",
    "/study/toy%2fprogress.json", "/study/toy/..%2f..%2fformat.json",
    "/study/%c0%ae%c0%ae%2fformat", "/assets/page.css%00",
    "/assets/..%2f..%2fsite.py", "/assets/%2fetc%2fpasswd", "/assets/../site.py",
    "/study/file:%2f%2f%2fetc%2fpasswd", "/study/~%2fsecret.txt", "/format.json", "/secret.txt",
    "/study/" + "a" * 5000, "/study/" + "%2e%2e%2f" * 50 + "etc/passwd", "/compare/../secret.txt",
    "http://evil.example/", "/study/toy/report/../../../secret.txt",
]  # fmt: skip


SAME = {"/study/toy%2fprogress.json"}
"""Odd ways to write what may be asked for."""


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_no_path_leads_out(finished_site, path):
    answer = finished_site(path)
    assert answer.status in {400, 404, 421} or path in SAME
    assert "SECRET" not in answer.text
    assert "root:" not in answer.text
    assert '"format"' not in answer.text
    assert "def " not in answer.text
    assert finished_site("/").status == 200


@pytest.mark.parametrize("query", ["a=../format&b=toy", "a=%2fetc%2fpasswd&b=toy", "a=%00&b=toy"])
def test_no_study_to_compare_leads_out(finished_site, query):
    answer = finished_site(f"/compare?{query}")
    assert answer.status == 404
    assert "root:" not in answer.text


def test_a_name_that_was_pointed_here_is_not_answered(finished_site):
    for host in ("evil.example", "127.0.0.1.evil.example:8321"):
        answer = finished_site("/", Host=host)
        assert answer.status == 421
        assert "/study/toy" not in answer.text
    assert finished_site("/", Host="localhost").status == 200


def test_it_can_only_be_read(finished_site):
    assert finished_site("/", method="POST").status == 405
    assert finished_site("/study/toy", method="DELETE").status == 405
    head = finished_site("/study/toy", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) > 1000


def test_nonsense_on_the_wire_does_not_stop_it(finished_site):
    host, port = finished_site.address.removeprefix("http://").rstrip("/").split(":")
    for sent in (b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01"):
        with socket.create_connection((host, int(port)), timeout=10) as wire:
            wire.sendall(sent)
    assert finished_site("/").status == 200


@pytest.mark.parametrize("address", ["", "/study/toy/report"])
def test_ctrl_c_ends_it_in_one_line_even_while_a_report_is_written(served, finished, address):
    site = served(finished / ".isogloss")
    if address:
        assert site(address).status in {200, 202}  # a quick machine has it written at once
    site.process.send_signal(signal.SIGINT)
    out, err = site.process.communicate(timeout=TIMEOUT)
    assert (site.process.returncode, out, err) == (0, "", "Stopped.\n")


def test_a_reader_on_the_line_does_not_keep_it_from_ending(served, finished):
    site = served(finished / ".isogloss")
    host, port = site.address.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port))) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wire.recv(100)
        began = time.monotonic()
        site.process.send_signal(signal.SIGINT)
        _, err = site.process.communicate(timeout=TIMEOUT)
    assert err == "Stopped.\n"
    assert time.monotonic() - began < TIMEOUT / 2


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_another_host_is_refused_in_one_message(isogloss, host):
    said = isogloss("view", "--host", host)
    assert said.code == 2
    assert said.err.startswith(f"Error: --host {host}: other machines would reach the site")
    assert said.err.count("\n") == 1


def test_a_host_that_is_not_of_this_machine_is_one_message(isogloss):
    said = isogloss("view", "--host", "192.0.2.1", "--public", "--port", "0")
    assert said.code == 2
    assert "192.0.2.1" in said.err
    assert "Traceback" not in said.err


def test_public_says_what_it_means_and_answers_to_addresses(served, finished):
    site = served(finished / ".isogloss", "--host", "0.0.0.0", "--public")
    port = site.address.rstrip("/").rpartition(":")[2]
    site.address = f"http://127.0.0.1:{port}/"
    assert site("/").status == 200
    assert site("/", Host=f"192.168.7.7:{port}").status == 200
    assert site("/", Host="evil.example").status == 421
    site.process.send_signal(signal.SIGINT)
    _, err = site.process.communicate(timeout=TIMEOUT)
    assert "Warning: whoever reaches" in err
    assert "no password" in err


def test_a_port_in_use_is_one_message(isogloss):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = isogloss("view", "--port", str(port))
    assert said.code == 2
    assert said.err.startswith(f"Error: Port {port} of 127.0.0.1 cannot be used (")
    assert "--port 0" in said.err
    assert said.err.count("\n") == 1


def test_a_newer_store_is_refused_at_once(isogloss, tmp_path):
    (tmp_path / ".isogloss").mkdir()
    (tmp_path / ".isogloss" / "format.json").write_text('{"format": 99}')
    said = isogloss("view", "--port", "0")
    assert said.code == 2
    assert "Upgrade Isogloss" in said.err
