"""The shipped study on a Hub, from the first request to the last row, with the real client.

The study runs once in a process of its own against a server on the loopback interface. What comes
after a run, and what is refused before one, is tried in this process.
"""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub.constants
import pyarrow.parquet as pq
import pytest
import torch
from tokenizers import BertWordPieceTokenizer
from transformers import DistilBertConfig, DistilBertForMaskedLM

from hub_server import HubServer, running_hub
from hub_toys import CLASSES, DATA, PARQUET, SPLITS, STUDIED, WORDS, numbers_of, sentiment_files
from isogloss.base.languages import language_code
from isogloss.cli.app import main
from isogloss.execute.kinds.data import hub_source
from isogloss.model.encoder import check_encoder

STUDY = Path(__file__).parents[2] / "studies" / "cross_language_sentiment.yaml"
MODEL = "distilbert/distilbert-base-multilingual-cased"
READ_OF_THE_MODEL = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
)
NOT_READ = ("README.md", "pytorch_model.bin", "tf_model.h5", "onnx/config.json", "onnx/model.onnx")
JOINT = "{regime: joint, sizes: [6]}"
BOTH = ("training.num_train_epochs=1", f"regimes=[{JOINT}, {{regime: single, sizes: [6]}}]")
ONE = ("training.num_train_epochs=1", f"regimes=[{JOINT}]")
TOKEN = "hf_a_token_that_nobody_may_see"
CODES = {language: language_code(language) for language in STUDIED}


@pytest.fixture(scope="module")
def toy_encoder(tmp_path_factory) -> dict[str, bytes]:
    """The files of the real repository, tiny, and pickles beside the safetensors."""
    folder = tmp_path_factory.mktemp("encoder")
    tokenizer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    texts = [text for words in WORDS.values() for text in words]
    tokenizer.train_from_iterator(texts, vocab_size=300, min_frequency=1, show_progress=False)
    tokenizer.save(str(folder / "tokenizer.json"))
    tokenizer.save_model(str(folder))
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    config = DistilBertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        dim=16,
        n_layers=1,
        n_heads=2,
        hidden_dim=32,
        max_position_embeddings=512,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        DistilBertForMaskedLM(config).save_pretrained(folder)
    files = {name: (folder / name).read_bytes() for name in READ_OF_THE_MODEL}
    return files | dict.fromkeys(NOT_READ, b"not to be fetched")


