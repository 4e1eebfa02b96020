"""The page of a study: what was run, what came out, how sure it is, and how to get it again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from isogloss.report.at_chance import zero_shot_notes
from isogloss.report.baseline_tables import chance_lines
from isogloss.report.cells import by_size
from isogloss.report.charts.look import seeds
from isogloss.report.figures import Figure, pictures
from isogloss.report.frame import Frame
from isogloss.report.names import names_of
from isogloss.report.numbers import number
from isogloss.report.pivots import by_fields, parts, pivot
from isogloss.report.records import Record, Records, Row
from isogloss.report.tables import markdown

Tables = Mapping[str, Records]

READING = """\
- **Intervals are 95 % confidence intervals.** With two seeds or more they are Student's t over
  seeds: would training again give the same? With one seed they are over test examples (bootstrap,
  or Wilson for accuracy): would another test set give the same? The column `method` of the CSV
  tables says which. They are never standard errors; `sd` is the deviation between seeds.
- **A star** at the end of an interval says that it is cut there, at what a score (0 to 1) or a
  difference (-1 to 1) can be: Student's t over few seeds reaches beyond.
- **Digits** end where the interval says (the rule of the Particle Data Group), at three decimals at
  most, and for scores at two at least; a number without an interval has three. CSV files keep the
  numbers themselves.
- **Chance** is the better of two that know nothing of a text: always the most frequent label of the
  test set, and guessing all labels equally often (its F1 is that of the expected counts).
- **Macro recall and macro F1 are two metrics**: macro recall is balanced accuracy. Compare each
  with its own kind only.
- **Macro means run over all labels of the study**, also over one that a test set lacks; precision
  of a label that is never predicted is 0, as in scikit-learn with `zero_division=0`.
- **Differences are paired by seed**, at the same number of rows per language. A joint model sees
  that many rows of *every* language, so it has more rows in all than a single one.
- **The best zero-shot source and the best and worst languages are chosen by the scores shown**,
  which flatters them: the best source looks better than it would on another test set, *joint minus
  best zero-shot* smaller, and gaps between languages larger."""


def page(
    tables: Tables,
    drawn: Sequence[Figure],
    frame: Frame,
    *,
    facts: Sequence[str],
    more: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Write the page in Markdown; figures and tables are linked by relative paths.

    Args:
        tables: those of `understand`.
        drawn: the figures that stand in `figures/`.
        frame: study, metric and whether the data are sample data.
        facts: what was run, a line each.
        more: further sections, title -> paragraphs; one without paragraphs is left out.
    """
    sample = "\n\n**Sample data**: made up for trying things out; says nothing of real languages."
    blocks = [
        f"# {frame.study}: {frame.measure}" + (sample if frame.sample else ""),
        "\n".join(f"- {fact}" for fact in facts),
    ]
    for title, section in SECTIONS.items():
        if body := list(section(tables, drawn)):
            blocks += [f"## {title}", *body]
    blocks += ["## How to read this", READING]
    blocks.append("All tables as CSV, Markdown and LaTeX: [tables](tables). Figures: PNG and SVG.")
    for title, paragraphs in (more or {}).items():
        if paragraphs:
            blocks += [f"## {title}", *paragraphs]
    return "\n\n".join(block.strip() for block in blocks if block) + "\n"


def what_was_run(rows: Sequence[Row]) -> list[str]:
    """Say in a few lines what the rows cover."""
    scores = [row for row in rows if row["target_language"] is not None]
    targets = list(names_of(row["target_language"] for row in scores).values())
    sizes = sorted({row["n_per_language"] for row in scores}, key=by_size)
    unscored = sum(row["n_unscored"] for row in scores if row["metric"] == "accuracy")
    models = {
        (r["encoder"], r["regime"], *r["source_languages"], r["n_per_language"], r["seed"])
        for r in scores
    }
    return [
        f"Encoders: {_listed(row['encoder'] for row in scores)}",
        f"Target languages ({len(targets)}): {', '.join(targets)}",
        f"Regimes: {_listed(row['regime'] for row in scores)}",
        f"Training rows per language: {_listed('all' if n is None else n for n in sizes)}",
        f"Seeds: {_listed(sorted({row['seed'] for row in scores}))}; models: {len(models)}",
        f"Splits tested on: {_listed(row['split'] for row in scores)};"
        f" predictions that could not be scored: {unscored}",
    ]


def _chance(tables: Tables, key: Mapping[str, Any], records: Records, field: str) -> Iterator[str]:
    """What chance scores on the languages of some records."""
    languages = list(dict.fromkeys(record[field] for record in records))
    told = chance_lines(tables.get("baselines", ()), key["split"], languages)
    if told:
        yield "\n".join(f"- {line}" for line in told)


def _curves(tables: Tables, drawn: Sequence[Figure]) -> Iterator[str]:
    yield from pictures("curves", drawn)
    fields = ("encoder", "split", "regime", "setting")
    gains = by_fields(tables["gains"], fields)
    for key, points in parts(tables["curves"], fields):
        rows = pivot(points, "language", "n_per_language")
        for row, code in zip(rows, dict.fromkeys(p["language"] for p in points), strict=True):
            row.update(_gain_columns(gains.get(tuple(key.values()), ()), code))
        yield f"**{named(key)}**, {counts(points)}; by training rows per language:"
        yield markdown(rows)
        yield from _chance(tables, key, points, "language")


