"""The Hub source against a loopback server, through the real client library."""

import subprocess
import sys

import huggingface_hub.constants
import pytest

from hub_toys import parquet
from isogloss.base.errors import InputError, RunError
from isogloss.data.hub import HubSource
from isogloss.data.mapping import Columns, read_split

REVISION = "refs/convert/parquet"
LABELS = ("negative", "neutral", "positive")


@pytest.fixture
def hub(hub_server, monkeypatch, tmp_path):
    hub_server.patch(monkeypatch, tmp_path / "cache")
    return hub_server


@pytest.fixture
def sentiments(hub):
    files = {
        "README.md": b"# toy",
        "german/train/0000.parquet": parquet(["eins", "zwei"], [0, 1]),
        "german/train/0001.parquet": parquet(["drei"], [2]),
        "german/validation/0000.parquet": parquet(["vier"], [0]),
        "malay/train/0000.parquet": parquet(["satu"], [2]),
        "malay/test/0000.parquet": parquet(["dua"], [1]),
    }
    return hub.add_dataset("toy/sentiments", REVISION, files)


def test_languages_and_splits_come_from_the_folders_of_the_repository(sentiments):
    source = HubSource("toy/sentiments", REVISION)
    assert source.languages() == ("deu-Latn", "msa-Latn")
    assert source.splits("de") == ("train", "validation")
    assert source.splits("msa-Latn") == ("train", "test")
    assert source.commit == sentiments


def test_labels_come_out_by_the_name_the_file_gives_them_not_by_position(sentiments):
    split = read_split(
        HubSource("toy/sentiments", REVISION), "German", "train", Columns(labels=LABELS)
    )
    assert [tuple(example) for example in split.examples] == [
        ("train/0", "eins", "positive"),
        ("train/1", "zwei", "neutral"),
        ("train/2", "drei", "negative"),
    ]


def test_a_row_names_its_shard_and_counts_over_the_split(sentiments):
    rows = list(HubSource("toy/sentiments", sentiments).rows("deu-Latn", "train"))
    assert [row.index for row in rows] == [0, 1, 2]
    assert rows[2].place == "toy/sentiments/german/train/0001.parquet:row 1"


def test_only_the_files_of_the_wanted_split_are_downloaded(hub, sentiments):
    list(HubSource("toy/sentiments", REVISION).rows("malay", "test"))
    fetched = {line.rpartition("/resolve/")[2] for line in hub.requests if "/resolve/" in line}
    assert {path.partition("/")[2] for path in fetched} == {"malay/test/0000.parquet"}


@pytest.mark.parametrize(
    "layout",
    [
        "german/train-0000{}-of-00002.parquet",
        "german/train-0000{}-of-00002-0123abcd.parquet",
        "german/train/000{}.parquet",
    ],
)
def test_every_layout_of_shards_reads_the_same(hub, layout):
    files = {layout.format(n): parquet([f"text {n}"], [n]) for n in (1, 0)}
    hub.add_dataset("toy/layout", "main", files)
    rows = list(HubSource("toy/layout", "main").rows("de", "train"))
    assert [row.fields["text"] for row in rows] == ["text 0", "text 1"]


def test_a_repository_whose_configurations_name_no_language_is_refused(hub):
    files = {"data/train-00000-of-00001.parquet": parquet(["a"], [0])}
    hub.add_dataset("toy/one", "main", files)
    with pytest.raises(InputError, match=r"no name there is a language. There: default"):
        HubSource("toy/one", "main").languages()


@pytest.mark.parametrize(
    ("repo", "revision", "message"),
    [
        ("toy/sentimens", REVISION, "no such dataset repository"),
        ("toy/sentiments", "no-such-branch", "no such revision"),
        ("toy/sentiments", "f" * 40, "no such revision"),
        ("toy//sentiments", "main", "no repository name"),
    ],
)
def test_a_wrong_name_is_a_mistake_of_the_input(sentiments, repo, revision, message):
    with pytest.raises(InputError, match=message):
        list(HubSource(repo, revision).rows("german", "train"))


def test_a_repository_with_a_script_only_names_the_parquet_revision(hub):
    hub.add_dataset("toy/script", "main", {"script.py": b"raise SystemExit", "a.jsonl": b"{}"})
    with pytest.raises(InputError, match="scripts are not run; use the revision refs/convert"):
        HubSource("toy/script", "main").languages()


def test_a_gated_repository_says_how_to_get_in(hub):
    files = {"german/train/0000.parquet": parquet(["a"], [0])}
    hub.add_dataset("toy/gated", "main", files, gated=True)
    with pytest.raises(InputError, match=r"gated. Accept its terms at http.*hf auth login"):
        list(HubSource("toy/gated", "main").rows("de", "train"))


