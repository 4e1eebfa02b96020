"""What the tokenizers make of each language, beside the scores."""

from collections.abc import Iterator, Mapping
from typing import Any

from isogloss.report.charts.fertility import fertility_chart
from isogloss.report.charts.look import seeds
from isogloss.report.comparison.results import words_of
from isogloss.report.html.blocks import Block, Chart, Heading, Words, table_of
from isogloss.report.html.evidence import Evidence
from isogloss.report.html.own_names import both_names, in_own_names
from isogloss.report.records import Record
from isogloss.report.why.fertility import FIELDS, UNSPACED, fertility_records

CAPTION = "Score by fertility: does a language that is cut into many pieces do worse?"
SHOWN = ("encoder", "algorithm", "vocab_size", "language", *FIELDS)


def tokenizer_blocks(evidence: Evidence) -> Iterator[Block]:
    """A scatter of languages, and its numbers."""
    tokenizers = (evidence.audit or {}).get("tokenizers") or {}
    if not tokenizers or evidence.scores is None or evidence.errors is None:
        return
    main, metric = evidence.errors.main, evidence.frame.metric
    records = fertility_records(tokenizers, evidence.scores.rows, main, metric)
    scored = [record for record in records if record.get("value") is not None]
    yield Heading("Tokenizers")
    if len(scored) > 1:
        names = both_names(record["language"] for record in records)
        facts = (words_of(main), seeds(scored))
        spec = fertility_chart(scored, evidence.frame, names, *facts)
        yield Chart("why-fertility", CAPTION, spec, facts=" · ".join(facts))
    yield Words(_how_counted(records), "note")
    shown = [_shown(record) for record in records]
    table = table_of("why-tokenizers", "Tokenizers by language", shown, folded=True, full=records)
    yield in_own_names(table, shown)


def _how_counted(records: list[Record]) -> str:
    lines = [
        "Counted on the texts as the models saw them, special tokens apart. Fertility is sub-tokens"
        " per word between spaces."
    ]
    if any(record["language"].partition("-")[2] in UNSPACED for record in records):
        lines.append("Languages that are written without spaces have none.")
    left_out = sum(record["n_left_out"] or 0 for record in records)
    if left_out:
        lines.append(f"{left_out:,} texts that did not fit are left out of it.")
    return " ".join(lines)


def _shown(record: Mapping[str, Any]) -> Record:
    """Without what is nought everywhere, and with the score last."""
    score = {name: record.get(name) for name in ("value", "value_low", "value_high")}
    return {**{name: record[name] for name in SHOWN}, **score}
