"""How much room things take: what is linked is elsewhere, what is gone takes none."""

from isogloss.store.sizes import size_of


def test_a_folder_is_as_large_as_its_files_and_no_larger_for_what_it_links_to(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "one").write_bytes(b"12345")
    (tmp_path / "deep" / "er" / "two").write_bytes(b"678")
    assert size_of(tmp_path / "deep") == 8
    outside = tmp_path / "outside"
    outside.write_bytes(bytes(10_000))
    (tmp_path / "deep" / "link").symlink_to(outside)
    assert 8 < size_of(tmp_path / "deep") < 10_000


def test_what_is_gone_takes_no_room(tmp_path):
    assert size_of(tmp_path / "gone") == 0
