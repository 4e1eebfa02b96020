"""What the Hub client raises, turned into errors that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Literal

from huggingface_hub import constants
from huggingface_hub.errors import (  # type: ignore[attr-defined]  # HTTPError, of any httpx
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    HTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from isogloss.base.errors import InputError, IsoglossError, RunError

Kind = Literal["model", "dataset"]


class HubRefuses(InputError):
    """The Hub has no such repository or revision, or does not open it to this user."""

    code = "ISO-170"
    remedy = "Check the name; log in with `hf auth login`; accept the terms of a gated repository."


class HubUnreachable(RunError):
    """The Hub does not answer, and the cache does not hold what is wanted."""

    code = "ISO-270"
    remedy = "Connect, or copy the cache of the Hub's client from a machine that has it."


UNREACHABLE = (
    "{where}: not whole in the cache, and the Hub is out of reach. Connect, or copy the cache "
    "({cache}) from a machine that has it. {error}"
)
REFUSALS = (401, 403)
REFUSED = (
    "{where}: the Hub at {endpoint} refuses it ({error}). Check the token: `hf auth whoami`, "
    "HF_TOKEN."
)
# The first that fits; a gated repository is also one that is not found.
EXPLAINED: tuple[tuple[type[Exception], type[IsoglossError], str], ...] = (
    (HFValidationError, HubRefuses, "{repo!r} is no repository name: {error} Write owner/name."),
    (
        GatedRepoError,
        HubRefuses,
        "{where}: the repository is gated. Accept its terms at {page} and log in with "
        "`hf auth login`, or set HF_TOKEN.",
    ),
    (RevisionNotFoundError, HubRefuses, "{where}: no such revision. Look for one at {page}."),
    (
        RepositoryNotFoundError,
        HubRefuses,
        "{repo}: no such {kind} repository at {endpoint}. Check the name; if it is private, log "
        "in with `hf auth login`.{hint}",
    ),
    (OfflineModeIsEnabled, HubUnreachable, UNREACHABLE),
    (LocalEntryNotFoundError, HubUnreachable, UNREACHABLE),
    (
        HfHubHTTPError,
        HubUnreachable,
        "{where}: the Hub at {endpoint} did not answer as it should ({error}). Try again later.",
    ),
    (
        JSONDecodeError,
        HubUnreachable,
        "{where}: what answers at {endpoint} is no Hub ({error}). Check the network, a proxy or "
        "HF_ENDPOINT.",
    ),
    (
        PermissionError,
        HubUnreachable,
        "{where}: the cache {cache} cannot be written ({error}). Change its mode, or set HF_HOME.",
    ),
    (
        HTTPError,
        HubUnreachable,
        "{where}: no connection to the Hub at {endpoint} ({error}). Connect, or check HF_ENDPOINT.",
    ),
    (OSError, HubUnreachable, "{where}: cannot be brought into the cache {cache} ({error})."),
)


@contextmanager
def explained(kind: Kind, repo: str, revision: str) -> Iterator[None]:
    """Turn what the client raises in the block into an `InputError` or a `RunError`.

    Raises:
        InputError: the name, repository or revision is wrong, or not open to this user.
        RunError: the Hub or the cache is out of order.
    """
    try:
        yield
    except tuple(row[0] for row in EXPLAINED) as error:
        ours, template = _told(error)
        folder = "datasets/" if kind == "dataset" else ""
        message = template.format(
            kind=kind,
            repo=repo,
            where=f"{repo} at {revision}",
            page=f"{constants.ENDPOINT}/{folder}{repo}",
            endpoint=constants.ENDPOINT,
            cache=constants.HF_HUB_CACHE,
            error=str(error).strip().partition("\n")[0],
            hint=f" A local folder is written ./{repo}." if kind == "model" else "",
        )
        raise ours(message) from error


def _told(error: Exception) -> tuple[type[IsoglossError], str]:
    """Our kind of error, and its words."""
    kind, ours, template = next(row for row in EXPLAINED if isinstance(error, row[0]))
    refused = isinstance(error, HfHubHTTPError) and error.response.status_code in REFUSALS
    if kind is HfHubHTTPError and refused:
        return HubRefuses, REFUSED
    return ours, template
