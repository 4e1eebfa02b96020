"""At every call with which a store changes its disk, the process dies or the disk fails."""

import shutil
from pathlib import Path

import pytest
from lives import BUG, ERRORS, KILLS, TOLD, check_whole, files_of, lives

from isogloss.store.store import FORMAT, Store

FIRST = Path(__file__).parents[1] / "store" / "first_format"
DAMAGED = "bb22"
FINISHED = {"aa11", "bb22"}
ALL = {"aa11", "bb22", "cc33", "dd44", "ee55"}
ORPHAN = "ff66"
FAULTS = {**KILLS, **ERRORS}


@pytest.fixture
def folder(tmp_path):
    """A store of the first format with a damaged step, and one that nobody needs."""
    return tmp_path


@pytest.fixture
def begin(folder):
    def begin():
        root = folder / "store"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(FIRST, root)
        (root / "steps" / DAMAGED / "table.txt").write_bytes(b"Ein Satz\n")
        shutil.copytree(root / "steps" / "aa11", root / "steps" / ORPHAN)
        (root / "steps" / ORPHAN / "manifest.json").write_text(
            (root / "steps" / "aa11" / "manifest.json").read_text().replace("aa11", ORPHAN)
        )
        (folder / "said").write_text("")
        return root

    return begin


def check_the_end(root: Path) -> dict[str, str]:
    """As after a life without any fault."""
    store = Store(root)
    assert set(store.keys()) == ALL
    assert store.format == FORMAT
    assert check_whole(store) == ALL
    for key in ALL - FINISHED:
        assert store.record(key) == {"of": key, "value": 0.1}
    assert store.record("aa11") == {"rows": 3, "labels": {"gut": 2, "schlecht": 1}}
    assert all(store.failure(key) is None for key in ALL)
    assert not any((root / room / key).exists() for room in ("drafts", "running") for key in ALL)
    assert not list(root.rglob("*.draft"))
    assert list((root / "quarantine").glob("*")) == [], "garbage collection was the last thing"
    (study,) = store.studies()
    assert study["study"]["seeds"] == [1, 2]
    return files_of(store)


def check_what_is_left(root: Path, before: set[str]) -> set[str]:
    """Right after the fault."""
    found = check_whole(Store(root), but=frozenset({DAMAGED}))
    assert (found | {DAMAGED, ORPHAN}) >= before, "nothing finished is lost"
    if DAMAGED in found:
        store = Store(root)
        assert store.record(DAMAGED), "the damaged one is as it was, or made anew"
    return found


def try_all(folder, begin, faulty, count, every):
    """Faults at every so many calls; a new offset for each kind of fault."""
    with lives("store", folder, faulty) as program:
        begin()
        whole = program.live()
        assert whole.status == 0, (folder / "said").read_text()
        assert whole.calls > 100
        want = check_the_end(folder / "store")
        turns = [(what, how, stays) for what, how in FAULTS.items() for stays in (False, True)]
        for turn, (what, how, stays) in enumerate(turns):
            step = every(how, stays)
            for number in range(1 + turn % step, whole.calls + 1, step) if step else ():
                one_fault(folder, begin, program, number, how, stays)
                assert check_the_end(folder / "store") == want
                count(f"{what}{' for good' if stays else ''}, in a store")


def one_fault(folder, begin, program, number, how, stays):
    root = begin()
    ended = program.live(number, how, stays=stays)
    said = (folder / "said").read_text()
    place = f"call {number}, {how}, {stays}: {ended.status}\n{said}"
    if how < 0:
        assert ended.status == -9, place
    else:
        assert ended.status in {0, TOLD}, place
        assert ended.status != BUG, place
    check_what_is_left(root, FINISHED)
    again = program.live()
    assert again.status == 0, place + (folder / "said").read_text()


def test_at_some_calls(folder, begin, faulty, count):
    try_all(folder, begin, faulty, count, lambda how, stays: 0 if how < 0 and stays else 41)


@pytest.mark.slow
def test_at_every_call(folder, begin, faulty, count):
    """A process dies at each; a disk fails once at every second, and for good at every fourth."""

    def every(how, stays):
        if how < 0:
            return 0 if stays else 1
        return 4 if stays else 2

    try_all(folder, begin, faulty, count, every)
