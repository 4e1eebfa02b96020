"""The process of the command: `isogloss`, or `python -m isogloss`."""

from isogloss.cli.kept_memory import keep_memory


def command() -> None:
    """Run the command, in a process that handles memory as it should."""
    keep_memory()
    from isogloss.cli.app import main  # noqa: PLC0415 what takes its time comes after

    main()


if __name__ == "__main__":
    command()
