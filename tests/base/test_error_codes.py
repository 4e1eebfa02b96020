"""Every class of error has a code of its own, a remedy, and its place in docs/errors.md."""

import ast
import re
from pathlib import Path

import pytest

from isogloss.base import errors
from isogloss.base.limits import Limit

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (ISO-\d{3})\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def classes() -> dict[str, ast.ClassDef]:
    """All classes of errors that a person can mend, by reading the source: nothing is imported."""
    found = {}
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.glob("src/**/*.py")]
    known, nodes = {"IsoglossError"}, [n for t in trees for n in ast.walk(t)]
    for _ in range(4):  # deeper than the family is
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                if bases & known:
                    found[node.name] = node
                    known.add(node.name)
    return found


FAMILY = classes()


def said(node: ast.ClassDef, name: str) -> str | None:
    for line in node.body:
        if isinstance(line, ast.Assign | ast.AnnAssign):
            targets = line.targets if isinstance(line, ast.Assign) else [line.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return ast.literal_eval(line.value)
    return None


def test_the_whole_family_is_found():
    assert {"InputError", "RunError", "BadStudy", "Damaged", "OutOfMemory"} <= FAMILY.keys()


@pytest.mark.parametrize("name", sorted(FAMILY))
def test_a_class_has_a_code_of_its_own_a_remedy_and_its_place_in_the_page(name):
    code, remedy = said(FAMILY[name], "code"), said(FAMILY[name], "remedy")
    assert code is not None, "a class of errors needs a code: the next that is free"
    assert re.fullmatch(r"ISO-[12]\d\d", code)
    assert remedy is not None
    assert remedy.endswith(".")
    assert code in SECTIONS, f"docs/errors.md has no section {code}"
    assert f"`{name}`" in SECTIONS[code]
    assert remedy in SECTIONS[code]


def test_no_two_classes_share_a_code_and_the_page_has_no_others():
    codes = [said(node, "code") for node in FAMILY.values()]
    assert sorted(codes) == sorted(SECTIONS)


def test_the_first_digit_says_the_exit_code():
    assert errors.InputError("x").exit_code == 2
    assert errors.RunError("x").exit_code == 1
    inputs = {"InputError"}
    for _ in range(4):
        inputs |= {
            name
            for name, node in FAMILY.items()
            if {base.id for base in node.bases if isinstance(base, ast.Name)} & inputs
        }
    for name, node in FAMILY.items():
        assert said(node, "code").startswith("ISO-1" if name in inputs else "ISO-2")


def test_the_page_lists_every_limit_as_it_is():
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| (.*) \|$", PAGE, re.MULTILINE)
    assert rows == [(one.variable, f"{one.default:,}", one.of_what) for one in Limit]
