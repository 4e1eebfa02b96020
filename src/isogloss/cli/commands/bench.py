"""`isogloss bench`: what encoders cost to serve, and nothing else."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isogloss.base.errors import InputError
from isogloss.base.whole_file import write_file
from isogloss.cli import show
from isogloss.cli.options import JsonOption, VerboseOption, parts

if TYPE_CHECKING:
    from isogloss.efficiency.bench import Progress
    from isogloss.efficiency.result import BenchResult


class Answer(StrEnum):
    """What a model says: one label a text, or one tag a word."""

    text = "text"
    tags = "tags"


class Busy(StrEnum):
    """What to do where other programs use the machine."""

    flag = "flag"
    refuse = "refuse"
    ignore = "ignore"


def bench(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL...", help="Folders or Hub ids.", show_default=False),
    ],
    texts: Annotated[
        Path | None,
        typer.Option(
            "--texts",
            metavar="FILE",
            help="One text a line, as many as yours are long; by default built-in sample texts.",
        ),
    ] = None,
    answer: Annotated[
        Answer, typer.Option("--answer", help="One label a text, or one tag a word.")
    ] = Answer.text,
    forms: Annotated[
        str, typer.Option("--forms", metavar="torch,onnx", help="Forms of serving.")
    ] = "torch",
    scenarios: Annotated[
        str,
        typer.Option("--scenarios", help="Of offline, single_stream, server, cold_start, energy."),
    ] = "offline,single_stream,server,cold_start",
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Turns of each model.")] = 24,
    n_texts: Annotated[int, typer.Option("--n-texts", min=1, help="Texts answered.")] = 256,
    max_length: Annotated[
        int, typer.Option("--max-length", min=4, help="Sub-tokens of a text, at most.")
    ] = 128,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="By default the physical cores.")
    ] = None,
    price: Annotated[
        float | None,
        typer.Option("--price", min=0, help="Price of the machine per hour, for the table."),
    ] = None,
    busy: Annotated[
        Busy, typer.Option("--busy", help="Where other programs use the machine.")
    ] = Busy.flag,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Raw output as JSON."),
    ] = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Measure encoders in turn, each alone in a process: speed, latency, memory, size.

    Offline, single stream, server and cold start are MLPerf's words; docs/efficiency.md says what
    each figure means. Quality is not looked at: isogloss compare does both.
    """
    from isogloss.efficiency.protocol import Protocol
    from isogloss.execute.measuring import Asked, measure_models

    show.listen(verbose)
    protocol = Protocol(
        scenarios=tuple(parts(scenarios)),
        rounds=rounds,
        n_texts=n_texts,
        busy=busy.value,
        threads=threads,
    )
    asked = Asked(models, parts(forms), answer.value, max_length)
    samples = _samples(texts, tagged=answer is Answer.tags)
    result = _followed(measure_models(asked, samples, protocol))
    if json:
        show.dump(result.to_json())
    else:
        _speak(result, price)
    if output is not None:
        _write(result, output)
    raise typer.Exit(_code(result))


def _samples(path: Path | None, *, tagged: bool) -> list[Any]:
    """Texts, or their words where words are answered."""
    lines = _sample_texts() if path is None else _lines(path)
    return [line.split() for line in lines] if tagged else lines


def _sample_texts() -> list[str]:
    from isogloss.data.sample import SampleSource

    source = SampleSource()
    return [row.fields["text"] for code in source.languages() for row in source.rows(code, "test")]


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise InputError(f"{path} holds no text. Write one text a line.")
    return lines


def _followed(turns: Any) -> "BenchResult":
    """Tell each turn, and return what came out."""
    while True:
        try:
            turn: Progress = next(turns)
        except StopIteration as end:
            result: BenchResult = end.value
            return result
        show.note(f"[{turn.done}/{turn.total}] {turn.what}")


def _write(result: "BenchResult", path: Path) -> None:
    import json

    write_file(path, json.dumps(result.to_json(), indent=1) + "\n")
    show.note(f"Wrote {path}.")


def _speak(result: "BenchResult", price: float | None) -> None:
    from isogloss.efficiency.result import flat
    from isogloss.report.comparison.grid import grid_rich
    from isogloss.report.comparison.values import compare_values
    from isogloss.report.tables import rich_table

    values = {name: found for name, found in flat(result, price_per_hour=price).items() if found}
    if len(values) > 1:
        show.wide().print(grid_rich(compare_values(values), title="Measured in turn"))
    else:
        records = [{"metric": m, name: v} for name, one in values.items() for m, v in one.items()]
        show.wide().print(rich_table(records, title="Measured"))
    for one in result.candidates:
        if one.failure:
            show.err().print(f"failed: {one.name}: {one.failure}", markup=False)
    if result.busy:
        show.note(f"Others used the machine in {len(result.busy)} turns: measure again when idle.")


def _code(result: "BenchResult") -> int:
    from isogloss.cli.running import PARTIAL

    failed = [one for one in result.candidates if one.failure]
    if not failed:
        return 0
    return 1 if len(failed) == len(result.candidates) else PARTIAL
