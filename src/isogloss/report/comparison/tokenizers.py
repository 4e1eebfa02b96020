"""What the tokenizers of the encoders make of each language, beside their scores.

A tokenizer that cuts a language into many pieces makes each of its sentences longer, hence slower,
and often worse; so the audit belongs beside the comparison.
"""

from collections.abc import Mapping
from typing import Any

from isogloss.report.records import Record

FIELDS = ("fertility", "tokens_per_character", "unknown_share", "vocabulary_share")


def tokenizer_table(audits: Mapping[str, Mapping[str, Any]]) -> list[Record]:
    """One record per encoder and language.

    Args:
        audits: by encoder, with `algorithm`, `vocab_size` and `languages`: for each language
            `fertility` (tokens a word), `unknown_share` of tokens, `vocabulary_share` (entries
            seen) and so on.
    """
    return [
        {
            "encoder": encoder,
            "algorithm": audit["algorithm"],
            "vocabulary": audit["vocab_size"],
            "language": language,
            **{field: numbers.get(field) for field in FIELDS},
        }
        for encoder, audit in audits.items()
        for language, numbers in audit["languages"].items()
    ]
