"""What a tokenizer makes of a language, beside how well its encoder does there.

Fertility is sub-tokens per word, words being what stands between spaces; of languages that are
written without spaces it says nothing, so those are left out of it. Sub-tokens per character can be
compared everywhere, but for scripts of which a character says more.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from isogloss.report.cells import read_cells, score_fields
from isogloss.report.comparison.results import Setting
from isogloss.report.records import Record, Row
from isogloss.report.understand import AS_TRAINED

UNSPACED = {"Hans", "Hant", "Jpan", "Khmr", "Laoo", "Mymr", "Thai", "Tibt"}
"""Scripts that put no space between words."""

FIELDS = (
    "fertility", "tokens_per_character", "unknown_share", "vocabulary_share", "truncated_share",
    "n_left_out",
)  # fmt: skip


def fertility_records(
    tokenizers: Mapping[str, Mapping[str, Any]], rows: Iterable[Row], setting: Setting, metric: str
) -> list[Record]:
    """One record an encoder and language: rates of its tokenizer, its score and the counts.

    Args:
        tokenizers: by encoder, with `algorithm`, `vocab_size` and `languages`: by code `texts`,
            `words`, `tokens` and `FIELDS`.
        rows: the long table of results.
        setting: how the models were trained that the scores are of.
        metric: the score.
    """
    wanted = [row for row in rows if row.get("form") in AS_TRAINED and _is_of(row, setting)]
    scores = {
        (cell.model.encoder, cell.target): score_fields(by_seed, metric)
        for cell, by_seed in read_cells(wanted, metric).items()
    }
    return [
        {
            "encoder": encoder,
            **{field: told.get(field) for field in ("algorithm", "vocab_size")},
            "language": code,
            **{field: rates.get(field) for field in ("texts", "words", "tokens")},
            **{field: rates.get(field) for field in FIELDS},
            "fertility": None if code.partition("-")[2] in UNSPACED else rates["fertility"],
            **scores.get((encoder, code), {}),
        }
        for encoder, told in tokenizers.items()
        for code, rates in told["languages"].items()
    ]


def _is_of(row: Row, setting: Setting) -> bool:
    return row["target_language"] is not None and setting == (
        row["regime"],
        tuple(row["source_languages"]),
        row["n_per_language"],
        row["split"],
    )
