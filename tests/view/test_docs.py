"""The guide says what the command does."""

import re
import shlex
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "docs" / "viewing.md").read_text(encoding="utf-8")


def test_every_address_of_the_guide_is_answered(finished_site):
    addresses = re.findall(r"^\| `(/[^`]*)` \|", TEXT, re.MULTILINE)
    assert len(addresses) == 5
    for address in addresses:
        path = address.replace("NAME", "toy").replace("A&b=B", "toy&b=other")
        assert finished_site(path).status in {200, 202}


def test_every_command_of_the_guide_serves(served, finished):
    lines = re.findall(r"^isogloss view.*$", TEXT, re.MULTILINE)
    assert lines
    for line in lines:
        flags = shlex.split(line, comments=True)[2:]
        given = [flag for flag in flags if flag not in {"--store", "elsewhere"}]
        assert served(finished / ".isogloss", *given)("/").status == 200


def test_the_guide_names_what_the_json_has(finished_site):
    told = finished_site("/study/toy/progress.json").json
    named = re.search(r"^gives (.*?)\.\n", TEXT, re.MULTILINE | re.DOTALL)[1]
    top = re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", named, flags=re.DOTALL))
    assert set(top) <= told.keys()
    assert len(top) >= 7
