"""Step `probe`: a linear classifier over a frozen encoder: one language in, many tested."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from isogloss.data.encoded_words import EncodedWords
from isogloss.data.sampling import sample_balanced
from isogloss.evaluate.features import word_features
from isogloss.evaluate.probing import answered, ner_probe_scores, pos_probe_scores
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.evaluate import as_trained
from isogloss.execute.kinds.judging import words_table
from isogloss.execute.kinds.prepare import read_prepared
from isogloss.execute.kinds.pretrain import open_pretrained
from isogloss.model.precision import Precision
from isogloss.store.step_files import PREDICTIONS
from isogloss.study.tasks import SENTENCES, tags_of
from isogloss.train.probe import Probe, fit_probe, probabilities

TRAINED, TESTED = 1, 2
"""The split that is trained on, and the first that is tested on, among the step's needs."""

_kept: dict[str, Any] = {}
"""What the layers last probed make of splits that are tested on, by their keys, beside who was
asked: other probes of the encoder follow in this process and are tested on the same splits."""


def make_probed(bench: Bench) -> Making:
    """Fit one classifier a layer and test it on every target."""
    yield from ()
    payload = bench.payload
    whole = _read(bench, TRAINED)
    split = whole.select(_drawn(whole, payload))
    features = _encode(bench, split)
    n_tags = len(tags_of(payload["task"], payload["labels"]))
    record: dict[str, Any] = {
        "n_train": len(split),
        "n_words": split.n_words,
        "parts": {},
        "fits": {},
    }
    tables: list[pa.Table] = []
    for layer in payload["layers"]:
        probe = fit_probe(
            features[layer],
            split.tags,
            n_tags,
            l2=payload["l2"],
            max_iterations=payload["max_iterations"],
        )
        record["fits"][str(layer)] = _told(probe)
        for at, target in enumerate(payload["targets"], start=TESTED):
            scores, table = _test(bench, at, probe, layer)
            record["parts"][f"{layer}/{target}"] = {"scores": scores, "n_train": len(split)}
            tables.append(_named(table, target, layer))
    return Made(record, partial(_write, pa.concat_tables(tables)))


def _read(bench: Bench, at: int) -> EncodedWords:
    split = read_prepared(bench.need(at), bench.payload)
    if not isinstance(split, EncodedWords):
        raise TypeError("a probe reads tagged words")
    return split


def _drawn(split: EncodedWords, payload: dict[str, Any]) -> NDArray[np.int64]:
    """The sentences that the classifier learns from; all, where there are fewer than asked for."""
    drawn = sample_balanced(
        [SENTENCES] * len(split),
        payload["n_per_language"],
        [SENTENCES],
        seed=payload["seed"],
        language=payload["source"],
        shortage="take_all",
    )
    return np.asarray(drawn.indices, dtype=np.int64)


def _features(bench: Bench, at: int) -> dict[int, NDArray[np.float32]]:
    """What the encoder makes of the words of a split that is tested on, by layer."""
    model_key, key = bench.step.needs[0], bench.step.needs[at]
    asked = [model_key, *bench.payload["layers"]]
    if _kept.get("asked") != asked:
        _kept.clear()
        _kept["asked"] = asked
    if key not in _kept:
        _kept[key] = _encode(bench, _read(bench, at))
    found: dict[int, NDArray[np.float32]] = _kept[key]
    return found


def _encode(bench: Bench, split: EncodedWords) -> dict[int, NDArray[np.float32]]:
    """Run the encoder."""
    opened = open_pretrained(bench.step.needs[0], bench.need(0))
    return word_features(
        opened.model,
        split,
        layers=tuple(bench.payload["layers"]),
        precision=_precision(bench),
        pad_id=opened.tokenizer.pad_token_id,
        max_tokens=bench.step.settings["max_tokens"],
    )


def _precision(bench: Bench) -> Precision:
    return as_trained(bench.record(0)["precision"])


def _test(bench: Bench, at: int, probe: Probe, layer: int) -> tuple[list[dict[str, Any]], pa.Table]:
    payload, split = bench.payload, _read(bench, at)
    said = answered(split.tags, probabilities(probe, _features(bench, at)[layer]))
    names = tags_of(payload["task"], payload["labels"])
    where = {"offsets": split.word_offsets}
    if payload["task"] == "ner":
        types = payload["labels"]
        scores = ner_probe_scores(split.tags, said, **where, types=types, tags=names)
    else:
        scores = pos_probe_scores(split.tags, said, **where, labels=names)
    return [vars(score) for score in scores], words_table(split, said.predicted, names)


def _told(probe: Probe) -> dict[str, Any]:
    return {
        "n_iterations": probe.n_iterations,
        "gradient_norm": probe.gradient_norm,
        "converged": probe.converged,
    }


def _named(table: pa.Table, target: str, layer: int) -> pa.Table:
    n = table.num_rows
    names = pa.array([target] * n, pa.string()), pa.array([layer] * n, pa.int64())
    return table.add_column(0, "target", names[0]).add_column(1, "layer", names[1])


def _write(table: pa.Table, folder: Path) -> None:
    compact = table.set_column(0, "target", table["target"].dictionary_encode())
    pq.write_table(compact, folder / PREDICTIONS, compression="zstd")
