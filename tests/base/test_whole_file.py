"""A file is written whole or not at all, wherever it is."""

import errno
import os
import subprocess
import sys

import pytest

from isogloss.base.errors import DiskFull, InputError, IsoglossError, RunError
from isogloss.base.whole_file import whole_file, write_file


def test_folders_are_made_and_what_stood_there_is_replaced(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    assert write_file(path, "old") == path
    write_file(path, "ü")
    assert path.read_bytes() == "ü".encode()
    assert [one.name for one in path.parent.iterdir()] == ["a.txt"]


def test_what_fails_half_way_leaves_the_old_one_and_no_draft(tmp_path):
    path = write_file(tmp_path / "a.txt", "old")

    def half():
        with whole_file(path) as draft:
            draft.write_text("ne")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EIO, RunError), (errno.EROFS, InputError)]
)
def test_a_full_disk_is_nobodys_mistake(tmp_path, number, kind):
    path = write_file(tmp_path / "a.txt", "old")
    with (
        pytest.raises(IsoglossError, match="cannot be written: ") as told,
        whole_file(path),
    ):
        raise OSError(number, os.strerror(number))
    assert type(told.value) is kind
    assert path.read_text() == "old"


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    real = write_file(tmp_path / "real.txt", "old")
    (tmp_path / "link.txt").symlink_to(real)
    write_file(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert real.read_text() == "new"


def test_a_pipe_is_written_to_as_it_is(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True)
    write_file(pipe, "through")
    assert reader.communicate(timeout=30)[0] == "through"


def test_the_standard_output_is_written_to_though_it_is_a_link_to_a_pipe():
    code = "from pathlib import Path; from isogloss.base.whole_file import write_file"
    command = [sys.executable, "-c", f"{code}; write_file(Path('/dev/stdout'), 'said')"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "said"


def test_a_folder_in_the_way_is_told(tmp_path):
    with pytest.raises(InputError, match=f"{tmp_path} cannot be written: Is a directory"):
        write_file(tmp_path, "text")
