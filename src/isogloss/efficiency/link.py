"""The parent's side of a measuring process: start it, ask it, notice that it died."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Any, Protocol, final

from isogloss.base.errors import RunError
from isogloss.base.threads import thread_variables

_GRACE_SECONDS = 10.0
_TAIL = 2000


class Failed(RunError):
    """A measuring process died or could not do a command."""

    code = "ISO-261"
    remedy = "Measure again with nothing else running; leave out the form that fails."


class Process(Protocol):
    """The parent's side of a measuring process: `Link`, or a test's stand-in."""

    @property
    def pid(self) -> int:
        """Number of the process."""

    def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """Have a command done and return its answer.

        Raises:
            Failed: if the process died or could not do it.
        """

    def stop(self) -> None:
        """End it and wait for its end; may be called again."""


@final
class Link:
    """One measuring process.

    Args:
        threads: set before the process imports anything numeric.
    """

    def __init__(self, threads: int) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 open as long as the process
        self._process = subprocess.Popen(  # noqa: S603 our own module
            [sys.executable, "-m", "isogloss.efficiency.child", "--threads", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **thread_variables(threads)},
            encoding="utf-8",
        )

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """Have a command done and return its answer; we use no processor meanwhile.

        Raises:
            Failed: if the process died or could not do it.
        """
        stdin = self._process.stdin
        if stdin is None:
            raise ValueError("the process has no standard input")
        try:
            stdin.write(json.dumps({"do": do, **what}) + "\n")
            stdin.flush()
        except OSError as error:
            raise self._dead(do) from error
        said = self._read()
        if said is None:
            raise self._dead(do)
        if "error" in said:
            raise Failed(f"{do}: {said['error']}")
        answer: dict[str, Any] = said["answer"]
        return answer

    def stop(self) -> None:
        """End the process, in mid-command too, and wait for its end; may be called again."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.kill()  # it has nothing to put away
        self._process.wait()
        self._errors.close()

    def _read(self) -> dict[str, Any] | None:
        """The next answer; None if there will be none.

        A library that writes while it is imported does so before the child has its answers apart.
        """
        for line in self._process.stdout or ():
            if line.startswith(('{"answer"', '{"error"')):
                said: dict[str, Any] = json.loads(line)
                return said
        return None

    def _dead(self, do: str) -> Failed:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_SECONDS)
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", errors="replace").strip()[-_TAIL:]
        return Failed(
            f"{do}: the measuring process died with code {self._process.returncode}"
            f"{_reason(self._process.returncode)}. Its last words: {words or 'none'}"
        )


def _reason(code: int | None) -> str:
    """Say what the commonest death means.

    >>> _reason(-9)
    ' (killed: most often for want of memory)'
    """
    return " (killed: most often for want of memory)" if code == -9 else ""