def _transfer(tables: Tables, drawn: Sequence[Figure]) -> Iterator[str]:
    yield from pictures("transfer", drawn)
    fields = ("encoder", "split", "n_per_language")
    margins = by_fields(tables["donors"], fields)
    for key, cells in parts(tables["transfer"], fields):
        missing = sum(cell["value"] is None for cell in cells)
        yield (
            f"**{named(key)}**, {counts(cells)}, {missing} of {len(cells)} cells not run; "
            "source down, target across:"
        )
        yield markdown(pivot(cells, "source", "target", bounds=False))
        yield from _chance(tables, key, cells, "target")
        yield "What each language gives (donor) and gets (recipient); the gap is its in-language "\
            "score minus what it gets:"  # fmt: skip
        yield _narrow(margins.get(tuple(key.values()), ()), DONOR_FIELDS)


def _regimes(tables: Tables, drawn: Sequence[Figure]) -> Iterator[str]:
    yield from pictures("regimes", drawn)
    yield from zero_shot_notes(tables["regimes"], tables.get("baselines", ()))
    for key, records in parts(tables["regimes"], ("encoder", "split", "n_per_language")):
        yield f"**{named(key)}**, {seeds(records)}:"
        yield _narrow(records, REGIME_FIELDS)
        yield from _chance(tables, key, records, "language")


def _gaps(tables: Tables, drawn: Sequence[Figure]) -> Iterator[str]:
    del drawn
    several = [record for record in tables["gaps"] if record["n_languages"] > 1]
    if several:
        yield _narrow(several, GAP_FIELDS)


def _training(tables: Tables, drawn: Sequence[Figure]) -> Iterator[str]:
    del drawn
    if tables["training"]:
        yield "As measured while training, mean over seeds; runs that shared a machine do not "\
            "compare."  # fmt: skip
        yield _narrow(tables["training"], TRAINING_FIELDS)


SECTIONS = {
    "Learning curves": _curves,
    "Transfer between languages": _transfer,
    "Joint, single and zero-shot": _regimes,
    "Worst and best language of each model": _gaps,
    "Training": _training,
}
"""The sections of the page; one that has nothing to show is left out."""

DONOR_FIELDS = ("language", "in_language", "donor", "n_donor", "recipient", "n_recipient", "gap")
REGIME_FIELDS = (
    "language", "joint", "single", "zero_shot_best", "best_source", "zero_shot_mean",
    "joint_zero_shot", "leave_one_out", "joint_minus_single", "joint_minus_zero_shot",
    "n_sources", "n_missing",
)  # fmt: skip
GAP_FIELDS = (
    "encoder", "split", "regime", "sources", "n_per_language", "mean", "worst", "worst_score",
    "best", "best_score", "gap", "sd_languages", "n_languages", "n_missing", "missing",
    "n_seeds",
)  # fmt: skip
TRAINING_FIELDS = (
    "encoder", "regime", "sources", "n_per_language", "n_train", "train_runtime",
    "train_samples_per_second", "n_seeds",
)  # fmt: skip


def narrow(records: Records, fields: Sequence[str]) -> list[Record]:
    """Keep some fields of a table, each with its interval."""
    kept = {f"{field}{end}" for field in fields for end in ("", "_low", "_high", "_sd")}
    return [{f: v for f, v in record.items() if f in kept} for record in records]


def _narrow(records: Records, fields: Sequence[str]) -> str:
    return markdown(narrow(records, fields))


def named(key: Mapping[str, Any]) -> str:
    """What some records are about: encoder, split, and regime or size.

    >>> named({"encoder": "tiny", "split": "test", "n_per_language": 100})
    'tiny, on test, N = 100 per language'
    """
    words = [str(key["encoder"]), f"on {key['split']}"]
    if "regime" in key:
        seen = "" if key["setting"] == "seen" else f", {key['setting']}"
        words.append(f"{key['regime']}{seen}")
    else:
        size = key["n_per_language"]
        words.append("all rows" if size is None else f"N = {size:,} per language")
    return ", ".join(words)


def counts(records: Records) -> str:
    """Seeds and predictions behind some records: one an example, or one a word."""
    scored = {record["n_scored"] for record in records if record["n_seeds"]} or {0}
    low, high = min(scored), max(scored)
    each = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    most = max((record["n_unscored"] for record in records), default=0)
    unscored = f"up to {most} unscored" if most else "none unscored"
    return f"{seeds(records)}, {each} predictions each, {unscored}"


def _gain_columns(gains: Records, code: str) -> dict[str, str]:
    """What a curve gained, as two more columns; empty if no curve has two sizes."""
    if not gains:
        return {}
    one = next((gain for gain in gains if gain["language"] == code), {})
    gained = number(one.get("gain"), one.get("gain_low"), one.get("gain_high"))
    return {"gain": gained, "per doubling": number(one.get("gain_per_doubling"))}


def _listed(values: Any) -> str:
    return ", ".join(map(str, dict.fromkeys(values)))
