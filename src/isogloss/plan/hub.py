"""The commit that a revision of a Hub repository stands for, asked once, remembered offline."""

from pathlib import Path
from typing import Literal

import huggingface_hub
from huggingface_hub import constants, errors

from isogloss.base.errors import InputError

TIMEOUT_SECONDS = 10.0
_COMMIT_LENGTH = 40


def hub_commit(
    repo: str, revision: str, kind: Literal["model", "dataset"], notes: list[str]
) -> str:
    """The commit hash of `repo` at `revision`.

    Without a connection the local cache answers; where that has nothing either, the name of the
    revision stands in, with a note: a plan can be drawn, though its keys are not final.

    Raises:
        InputError: if the Hub answers that there is no such repository or revision.
    """
    if len(revision) == _COMMIT_LENGTH and all(c in "0123456789abcdef" for c in revision):
        return revision
    if cached_only():
        return _from_cache(repo, revision, kind, notes)
    try:
        info = huggingface_hub.HfApi().repo_info(
            repo, revision=revision, repo_type=kind, timeout=TIMEOUT_SECONDS
        )
    except errors.RevisionNotFoundError:
        raise InputError(f"The Hub's {kind} {repo} has no revision {revision!r}.") from None
    except errors.GatedRepoError:
        raise InputError(
            f"The Hub's {kind} {repo} is gated: ask for access, then `hf auth login`."
        ) from None
    except (errors.RepositoryNotFoundError, errors.HFValidationError):
        raise InputError(
            f"The Hub has no {kind} {repo!r}, or it is private. A local folder is written ./{repo}."
        ) from None
    except Exception:
        return _from_cache(repo, revision, kind, notes)
    if isinstance(info, huggingface_hub.ModelInfo):
        _has_safetensors(repo, info)
    return str(info.sha)


def cached_only() -> bool:
    """Whether the person asked the client to stay offline."""
    return bool(constants.HF_HUB_OFFLINE)


def _has_safetensors(repo: str, info: huggingface_hub.ModelInfo) -> None:
    files = [sibling.rfilename for sibling in info.siblings or ()]
    if files and not any(name.endswith(".safetensors") for name in files):
        raise InputError(
            f"The Hub's model {repo} has no safetensors weights; pickles can run code and are"
            " refused. Look for a revision with safetensors, such as refs/pr/N."
        )


def _from_cache(repo: str, revision: str, kind: str, notes: list[str]) -> str:
    folder = f"{kind}s--{repo.replace('/', '--')}"
    ref = Path(constants.HF_HUB_CACHE) / folder / "refs" / revision
    if ref.is_file():
        return ref.read_text(encoding="utf-8").strip()
    notes.append(
        f"The Hub cannot be reached and its cache has no {kind} {repo} at {revision}: the keys"
        " of this plan are not final, and it cannot be run from here."
    )
    return revision
