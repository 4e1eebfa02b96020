"""What the Hub client raises, turned into errors that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

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

UNREACHABLE = (
    "{where}: not whole in the cache, and the Hub is out of reach. Connect, or copy the cache "
    "({cache}) from a machine that has it. {error}"
)
# The first that fits; a gated repository is also one that is not found.
EXPLAINED: tuple[tuple[type[Exception], type[IsoglossError], str], ...] = (
    (HFValidationError, InputError, "{repo!r} is no repository name: {error} Write owner/name."),
    (
        GatedRepoError,
        InputError,
        "{where}: the repository is gated. Accept its terms at {page} and log in with "
        "`hf auth login`, or set HF_TOKEN.",
    ),
    (RevisionNotFoundError, InputError, "{where}: no such revision. Look for one at {page}."),
    (
        RepositoryNotFoundError,
        InputError,
        "{repo}: no such dataset repository at {endpoint}. Check the name; if it is private, log "
        "in with `hf auth login`.",
    ),
    (OfflineModeIsEnabled, RunError, UNREACHABLE),
    (LocalEntryNotFoundError, RunError, UNREACHABLE),
    (
        HfHubHTTPError,
        RunError,
        "{where}: the Hub at {endpoint} did not answer as it should ({error}). Try again later.",
    ),
    (
        PermissionError,
        RunError,
        "{where}: the cache {cache} cannot be written ({error}). Change its mode, or set HF_HOME.",
    ),
    (
        HTTPError,
        RunError,
        "{where}: no connection to the Hub at {endpoint} ({error}). Connect, or check HF_ENDPOINT.",
    ),
    (OSError, RunError, "{where}: cannot be brought into the cache {cache} ({error})."),
)


@contextmanager
def explained(repo: str, revision: str) -> Iterator[None]:
    """Turn what the client raises in the block into an `InputError` or a `RunError`.

    Raises:
        InputError: the name, repository or revision is wrong, or not open to this user.
        RunError: the Hub or the cache is out of order.
    """
    try:
        yield
    except tuple(kind for kind, _, _ in EXPLAINED) as error:
        ours, template = next((o, t) for kind, o, t in EXPLAINED if isinstance(error, kind))
        message = template.format(
            repo=repo,
            where=f"{repo} at {revision}",
            page=f"{constants.ENDPOINT}/datasets/{repo}",
            endpoint=constants.ENDPOINT,
            cache=constants.HF_HUB_CACHE,
            error=" ".join(str(error).split()),
        )
        raise ours(message) from error
