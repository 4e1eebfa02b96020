"""MLflow against a server of its own on this machine, W&B offline: what was tracked is there.

Neither is among the packages that tests are installed with: MLflow wants an older pandas. `make
test-trackers` runs these in an environment with both.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from importlib import import_module
from importlib.util import find_spec

import pytest

from finishing import result_of
from isogloss.train.finetune import finetune
from isogloss.train.lesson import TextLesson
from isogloss.train.trackers import open_trackers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of the trackers' own making
]
CONFIG = {"title": "tiny joint", "learning_rate": 2e-5, "max_steps": None, "precision": "fp32"}


def needs(name):
    why = f"{name} is not installed: make test-trackers runs this where it is"
    return pytest.mark.skipif(find_spec(name) is None, reason=why)


def train(toys, folder, name):
    """A real training of six steps, followed; returns its curve."""
    recipe = toys.recipe(
        per_device_train_batch_size=8, num_train_epochs=2, logging_steps=2, save_seconds=None
    )
    with open_trackers(
        [name], folder=folder, project="a-study", run="tiny_joint", config=CONFIG
    ) as tracker:
        steps = finetune(
            toys.model(), TextLesson(toys.split(24)), recipe, pad_id=0,
            folder=folder / "running", max_tokens=8192, tracker=tracker,
        )  # fmt: skip
        return result_of(steps).curve


@pytest.fixture
def server(tmp_path):
    """MLflow's server on a free port of the loopback; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db",
        "--default-artifact-root", str(tmp_path / "artifacts"),
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with (tmp_path / "server.txt").open("w") as log:
        running = subprocess.Popen(
            command, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait(address, running, tmp_path / "server.txt")
            yield address
        finally:
            os.killpg(running.pid, 15)
            running.wait(60)


def wait(address, running, log):
    for _ in range(1200):
        assert running.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5)
        except OSError:
            time.sleep(0.25)
        else:
            return
    raise AssertionError(log.read_text())


def ask(address, path, **body):
    """What the server says, past the client that wrote it."""
    query = "?" + "&".join(f"{k}={v}" for k, v in body.items()) if path.endswith("history") else ""
    data = None if query else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{address}/api/2.0/mlflow/{path}{query}", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@needs("mlflow")
def test_mlflows_server_has_every_point_of_the_curve(server, toys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    curve = train(toys, tmp_path / "trackers", "mlflow")
    experiments = ask(server, "experiments/search", max_results=10)["experiments"]
    (experiment,) = (one for one in experiments if one["name"] == "a-study")
    (run,) = ask(server, "runs/search", experiment_ids=[experiment["experiment_id"]])["runs"]
    assert run["info"]["run_name"] == "tiny_joint"
    assert run["info"]["status"] == "FINISHED"
    params = {one["key"]: one["value"] for one in run["data"]["params"]}
    assert params == {name: str(value) for name, value in CONFIG.items()}
    assert [point["step"] for point in curve] == [2, 4, 6]
    for metric in ("loss", "learning_rate", "grad_norm", "epoch"):
        key = {"run_id": run["info"]["run_id"], "metric_key": metric}
        found = ask(server, "metrics/get-history", **key)["metrics"]
        assert [(one["step"], one["value"]) for one in found] == [
            (point["step"], pytest.approx(point[metric])) for point in curve
        ]
    assert not (tmp_path / "mlruns").exists()


@needs("wandb")
def test_wandb_offline_keeps_every_point_of_the_curve_and_asks_nobody(toys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    curve = train(toys, tmp_path / "trackers", "wandb")
    import_module("wandb").teardown()  # its own process writes the file, and has then ended
    (file,) = (tmp_path / "trackers" / "wandb").glob("offline-run-*/run-*.wandb")
    points, config = read_wandb(file)
    assert config["learning_rate"] == 2e-5
    assert [int(point["_step"]) for point in points] == [2, 4, 6]
    for point, want in zip(points, curve, strict=True):
        assert {name: point[name] for name in want if name != "step"} == {
            name: pytest.approx(value) for name, value in want.items() if name != "step"
        }
    assert not (tmp_path / "wandb").exists()


def read_wandb(file):
    """The history and the configuration in a run's own file."""
    from wandb.proto.wandb_internal_pb2 import Record

    points, config = [], {}
    for data in records_of(file.read_bytes()):
        record = Record()
        record.ParseFromString(data)
        for item in (*record.run.config.update, *record.config.update):
            config[item.key or item.nested_key[0]] = json.loads(item.value_json)
        if record.HasField("history"):
            items = record.history.item
            points.append({i.key or i.nested_key[0]: json.loads(i.value_json) for i in items})
    return points, config


def records_of(data):
    """What LevelDB's log format holds: a head of 7 bytes, then records in blocks of 32 KB."""
    assert data[:4] == b":W&B"
    at, begun = 7, b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:  # too little is left of the block for a record's head
            at += 32768 - at % 32768
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        begun += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in {1, 4}:  # whole, or the last part
            yield begun
            begun = b""