@dataclass
class Finished:
    """The study run once."""

    hub: HubServer
    folder: Path
    data: str
    """The commit of the data."""
    model: str
    """The commit of the encoder."""
    said: str = ""
    requests: tuple[str, ...] = ()
    authorizations: frozenset[str] = frozenset()

    def fresh(self, command: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the command in a process of its own."""
        sets = [word for change in BOTH for word in ("--set", change)]
        return subprocess.run(
            [sys.executable, "-m", "isogloss", command, str(STUDY), *sets, *words],
            cwd=self.folder,
            env={**self.hub.env(self.folder / "cache"), "OMP_NUM_THREADS": "1", **env},
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )


@pytest.fixture(scope="module")
def finished(tmp_path_factory, toy_encoder) -> Iterator[Finished]:
    """The study run once, with a token, saying all it can."""
    with running_hub() as hub:
        data = hub.add_dataset(DATA, PARQUET, sentiment_files())
        model = hub.add_model(MODEL, toy_encoder)
        place = Finished(hub, tmp_path_factory.mktemp("finished"), data, model)
        hub.token = TOKEN
        done = place.fresh("run", "-vv", HF_TOKEN=TOKEN)
        assert done.returncode == 0, done.stderr
        place.said = done.stdout + done.stderr
        place.requests = tuple(hub.requests)
        place.authorizations = frozenset(hub.authorizations)
        yield place


def stored(folder: Path, kind: str) -> dict[Path, dict]:
    """Folder -> manifest of the finished steps of a kind."""
    found = {}
    for path in folder.glob(".isogloss/steps/*/manifest.json"):
        manifest = json.loads(path.read_text())
        if manifest["kind"] == kind:
            found[path.parent] = manifest
    return found


@dataclass
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


class Desk:
    """The command in this process, in a folder with an own store and cache."""

    def __init__(self, hub: HubServer, folder: Path, monkeypatch, capfd) -> None:
        self.hub, self.folder = hub, folder
        self._monkeypatch, self._capfd = monkeypatch, capfd
        hub_source.cache_clear()
        hub.patch(monkeypatch, folder / "cache")
        monkeypatch.chdir(folder)
        monkeypatch.delenv("ISOGLOSS_STORE", raising=False)

    def says(self, command: str, changes: Sequence[str], *words: str) -> Said:
        sets = [word for change in changes for word in ("--set", change)]
        self._monkeypatch.setattr(sys, "argv", ["isogloss", command, str(STUDY), *sets, *words])
        self._capfd.readouterr()
        self.hub.requests.clear()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = self._capfd.readouterr()
        assert "Traceback" not in err
        return Said(code, out, err)

    def found(self, changes: Sequence[str]) -> dict[str, set[bool]]:
        """Kind of step -> whether the store has such steps, as `plan` says."""
        said = self.says("plan", changes, "--json")
        assert said.code == 0
        found: dict[str, set[bool]] = {}
        for step in json.loads(said.out)["steps"]:
            found.setdefault(step["kind"], set()).add(step["found"])
        return found

    def refuses(self, *changes: str) -> Said:
        """What `run` says when it does not begin: one message, and nothing is made but data."""
        said = self.says("run", ["languages=[english, malay]", f"regimes=[{JOINT}]", *changes])
        assert said.err.count("Error:") == 1
        for kind in ("tokenizer", "prepare", "train", "evaluate"):
            assert not stored(self.folder, kind)
        assert not [line for line in self.hub.requests if line.endswith((".bin", ".py", ".h5"))]
        return said


DONE = {kind: {True} for kind in ("data", "prepare", "train", "evaluate")}
TO_DO = {kind: {False} for kind in DONE}


@pytest.fixture
def copy(finished, tmp_path, monkeypatch, capfd) -> Iterator[Desk]:
    """A copy of the finished study's store and cache; the Hub is put back at the end."""
    folder = tmp_path / "copy"
    shutil.copytree(finished.folder, folder, symlinks=True)
    refs = {name: dict(repo.refs) for name, repo in finished.hub.repos.items()}
    yield Desk(finished.hub, folder, monkeypatch, capfd)
    finished.hub.down = False
    for name, before in refs.items():
        finished.hub.repos[name].refs = before


def test_every_gold_label_has_the_name_that_the_hub_gives_it(finished):
    tested = stored(finished.folder, "evaluate")
    assert len(tested) == (1 + len(STUDIED)) * len(STUDIED)
    for folder, manifest in tested.items():
        code = manifest["identity"]["payload"]["language"]
        (language,) = (name for name in STUDIED if CODES[name] == code)
        table = pq.read_table(folder / "predictions.parquet").to_pydict()
        gold = dict(zip(table["example"], table["gold"], strict=True))
        numbers = numbers_of(language, "test")
        assert gold == {f"test/{at}": CLASSES[number] for at, number in enumerate(numbers)}


def test_the_rows_of_a_confusion_matrix_are_the_hubs_counts(copy):
    rows = json.loads(copy.says("results", BOTH, "--json").out)
    found = Counter()
    for row in rows:
        kind, _, cell = row["metric"].partition("/")
        if kind == "confusion":
            found[row["step"], row["target_language"], cell.split("/")[0]] += row["value"]
    want = {
        (CODES[language], name): numbers_of(language, "test").count(number)
        for language in STUDIED
        for number, name in enumerate(CLASSES)
    }
    assert len(found) == (1 + len(STUDIED)) * len(want)
    assert all(count == want[code, gold] for (_, code, gold), count in found.items())


def test_training_draws_as_many_rows_of_each_name(finished):
    trained = stored(finished.folder, "train")
    assert len(trained) == 1 + len(STUDIED)
    for manifest in trained.values():
        for sample in manifest["record"]["samples"].values():
            assert sample["counts"] == dict.fromkeys(CLASSES, 2)


@pytest.mark.parametrize(
    ("kind", "of", "part"),
    [
        ("data", "data", "source"),
        ("prepare", "model", "tokenizer"),
        ("train", "model", "encoder"),
    ],
)
def test_the_commit_is_part_of_what_a_step_is(finished, kind, of, part):
    steps = stored(finished.folder, kind)
    assert steps
    for manifest in steps.values():
        assert manifest["identity"]["payload"][part]["commit"] == getattr(finished, of)


def test_nothing_is_fetched_but_what_is_read_and_that_once(finished):
    fetched = Counter(line for line in finished.requests if line.startswith("GET /"))
    data = {
        f"GET /datasets/{DATA}/resolve/{finished.data}/{language}/{split}/0000.parquet"
        for language in STUDIED
        for split in SPLITS
    }
    model = {f"GET /{MODEL}/resolve/{finished.model}/{name}" for name in READ_OF_THE_MODEL}
    files = {line: times for line, times in fetched.items() if "/resolve/" in line}
    assert files == dict.fromkeys(data | model, 1)


def test_the_last_request_is_before_the_first_training(finished):
    """It is for a file of the encoder: steps load it without the network."""
    assert f"{MODEL}/resolve/" in finished.requests[-1]


def test_the_token_goes_to_the_hub_and_nowhere_else(finished):
    assert finished.authorizations == {f"Bearer {TOKEN}"}
    assert TOKEN not in finished.said
    files = [path for path in finished.folder.rglob("*") if path.is_file()]
    assert len(files) > 100
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_a_second_run_does_nothing_and_asks_for_the_two_commits_only(finished):
    def files():
        everything = (finished.folder / ".isogloss").rglob("*")
        return {path: path.stat().st_mtime_ns for path in everything if path.suffix != ".lock"}

    before = files()
    finished.hub.requests.clear()
    done = finished.fresh("run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing to do" in done.stdout
    assert files() == before
    assert len(finished.hub.requests) == 2


def test_without_the_hub_a_finished_study_is_found_and_one_request_is_made(copy):
    copy.hub.down = True
    assert copy.found(BOTH) == DONE
    assert len(copy.hub.requests) == 1
    for command in ("run", "results", "status"):
        said = copy.says(command, BOTH)
        assert said.code == 0
        assert "cannot be asked (Server error '503" in said.err
        assert len(copy.hub.requests) == 1


def test_offline_a_finished_study_is_found_without_a_word(copy, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert copy.found(BOTH) == DONE
    assert copy.says("run", BOTH).err == ""
    assert copy.hub.requests == []


def test_without_the_hub_the_cache_is_enough_for_a_new_store(copy, finished):
    shutil.rmtree(copy.folder / ".isogloss")
    copy.hub.down = True
    assert copy.says("run", ONE).code == 0
    assert not [line for line in copy.hub.requests if "/resolve/" in line]
    found = {path.name for path in stored(copy.folder, "train")}
    assert len(found) == 1
    assert found < {path.name for path in stored(finished.folder, "train")}


def test_new_data_behind_a_revision_are_told_of_and_what_hangs_on_them_is_done_again(
    copy, finished
):
    moved = copy.hub.add_dataset(DATA, PARQUET, sentiment_files(change="!"))
    for _ in range(2):
        told = copy.says("plan", ONE)
        assert f"{PARQUET} has moved since it was last downloaded, to {moved[:12]}" in told.err
        assert f"revision: {finished.data}" in told.err
    assert copy.found(ONE) == TO_DO
    assert copy.found([*ONE, f"data.source.revision={finished.data}"]) == DONE
    assert copy.says("run", ONE).code == 0
    commits = Counter(
        manifest["identity"]["payload"]["source"]["commit"]
        for manifest in stored(copy.folder, "data").values()
    )
    assert set(commits) == {finished.data, moved}
    assert commits[moved] == commits[finished.data]
    assert len(stored(copy.folder, "train")) == len(stored(finished.folder, "train")) + 1
    assert copy.says("plan", ONE).err == ""
    copy.hub.down = True
    assert copy.found(ONE) == DONE


def test_a_new_encoder_behind_a_revision_leaves_the_data_alone(copy, toy_encoder):
    copy.hub.add_model(MODEL, {**toy_encoder, "README.md": b"new"})
    assert copy.found(BOTH) == {**TO_DO, "data": {True}}
    assert f"{MODEL} at main has moved" in copy.says("plan", BOTH).err


# What is wrong is said in one message, before any training.


@pytest.fixture
def desk(hub_server, tmp_path, monkeypatch, capfd, toy_encoder) -> Desk:
    hub_server.add_dataset(DATA, PARQUET, sentiment_files())
    hub_server.add_model(MODEL, toy_encoder)
    return Desk(hub_server, tmp_path, monkeypatch, capfd)


NOWHERE = "f" * 40
WRONG = {
    "encoders=[toy/no-such-model]": "toy/no-such-model: no such model repository",
    "encoders=[distilbert]": "distilbert: no such model repository",
    "encoders=[toy//model]": "'toy//model' is no repository name",
    f"encoders=[{{model: {MODEL}, revision: v9}}]": f"{MODEL} at v9: no such revision",
    f"encoders=[{{model: {MODEL}, revision: {NOWHERE}}}]": f"{NOWHERE}: no such revision",
    "data.source.repo=toy/no-such-data": "toy/no-such-data: no such dataset repository",
    "data.source.revision=v9": f"{DATA} at v9: no such revision",
    f"data.source.revision={NOWHERE}": f"{DATA} at {NOWHERE}: no such revision",
    "languages=[english, korean]": "no data for Korean",
    "data.train_splits=[train, extra]": "no split 'extra'",
    "training.max_length=600": f"more than the 512 positions of {MODEL}",
}


@pytest.mark.parametrize("change", WRONG)
def test_a_wrong_name_in_the_study_is_refused(desk, change):
    said = desk.refuses(change)
    assert said.code == 2
    assert WRONG[change] in said.err


def test_a_gated_dataset_says_how_to_get_in(desk):
    desk.hub.add_dataset("toy/gated", PARQUET, sentiment_files(), gated=True)
    said = desk.refuses("data.source.repo=toy/gated")
    assert said.code == 2
    assert f"is gated. Accept its terms at {desk.hub.url}/datasets/toy/gated" in said.err


def test_a_dataset_of_a_script_only_is_refused_and_the_script_not_fetched(desk):
    files = {"toy.py": b"raise SystemExit('run')", "README.md": b""}
    desk.hub.add_dataset("toy/script", "main", files)
    said = desk.refuses("data.source.repo=toy/script", "data.source.revision=main")
    assert said.code == 2
    assert f"Loading scripts are not run; use the revision {PARQUET}" in said.err
    said = desk.refuses("data.source.repo=toy/script")
    assert said.code == 2
    assert f"toy/script at {PARQUET}: no such revision" in said.err


def without(*endings: str):
    def change(files: dict[str, bytes]) -> dict[str, bytes]:
        return {name: body for name, body in files.items() if not name.endswith(endings)}

    return change


def with_config(text: str | None = None, **values: object):
    def change(files: dict[str, bytes]) -> dict[str, bytes]:
        config = {**json.loads(files["config.json"]), **values}
        changed = json.dumps(config) if text is None else text
        return {**files, "config.json": changed.encode(), "modeling.py": b"raise SystemExit('ran')"}

    return change


OWN = {"auto_map": {"AutoConfig": "modeling.Own", "AutoModel": "modeling.Own"}}
BROKEN = {
    "pickle": (without("safetensors"), "toy/pickle has no safetensors weights"),
    "code": (with_config(model_type="our-own", **OWN), "toy/code needs its own code (auto_map"),
    "new": (with_config(model_type="brand-new"), "toy/new is of type 'brand-new'"),
    "speech": (with_config('{"model_type": "vits"}'), "toy/speech is of type 'vits'"),
    "text": (with_config("{"), "config.json is not JSON"),
    "bare": (without("config.json"), "toy/bare is not a model: config.json is missing"),
    "mute": (without("vocab.txt", "tokenizer.json", "tokenizer_config.json"), "toy/mute"),
    "gated": (dict, "toy/gated"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_encoder_that_cannot_be_used_is_refused_before_another_is_trained(
    desk, toy_encoder, name
):
    change, message = BROKEN[name]
    desk.hub.add_model(f"toy/{name}", change(toy_encoder), gated=name == "gated")
    said = desk.refuses(f"encoders=[{MODEL}, toy/{name}]")
    assert said.code == 2
    assert message in said.err
    if name == "gated":
        assert f"Accept its terms at {desk.hub.url}/toy/gated" in said.err


def test_all_encoders_that_cannot_be_used_are_named_at_once(desk, toy_encoder):
    for name in ("new", "mute"):
        desk.hub.add_model(f"toy/{name}", BROKEN[name][0](toy_encoder))
    said = desk.refuses(f"encoders=[toy/new, {MODEL}, toy/mute]")
    assert said.code == 2
    assert "toy/new" in said.err
    assert "toy/mute" in said.err


def test_code_beside_a_known_type_is_neither_fetched_nor_run(desk, toy_encoder):
    desk.hub.add_model("toy/both", with_config(**OWN)(toy_encoder))
    check_encoder("toy/both", revision="main", max_length=16)
    assert [line for line in desk.hub.requests if line.endswith("config.json")]
    assert not [line for line in desk.hub.requests if line.endswith(".py")]


def test_a_typo_in_the_third_of_five_encoders_stops_everything(desk, toy_encoder):
    names = [f"toy/encoder-{number}" for number in range(5)]
    for name in names:
        desk.hub.add_model(name, toy_encoder)
    names[2] = "toy/encoder-tow"
    said = desk.refuses(f"encoders=[{', '.join(names)}]")
    assert said.code == 2
    assert "toy/encoder-tow: no such model repository" in said.err
    assert not (desk.folder / ".isogloss").exists()
    assert not [line for line in desk.hub.requests if "/resolve/" in line]


@pytest.mark.parametrize("revision", [PARQUET, NOWHERE])
def test_a_refused_token_is_not_mistaken_for_a_silent_hub(desk, monkeypatch, revision):
    desk.hub.token = TOKEN
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    said = desk.refuses(f"data.source.revision={revision}", "encoders=[{scratch: {}}]")
    assert said.code == 2
    assert "refuses it" in said.err
    assert "Check the token" in said.err
    assert "hf_wrong" not in said.err


@pytest.mark.parametrize("how", ["down", "unreachable", "offline"])
def test_without_hub_and_cache_a_plan_is_drawn_and_a_run_refused(desk, monkeypatch, how):
    if how == "down":
        desk.hub.down = True
    elif how == "unreachable":
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    else:
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    encoders = f"encoders=[{MODEL}, toy/second, toy/third]"
    said = desk.says("plan", [encoders])
    assert said.code == 0
    assert said.err.count("the keys of this plan are not final") == 4
    assert len(desk.hub.requests) == (how == "down"), "a silent Hub is asked once"
    said = desk.refuses(encoders)
    assert said.code == 1
    assert "it cannot be run from here" in said.err


def test_a_network_that_breaks_while_data_are_read_is_no_fault_of_the_input(desk, monkeypatch):
    scratch = "encoders=[{name: tiny, scratch: {}}]"
    english = ["languages=[english]", scratch, f"regimes=[{JOINT}]"]
    assert desk.says("validate", english).code == 0
    desk.hub.down = True
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the client tries again for long
    said = desk.refuses(scratch)
    assert said.code == 1
    assert "malay" not in said.err.partition("Error:")[2], "the first file that fails is enough"
    assert "not whole in the cache, and the Hub is out of reach" in said.err
