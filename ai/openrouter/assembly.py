"""One message out of chunks: the same rules for a stream and for a body that came whole.

How a reply may end, and what that means:

* a finish reason: well. The last one that is not null counts; calls make it `tool_calls`.
* an error, anywhere: an exception, unless the token limit had ended the message before and the
  error says no more than that.
* `[DONE]` or the end of the bytes without a finish reason: cut, except for calls that were closed
  by `[DONE]` and are whole (several models send null there).
* neither text, nor call, nor picture: empty, whatever the finish reason says. Thoughts alone are
  an answer (`quirks.answer_text` knows where to look), unless the token limit ended them.
* native MALFORMED_FUNCTION_CALL: an exception unless whole calls came; the words before it are not
  all that was meant.
* the token limit, or just the end, inside the arguments of a call: an exception; such a call must
  never run. Arguments that are whole and yet no JSON are handed on, to be mended or refused.
* the token limit or the content filter after some text: a message with that finish reason, as far
  as it came.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final, Literal

from ai.openrouter.errors import (
    EmptyReplyError,
    IncompleteReplyError,
    MalformedToolCallError,
    ModerationError,
    NoImageError,
    OpenRouterError,
    TruncatedToolCallError,
    UnavailableError,
)
from ai.openrouter.events import (
    ImageDelta,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ToolArgumentsDelta,
    ToolCallStarted,
    UsageSeen,
)
from ai.openrouter.faults import fault, unwrapped
from ai.openrouter.inner_errors import error_in, repeats_the_limit
from ai.openrouter.reasoning import ReasoningLedger
from ai.openrouter.text import TextJoin, clean, clean_tree, redact
from ai.openrouter.toolcalls import Piece, ToolCallAssembler, is_cut
from ai.openrouter.usage import merged, read_usage
from ai.openrouter.wire import ChatReply, Json, Message, ToolCall, Usage

LENGTH: Final = "length"
TOOL_CALLS: Final = "tool_calls"
_ERROR: Final = "error"
_FILTER: Final = "content_filter"
_MALFORMED: Final = "MALFORMED_FUNCTION_CALL"
_NO_PICTURE: Final = ("NO_IMAGE", "IMAGE_")
_AUDIT_CHARACTERS: Final = 100_000

Ending = Literal["body", "done", "end"]
"""A whole JSON body; `[DONE]`; or nothing but the end of the bytes."""


class Assembly:
    """A message that grows. `take` what comes, then ask for the `reply` once."""

    def __init__(self, generation_id: str | None = None) -> None:
        self.generation_id = generation_id
        self.usage: Usage | None = None
        self.finish_reason: str | None = None
        self.native_finish_reason: str | None = None
        self._model: str | None = None
        self._provider: str | None = None
        self._service_tier: str | None = None
        self._is_simulated = False
        self._content = TextJoin()
        self._reasoning = TextJoin()
        self._refusal = TextJoin()
        self._ledger = ReasoningLedger()
        self._calls = ToolCallAssembler()
        self._images: list[str] = []
        self._annotations: list[Json] = []

    def take(self, chunk: Json) -> Iterator[StreamEvent]:
        """Take one chunk, or a whole completion, and tell what was new.

        Raises:
            OpenRouterError: the chunk carries an error or says that the message ended in one.
        """
        chunk = unwrapped(chunk)
        choice = _choice(chunk.get("choices"))
        yield from self._take_facts(chunk, choice)
        error = error_in(chunk, choice)
        self._take_finish(choice, has_error=bool(error))
        self._refuse(error)
        if isinstance(delta := choice.get("delta"), dict):
            yield from self._take_delta(delta)
        if isinstance(message := choice.get("message"), dict):
            yield from self._take_message(message)
        if self.finish_reason == _ERROR:
            raise self._failed_finish()

    def overhear(self, chunk: Json) -> None:
        """Take from a chunk that was never finished only what was used and what went wrong."""
        self._take_usage(chunk)
        self._refuse(error_in(chunk, _choice(chunk.get("choices"))))

    def reply(self, *, ending: Ending, raw: str) -> ChatReply:
        """Return the whole reply.

        Args:
            ending: what told that this is all.
            raw: for audit.

        Raises:
            BadReplyError: empty, cut, or with a call that cannot be run; see `errors`.
            ModerationError: the content filter left nothing.
        """
        calls = self._checked_calls(ending=ending)
        message = self._message(calls)
        self._refuse_nothing(message, ending=ending)
        return ChatReply(
            generation_id=self.generation_id,
            model=self._model,
            provider=self._provider,
            finish_reason=message.finish_reason,
            native_finish_reason=self.native_finish_reason,
            service_tier=self._service_tier,
            message=message,
            usage=self.usage,
            simulated=self._is_simulated,
            raw=clean(raw[:_AUDIT_CHARACTERS]),
        )

    def inform(self, error: OpenRouterError) -> OpenRouterError:
        """Write into an error what this message cost so far and whose it was."""
        error.generation_id = error.generation_id or self.generation_id
        error.usage = error.usage or self.usage
        if not error.provider and self._provider:
            error.provider = redact(self._provider)
        return error

    # --- taking ----------------------------------------------------------------------------------

    def _take_facts(self, chunk: Json, choice: Json) -> Iterator[StreamEvent]:
        self.generation_id = self.generation_id or _text_of(chunk.get("id"))
        self._model = _text_of(chunk.get("model")) or self._model
        self._provider = _text_of(chunk.get("provider")) or self._provider
        self._service_tier = _text_of(chunk.get("service_tier")) or self._service_tier
        self._is_simulated = self._is_simulated or chunk.get("simulated") is True
        native = _text_of(choice.get("native_finish_reason"))
        self.native_finish_reason = native or self.native_finish_reason
        usage = self._take_usage(chunk) or self._take_usage(choice)
        if usage is not None:
            yield UsageSeen(usage)

    def _take_usage(self, part: Json) -> Usage | None:
        """Take the bill from a chunk, or from a choice, where one family of models puts it."""
        usage = read_usage(part.get("usage"))
        if usage is None:
            return None
        self.usage = merged(self.usage, usage)
        return self.usage

    def _take_finish(self, choice: Json, *, has_error: bool) -> None:
        """Keep the last finish reason that is one; of an error after `length` the error decides."""
        reason = _text_of(choice.get("finish_reason"))
        is_told_twice = reason == _ERROR and self.finish_reason == LENGTH and has_error
        if reason is not None and not is_told_twice:
            self.finish_reason = reason

    def _refuse(self, error: object) -> None:
        """Raise an error that a chunk carries, unless all it says is why `length` ended it."""
        if not error:
            return
        failure = fault(error, generation_id=self.generation_id)
        if self.finish_reason != LENGTH or not repeats_the_limit(failure):
            raise self.inform(failure)

    def _take_message(self, message: Json) -> Iterator[StreamEvent]:
        """Take a message that came whole, unless its pieces came before."""
        if self._content.last or len(self._calls):
            return
        yield from self._take_words(self._without_told_thoughts(message))
        for call in _objects(message.get("tool_calls")):
            yield from self._tell_call(self._calls.add_whole(call))

    def _without_told_thoughts(self, message: Json) -> Json:
        """Return a message without the thoughts whose pieces came before."""
        told = ("reasoning", "reasoning_content") if self._reasoning.last else ()
        if len(self._ledger):
            told = (*told, "reasoning_details")
        return {name: value for name, value in message.items() if name not in told}

    def _take_delta(self, delta: Json) -> Iterator[StreamEvent]:
        yield from self._take_words(delta)
        for call in _objects(delta.get("tool_calls")):
            yield from self._tell_call(self._calls.add_delta(call))

    def _take_words(self, part: Json) -> Iterator[StreamEvent]:
        yield from self._take_reasoning(part)
        if text := self._content.add(_content_text(part.get("content"))):
            yield TextDelta(text)
        self._refusal.add(_plain(part.get("refusal")))
        for name in ("images", "content"):
            if urls := list(_picture_urls(part.get(name))):
                yield from self._take_pictures(urls)
        for annotation in _objects(part.get("annotations")):
            tidy = clean_tree(annotation)
            if isinstance(tidy, dict) and tidy not in self._annotations:
                self._annotations.append(tidy)

    def _take_pictures(self, urls: list[str]) -> Iterator[StreamEvent]:
        """Take the pictures of one list: told again they are the same, twice in it they are two."""
        known, here = Counter(self._images), Counter[str]()
        for url in urls:
            here[url] += 1
            if here[url] > known[url]:
                self._images.append(url)
                yield ImageDelta(url)

    def _take_reasoning(self, part: Json) -> Iterator[StreamEvent]:
        """Take the thinking from where it is told first: details repeat the plain field."""
        detailed = self._ledger.add(part.get("reasoning_details"))
        plain = _plain(part.get("reasoning")) or _plain(part.get("reasoning_content"))
        shown = self._reasoning.add(plain)
        if not shown and not self._reasoning.last:
            shown = clean(detailed)
        if shown:
            yield ReasoningDelta(shown)

    def _tell_call(self, piece: Piece) -> Iterator[StreamEvent]:
        if piece.is_new:
            yield ToolCallStarted(piece.position, self._calls.name_of(piece.position))
        if piece.arguments:
            yield ToolArgumentsDelta(piece.position, piece.arguments)

    # --- ending ----------------------------------------------------------------------------------

    def _checked_calls(self, *, ending: Ending) -> tuple[ToolCall, ...]:
        """Return the calls, all of them fit to be looked at, or raise for the one that is not."""
        reason = self.finish_reason
        if not len(self._calls):
            if reason == TOOL_CALLS:
                raise self.inform(MalformedToolCallError("the tool calls never came"))
            return ()
        if reason == LENGTH and self._calls.has_truncated():
            raise self.inform(TruncatedToolCallError("the token limit fell into a tool call"))
        if reason is None and (
            ending == "end" or self._calls.has_truncated(blank_is_whole=ending == "body")
        ):
            raise self.inform(IncompleteReplyError("the reply ended inside its tool calls"))
        calls = self._calls.calls()
        if any(is_cut(call.arguments) for call in calls):
            raise self.inform(TruncatedToolCallError("the arguments of a tool call are cut"))
        if not all(call.name for call in calls):
            raise self.inform(MalformedToolCallError("a tool call without a name"))
        return calls

    def _message(self, calls: tuple[ToolCall, ...]) -> Message:
        reason = self.finish_reason
        return Message(
            content=self._content.text(),
            reasoning=self._reasoning.text() or clean(self._ledger.text()) or None,
            reasoning_details=self._ledger.dump(),
            tool_calls=calls,
            images=tuple(self._images),
            refusal=self._refusal.text() or None,
            annotations=tuple(self._annotations),
            finish_reason=TOOL_CALLS if calls and reason != LENGTH else reason,
            native_finish_reason=self.native_finish_reason,
            service_tier=self._service_tier,
            id=self.generation_id,
            model=self._model,
            provider=self._provider,
            usage=self.usage,
        )

    def _refuse_nothing(self, message: Message, *, ending: Ending) -> None:
        """Raise for a message nobody can use: cut short, or without anything in it."""
        said = message.content.strip() or (message.refusal or "").strip()
        has_something = bool(said or message.tool_calls or message.images)
        native = self.native_finish_reason or ""
        if _MALFORMED in native and not message.tool_calls:
            raise self.inform(MalformedToolCallError(f"native finish reason {native}"))
        if message.finish_reason is None and ending != "body":
            raise self.inform(IncompleteReplyError("the stream ended without a finish reason"))
        is_over = message.finish_reason not in (None, LENGTH)
        if has_something or (is_over and (message.reasoning or "").strip()):
            return
        if native.startswith(_NO_PICTURE):
            raise self.inform(NoImageError(f"no picture: native finish reason {native}"))
        if message.finish_reason == _FILTER:
            raise self.inform(ModerationError("the content filter left nothing of the answer"))
        raise self.inform(EmptyReplyError(f"an empty reply, finish reason {message.finish_reason}"))

    def _failed_finish(self) -> OpenRouterError:
        native = self.native_finish_reason or "not told"
        if _MALFORMED in native:
            return self.inform(MalformedToolCallError(f"native finish reason {native}"))
        return self.inform(UnavailableError(f"finish reason error, native finish reason {native}"))


# --- reading odd shapes --------------------------------------------------------------------------


def _choice(choices: object) -> Json:
    """Return the first choice: index 0, or the first that does not say; {} when there is none."""
    for choice in _objects(choices):
        if choice.get("index") in (None, 0, "0"):
            return choice
    return {}


def _objects(value: object) -> list[Json]:
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _plain(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text_of(value: object) -> str | None:
    return clean(value).strip() or None if isinstance(value, str) else None


def _content_text(content: object) -> str:
    """Return the text of a content that is text or a list of parts."""
    if isinstance(content, str):
        return content
    return "".join(_plain(part.get("text")) for part in _objects(content))


def _picture_urls(listed: object) -> Iterator[str]:
    """Yield the addresses of all pictures in a list of them, or of parts of a content."""
    for picture in _objects(listed):
        address = picture.get("image_url", picture.get("url"))
        url = address.get("url") if isinstance(address, dict) else address
        if isinstance(url, str) and url.strip():
            yield clean(url)
