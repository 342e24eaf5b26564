"""Encoders on the Hugging Face Hub: download one file of a repository, publish an exported encoder."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synths import __version__
from synths.files.plain_data import reason

_NAME = re.compile(r"([A-Za-z0-9][\w.-]*)/[A-Za-z0-9_][\w.-]*(@[\w./-]+)?", re.ASCII)
_RUNS = "runs"  # folder of trainings, where `--encoder runs/NAME` may come before the training
_LOGIN = "log in with `hf auth login`"
_CLIENT = {"library_name": "doppelganger-audio", "library_version": __version__}


def is_hub_name(name: str) -> bool:
    """Whether a name where no file is means a repository of the Hub: user/repo or user/repo@revision.

    A name that ends like a file, or whose first part is a folder here or "runs", is a path. With a revision, the
    folder does not matter.
    """
    match = _NAME.fullmatch(name)
    if not match or Path(name).suffix[1:].isalpha():
        return False
    user, revision = match.groups()
    return bool(revision) or not (user == _RUNS or Path(user).is_dir())


def is_repository(name: str) -> bool:
    """Whether a name has the form user/repo, without a revision."""
    return bool(_NAME.fullmatch(name)) and "@" not in name


def download(name: str, file: str) -> Path:
    """One file of a repository, from the cache of huggingface_hub where it is up to date or the Hub cannot be reached.

    Args:
        name: user/repo, for the branch "main", or user/repo@revision, with a branch, a tag or a commit.
        file: name of the file.

    Raises:
        ValueError: huggingface_hub is not installed.
        FileNotFoundError: no such repository, revision or file, no access, or the Hub cannot be reached.
    """
    hub = client(f"no checkpoint at {name}, and the Hugging Face Hub")
    repo, _, revision = name.partition("@")
    try:
        _require_answer(hub, repo, file, revision or None)
        return Path(hub.hf_hub_download(repo, file, revision=revision or None, **_CLIENT))
    except Exception as error:  # connections raise the errors of whatever HTTP library is below
        raise FileNotFoundError(f"no checkpoint at {name}: {_reason(error, name, file)}") from error


def _require_answer(hub: Any, repo: str, file: str, revision: str | None) -> None:
    """Ask once whether the Hub can be reached, if the cache does not hold a file: its client asks for a minute.

    Raises:
        LocalEntryNotFoundError: it cannot be reached.
    """
    from huggingface_hub import errors

    if isinstance(hub.try_to_load_from_cache(repo, file, revision=revision), str):
        return
    try:
        hub.get_hf_file_metadata(hub.hf_hub_url(repo, file, revision=revision))
    except (errors.HfHubHTTPError, ValueError):
        pass  # the client tries again, or says what it is
    except Exception as error:  # of whatever HTTP library is below
        raise errors.LocalEntryNotFoundError(str(error)) from error


def push(repo: str, files: Sequence[Path], private: bool = False) -> str:
    """Upload files to a repository in one commit; it is created where there is none.

    Args:
        repo: user/repo.
        files: files to upload, by their names.
        private: a new repository is private; an existing public one is refused.

    Returns:
        the commit.

    Raises:
        ValueError: huggingface_hub is not installed, or the Hub refuses the metadata of the card.
        OSError: not logged in, no right to write, the Hub cannot be reached, or `private` and it exists as public.
    """
    hub = client("--push")
    api = hub.HfApi(**_CLIENT)
    try:
        api.create_repo(repo, private=private or None, exist_ok=True)
        public = private and not api.repo_info(repo).private
        if not public:
            operations = [hub.CommitOperationAdd(file.name, file) for file in files]
            return api.create_commit(repo, operations, commit_message=f"doppelganger {__version__}").oid
    except ValueError:  # the card's metadata
        raise
    except Exception as error:
        raise OSError(f"{repo} was not uploaded: {_reason(error, repo)}") from error
    raise OSError(f"{repo} was not uploaded: it exists and is public; expected a private or a new repository")


def client(purpose: str) -> Any:
    """huggingface_hub, which is imported when it is used.

    Raises:
        ValueError: it is not installed; the message begins with the purpose.
    """
    try:
        import huggingface_hub
    except ImportError:
        raise ValueError(f"{purpose} needs huggingface_hub: pip install 'doppelganger-audio[hub]'") from None
    return huggingface_hub


def endpoint() -> str:
    """Address of the Hub: that in HF_ENDPOINT, or huggingface.co."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def _reason(error: Exception, name: str, file: str = "") -> str:
    """What an error of the client means for the user, in one line."""
    from huggingface_hub import constants, errors

    repo, _, revision = name.partition("@")
    cause = error.__cause__ if isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__ else error
    if isinstance(cause, errors.OfflineModeIsEnabled):
        cache = f"the cache {constants.HF_HUB_CACHE} does not hold it, and " if file else ""
        return f"{cache}HF_HUB_OFFLINE is set; unset it to connect to {endpoint()}"
    if isinstance(error, errors.LocalEntryNotFoundError):
        return (
            f"{endpoint()} cannot be reached ({reason(cause)}), and the cache {constants.HF_HUB_CACHE} does not hold "
            "it; once it is there, it loads without a network, at once with HF_HUB_OFFLINE=1"
        )
    if isinstance(error, errors.HFValidationError):
        return reason(cause)
    if isinstance(error, errors.GatedRepoError):
        return f"the repository is gated; accept its conditions at {endpoint()}/{repo} and {_LOGIN}"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{repo} has no revision {revision or 'main'}"
    if isinstance(error, errors.EntryNotFoundError):
        return f"the repository has no {file}; expected one that `doppelganger export --push {repo}` wrote"
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.RepositoryNotFoundError) and file:
        return f"{endpoint()} has no repository {repo}, or it is private; check the name, or {_LOGIN}"
    if status in (401, 403):
        return f"{endpoint()} refuses access; {_LOGIN}, with a token that may {'read' if file else 'write'} {repo}"
    advice = f"; HF_HUB_OFFLINE=1 loads what the cache {constants.HF_HUB_CACHE} holds" if file else ""
    return f"{endpoint()} failed ({reason(cause)}){advice}"
