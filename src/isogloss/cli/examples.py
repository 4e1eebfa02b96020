"""What each command is typed for: shown at the end of its `--help`, and parsed by a test."""

EXAMPLES = {
    "init": ("isogloss init folder -o mine.yaml",),
    "validate": ("isogloss validate mine.yaml", "isogloss validate studies/*.yaml"),
    "plan": ("isogloss plan mine.yaml", "isogloss plan mine.yaml --set seeds=[1,2,3]"),
    "audit": ("isogloss audit mine.yaml -o results/mine",),
    "run": (
        "isogloss run mine.yaml",
        "isogloss run mine.yaml --executor processes --jobs 2",
        "isogloss run mine.yaml --set training.learning_rate=5e-5",
    ),
    "status": ("isogloss status mine.yaml",),
    "results": (
        "isogloss results mine.yaml --format csv -o results.csv",
        'isogloss results mine.yaml --sql "select encoder, target_language, avg(value) from results'
        " where metric = 'macro_f1' and form = 'torch' group by 1, 2\"",
    ),
    "report": (
        "isogloss report mine.yaml -o results/mine",
        "isogloss report mine.yaml -o paper --format latex",
    ),
    "compare": ("isogloss compare mine.yaml -o results/mine",),
    "recommend": (
        "isogloss recommend mine.yaml",
        "isogloss recommend mine.yaml --weights quality=0.8,cost=0.2 --min-f1 0.5",
    ),
    "bench": ("isogloss bench models/small models/large --texts texts.txt",),
    "view": ("isogloss view", "isogloss view --port 8000"),
    "ls": ("isogloss ls", "isogloss ls architectures"),
    "schema": ("isogloss schema -o study.schema.json",),
    "doctor": ("isogloss doctor", "isogloss doctor --json"),
}
"""Words to type, by command."""


def epilog(command: str) -> str | None:
    """The end of a command's help; None where there is no example.

    >>> print(epilog("status"))
    For example:
    <BLANKLINE>
    $ isogloss status mine.yaml
    """
    lines = [f"$ {line}" for line in EXAMPLES.get(command, ())]
    return "\n\n".join(["For example:", *lines]) if lines else None
