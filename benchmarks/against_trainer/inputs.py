"""Real text, read and cut into sub-tokens once, laid into a folder for the arms of a task.

The tokenizers are trained on that text and far smaller than the tables of embeddings; lengths are
those that these tokenizers give.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.against_trainer.prepared import TEST, TOKENIZER, TRAIN, WINDOWS
from benchmarks.against_trainer.scale import Scale
from benchmarks.against_trainer.terms import ENTITIES, LABELS
from isogloss.base.errors import InputError
from isogloss.data.encoded import Encoded
from isogloss.data.encoded_words import EncodedWords
from isogloss.data.example import Split, TaggedSplit
from isogloss.data.folder import FolderSource
from isogloss.data.mapping import Columns, read_split
from isogloss.data.packing import Frame, Lines, pack
from isogloss.data.tagging import TagColumns, read_tagged
from isogloss.data.text import RawText, read_text
from isogloss.model.lines import encode_lines, frame_of
from isogloss.model.tokenizer import encode_texts, train_tokenizer
from isogloss.model.words import encode_words
from isogloss.study.layout import TEXT_ENDINGS
from isogloss.study.tasks import span_tags

FOLDERS = {"sentiment": "sentiment", "ner": "ner_uner", "mlm": "text", "parity": "sentiment"}
"""Of each task, under the root of the data."""

TEXTS = Columns(labels=LABELS, label_names={str(at): name for at, name in enumerate(LABELS)})
WORDS = TagColumns(task="ner", labels=ENTITIES)
NER_LANGUAGES = ("eng-Latn", "por-Latn")
HELD_OUT = 0.05
CHARACTERS_OF_A_TOKEN = 8
"""More than any of these tokenizers needs; as much text is cut as surely fills the windows."""


def check_data(root: Path, tasks: Sequence[str]) -> None:
    """Refuse to begin where data are missing.

    Raises:
        InputError: naming what is.
    """
    for task in tasks:
        folder = root / FOLDERS[task]
        if not folder.is_dir():
            raise InputError(
                f"No data for {task}: {folder} does not exist. Give --data the folder that holds "
                f"{FOLDERS[task]}/<language>/train.jsonl and the like, or leave {task} out."
            )


def prepare(task: str, root: Path, scale: Scale, folder: Path) -> None:
    """Write what the arms of a task read.

    Args:
        task: one of `FOLDERS`.
        root: of the data.
        scale: of the task.
        folder: where to, made here.

    Raises:
        InputError: if the data are missing or broken.
    """
    folder.mkdir(parents=True)
    write = {"ner": _sentences, "mlm": _windows}.get(task, _texts)
    write(root / FOLDERS[task], scale, folder)


def _texts(root: Path, scale: Scale, folder: Path) -> None:
    source = FolderSource(root)
    languages = source.languages()
    train = {code: read_split(source, code, "train", TEXTS) for code in languages}
    texts = {code: [one.text for one in split.examples] for code, split in train.items()}
    tokenizer = _tokenizer(texts, scale, folder)

    def encoded(split: Split) -> Encoded:
        found = encode_texts(tokenizer, [one.text for one in split.examples], scale.max_length)
        labels = np.array([LABELS.index(one.label) for one in split.examples], dtype=np.int64)
        ids = tuple(one.id for one in split.examples)
        return Encoded(found.ids, found.offsets, labels, ids, found.truncated, found.unknown)

    shares = _shares(scale.pool or scale.rows, languages)
    parts = [_draw(encoded(train[code]), n) for code, n in zip(languages, shares, strict=True)]
    pool = Encoded.concatenate(parts)
    (typical(pool, scale.rows, scale.batch) if scale.pool else pool).write(folder / TRAIN)
    for code in languages:
        test = encoded(read_split(source, code, "test", TEXTS))
        _draw(test, scale.test_rows).write(folder / f"{TEST}{code}.parquet")


def _sentences(root: Path, scale: Scale, folder: Path) -> None:
    source = FolderSource(root)
    train = {code: read_tagged(source, code, ["train"], WORDS) for code in NER_LANGUAGES}
    texts = {c: [" ".join(one.tokens) for one in split.examples] for c, split in train.items()}
    tokenizer = _tokenizer(texts, scale, folder)
    number = {tag: at for at, tag in enumerate(span_tags(ENTITIES))}

    def encoded(split: TaggedSplit) -> EncodedWords:
        found = encode_words(tokenizer, [one.tokens for one in split.examples], scale.max_length)
        tags = np.array([number[tag] for one in split.examples for tag in one.tags], np.int64)
        ids = tuple(one.id for one in split.examples)
        return _that_fit(EncodedWords(**found._asdict(), examples=ids, tags=tags))

    shares = _shares(scale.pool, NER_LANGUAGES)
    parts = [_draw(encoded(train[code]), n) for code, n in zip(train, shares, strict=True)]
    pool = EncodedWords.concatenate(parts)
    typical(pool, scale.rows, scale.batch).write(folder / TRAIN)
    for code in NER_LANGUAGES:
        test = encoded(read_tagged(source, code, ["test"], WORDS))
        _draw(test, scale.test_rows).write(folder / f"{TEST}{code}.parquet")


def _that_fit(encoded: EncodedWords) -> EncodedWords:
    """Sentences of one window: what others do with longer ones is not ours."""
    return encoded.select(np.flatnonzero(np.diff(encoded.sentence_windows) == 1))


def _windows(root: Path, scale: Scale, folder: Path) -> None:
    source = FolderSource(root, endings=TEXT_ENDINGS)
    languages = source.languages()
    raw = {
        code: read_text(source, code, train_splits=("train",), held_out=HELD_OUT, column="text")
        for code in languages
    }
    lines = {code: list(one.train.lines) for code, one in raw.items()}
    tokenizer = _tokenizer(lines, scale, folder)
    for code, n in zip(languages, _shares(scale.rows, languages), strict=True):
        text = _beginning(raw[code].train, n * scale.max_length * CHARACTERS_OF_A_TOKEN)
        found = encode_lines(tokenizer, text.lines)
        laid = Lines(found.ids, found.offsets, found.characters)
        packed = pack(laid, text.documents, Frame(*frame_of(tokenizer)), scale.max_length)
        full = np.flatnonzero(packed.lengths == scale.max_length)
        packed.select(full[:n]).write(folder / f"{WINDOWS}{code}.parquet")


def _beginning(text: RawText, characters: int) -> RawText:
    before = np.cumsum([0, *map(len, text.lines[:-1])])
    return text.select(np.flatnonzero(before < characters))


def _tokenizer(texts: Mapping[str, Sequence[str]], scale: Scale, folder: Path) -> Any:
    tokenizer = train_tokenizer(
        texts,
        algorithm=scale.algorithm,
        vocab_size=scale.vocabulary,
        family=scale.architecture,
        seed=0,
    )
    tokenizer.save_pretrained(folder / TOKENIZER)
    return tokenizer


def _shares(rows: int, languages: Sequence[str]) -> list[int]:
    """Rows of each language: as many of each, but for the remainder.

    >>> _shares(8, "abc")
    [3, 3, 2]
    """
    each, left = divmod(rows, len(languages))
    return [each + (at < left) for at in range(len(languages))]


def typical(pool: Any, rows: int, batch: int) -> Any:
    """Rows that fall into the batches in which `group_by_length` puts them in a large set.

    The Trainer sorts 50 batches at a time where a set has 200 or more, and fewer in a smaller set,
    whose batches then hold more padding; and what can be timed is a small set. So as many rows as
    it would sort at a time are sorted here, and some of the batches picked, evenly from the longest
    to the shortest: sorted again, their rows make the same batches.
    """
    order = np.argsort(-pool.lengths, kind="stable")
    groups = [order[start : start + batch] for start in range(0, len(order), batch)]
    full = [group for group in groups if len(group) == batch] or groups
    n = min(max(1, rows // batch), len(full))
    picked = [full[int((at + 0.5) * len(full) / n)] for at in range(n)]
    return pool.select(np.random.default_rng(0).permutation(np.concatenate(picked)))


def _draw(encoded: Any, n: int | None) -> Any:
    """Rows at random, the same each time; all, in order, if `n` is None."""
    if n is None:
        return encoded
    return encoded.select(np.random.default_rng(0).permutation(len(encoded))[:n])
