"""What stands in requests and responses of the OpenAI-compatible API, and what a status says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.llm_config import LlmConfig
from assistant.llms import LlmError, Malformed, Message, NotReached, Refused, Schema, TooBusy


@dataclass(slots=True)
class Reply:
    """What has come of one answer."""

    pieces: list[str] = field(default_factory=list)
    characters: int = 0
    tokens_in: int | None = None
    tokens_out: int | None = None
    attempts: int = 1

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def body_of(
    config: LlmConfig, messages: Sequence[Message], schema: Schema | None, structured: str, stream: bool
) -> dict[str, Any]:
    """The body of a request; ``structured`` is how ``schema`` is asked for."""
    body: dict[str, Any] = {
        "model": config.model,
        "messages": [{"role": one.role, "content": one.content} for one in messages],
        "max_tokens": config.max_tokens,
        "temperature": config.temperature,
        "stream": stream,
    }
    if stream:
        body["stream_options"] = {"include_usage": True}
    if schema and structured == "schema":
        form = {"name": "answer", "schema": schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    elif schema and structured == "object":
        body["response_format"] = {"type": "json_object"}
    return body | config.body


class Status(Exception):
    """A response that is none of 200. ``wait`` are the seconds that it asks for."""

    def __init__(self, status: int, wait: float | None) -> None:
        super().__init__(status)
        self.status = status
        self.wait = wait

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str]) -> Status:
        """Of a response; ``headers`` are found whatever their case."""
        told = headers.get("retry-after", "")
        return cls(status, min(float(told), 60.0) if told.isdecimal() else None)

    @property
    def error(self) -> LlmError:
        if self.status == 429:
            return TooBusy("the endpoint answered 429")
        if self.status >= 500:
            return NotReached(f"the endpoint answered {self.status}")
        return Refused(f"the endpoint answered {self.status}", self.status)


def said_in(event: Any, place: str, reply: Reply) -> str:
    """The text in a response or an event of a stream; tokens go to ``reply``. Raises LlmError, for errors inside
    a response of status 200 too."""
    if not isinstance(event, dict):
        raise Malformed("no object")
    if event.get("error"):
        raise NotReached("the endpoint answered with an error")
    usage = event.get("usage")
    if isinstance(usage, dict):
        reply.tokens_in, reply.tokens_out = usage.get("prompt_tokens"), usage.get("completion_tokens")
    choices = event.get("choices")
    if not isinstance(choices, list):
        raise Malformed("no choices")
    if not choices:
        return ""
    choice = choices[0]
    said = choice.get(place) if isinstance(choice, dict) else None
    if not isinstance(said, dict):
        raise Malformed(f"no {place}")
    if said.get("refusal") or choice.get("finish_reason") == "content_filter":
        raise Refused("the model declined")
    content = said.get("content")
    if content is not None and not isinstance(content, str):
        raise Malformed("content that is no text")
    return content or ""