@pytest.mark.parametrize(
    ("language", "split", "message"),
    [
        ("french", "train", r"no data for French .*There: german \(deu-Latn\), malay"),
        ("german", "tarin", "no split 'tarin'. Did you mean 'train'"),
        ("german", "../../malay/train", "no split"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(sentiments, language, split, message):
    with pytest.raises(InputError, match=message):
        list(HubSource("toy/sentiments", REVISION).rows(language, split))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (("german/dev/0000", "german/validation/0000"), "are both the split 'validation'"),
        (("german/validation-00001-of-00002",), "of the 2 parts of german/validation"),
        (("german/validation/0000", "german/validation/0002"), "of the 2 parts"),
    ],
)
def test_shards_that_do_not_make_one_split_are_refused(hub, files, message):
    content = {f"{name}.parquet": parquet(["a"], [0]) for name in files}
    hub.add_dataset("toy/shards", "main", content)
    with pytest.raises(InputError, match=message):
        list(HubSource("toy/shards", "main").rows("de", "dev"))


def test_a_broken_file_is_named(hub):
    hub.add_dataset("toy/broken", "main", {"german/train/0000.parquet": b"PAR1 no"})
    with pytest.raises(InputError, match=r"0000.parquet: not readable as parquet"):
        list(HubSource("toy/broken", "main").rows("de", "train"))


def test_a_branch_that_moves_between_two_splits_is_noticed(hub, sentiments):
    source = HubSource("toy/sentiments", REVISION)
    list(source.rows("malay", "train"))
    files = {"malay/test/0000.parquet": parquet(["lain"], [0])}
    hub.add_dataset("toy/sentiments", REVISION, files)
    with pytest.raises(RunError, match="the revision moved while it was read"):
        list(source.rows("malay", "test"))
    assert list(HubSource("toy/sentiments", sentiments).rows("malay", "test"))


@pytest.mark.parametrize("how", ["offline", "down"])
def test_what_was_read_once_is_read_again_without_the_hub(hub, sentiments, monkeypatch, how):
    before = list(HubSource("toy/sentiments", REVISION).rows("de", "train"))
    if how == "offline":
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    else:
        hub.down = True
        monkeypatch.setattr("time.sleep", lambda seconds: None)  # the client tries again for long
    source = HubSource("toy/sentiments", REVISION)
    assert source.commit == sentiments
    assert list(source.rows("de", "train")) == before


def test_without_the_hub_a_split_that_is_not_whole_is_refused_not_cut_short(
    hub, sentiments, monkeypatch, tmp_path
):
    list(HubSource("toy/sentiments", REVISION).rows("de", "train"))
    (second,) = (tmp_path / "cache").glob("hub/*/snapshots/*/german/train/0001.parquet")
    second.unlink()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(RunError, match="not whole in the cache"):
        list(HubSource("toy/sentiments", REVISION).rows("de", "train"))


@pytest.mark.parametrize(("language", "split"), [("malay", "test"), ("de", "validation")])
@pytest.mark.parametrize("pinned", [True, False])
def test_what_the_cache_lacks_is_not_taken_for_what_the_repository_lacks(
    hub, sentiments, monkeypatch, language, split, pinned
):
    list(HubSource("toy/sentiments", REVISION).rows("de", "train"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    source = HubSource("toy/sentiments", sentiments if pinned else REVISION)
    with pytest.raises(RunError, match=r"the cache has no \w+ of (Malay|German), and the Hub"):
        list(source.rows(language, split))


def test_a_commit_that_is_in_the_cache_is_asked_for_with_one_request(hub, sentiments):
    before = list(HubSource("toy/sentiments", sentiments).rows("de", "train"))
    hub.requests.clear()
    assert list(HubSource("toy/sentiments", sentiments).rows("de", "train")) == before
    assert hub.requests == [f"GET /api/datasets/toy/sentiments/revision/{sentiments}"]


@pytest.mark.parametrize("revision", [REVISION, "f" * 40])
def test_without_the_hub_and_without_the_cache_the_error_says_both(hub, monkeypatch, revision):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(RunError, match=r"the Hub is out of reach. Connect, or copy the cache"):
        HubSource("toy/sentiments", revision).languages()


def test_no_connection_is_a_run_error_that_names_the_endpoint(hub, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(RunError, match=r"no connection to the Hub at http://127.0.0.1:9"):
        HubSource("toy/sentiments", "main").languages()


def test_a_new_process_reads_from_the_endpoint_of_its_environment(hub_server, tmp_path):
    files = {"german/train/0000.parquet": parquet(["gut"], [0])}
    hub_server.add_dataset("toy/sentiments", REVISION, files)
    code = (
        "from isogloss.data.hub import HubSource; import sys\n"
        f"rows = list(HubSource('toy/sentiments', '{REVISION}').rows('de', 'train'))\n"
        "print(rows[0].fields['text'], 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=hub_server.env(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["gut", "False"]
    assert (tmp_path / "home" / "hub" / "datasets--toy--sentiments").is_dir()
