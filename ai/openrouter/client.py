"""The client: one HTTP exchange per call, never a second one, never a sleep.

One instance belongs to one thread at a time and makes one call at a time; only `abort` may come
from another thread. Proxies of the environment are not used and redirects are not followed: the
one address that is configured is the one that is spoken to. Every bad answer is an exception of
`ai.openrouter.errors`, which see.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from ai.openrouter import jsontext
from ai.openrouter.account import Activity, read_generation, read_key
from ai.openrouter.errors import GarbledReplyError, StoppedError
from ai.openrouter.exchange import Answer, Exchange, OnData, OnHeaders
from ai.openrouter.faults import fault, read_failure
from ai.openrouter.image_stream import OnPartial, read_image_stream
from ai.openrouter.images import ImageReply, read_image_reply
from ai.openrouter.lists import Page
from ai.openrouter.slugs import is_claude
from ai.openrouter.stream import ChatStream, read_completion
from ai.openrouter.wire import (
    ChatReply,
    ChatRequest,
    Credits,
    Generation,
    ImageRequest,
    Json,
    KeyStatus,
)

_MOST_MODELS: Final = 1_000
_STRICT_TOOLS: Final = {"x-anthropic-beta": "structured-outputs-2025-11-13"}


class OpenRouter:
    """A connection to OpenRouter, or to anything that speaks like it."""

    def __init__(
        self,
        api_key: str,
        base_url: str,
        *,
        referer: str | None = None,
        title: str | None = None,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 600.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepare a client; nothing is sent yet.

        Args:
            api_key: sent as a bearer token; empty for routes that need none.
            base_url: such as `https://openrouter.ai/api/v1`.
            referer: address of the app, without which OpenRouter attributes nothing to it.
            title: name of the app.
            connect_timeout_s: for each address tried.
            read_timeout_s: longest silence between two bytes; a last resort, since the watchdog's
                deadlines are shorter and tell comments from data.
            transport: for tests; `abort` then takes effect at the next chunk only.

        Raises:
            ValueError: the key holds characters no header may carry, or the address a password.
        """
        if not (api_key.isascii() and api_key.isprintable()):
            raise ValueError("the API key holds characters that no header may carry")
        if httpx.URL(base_url).userinfo:
            raise ValueError("the address holds a name or a password, which logs would show")
        self._exchange = Exchange(
            base_url,
            headers=_app_headers(api_key, referer=referer, title=title),
            timeout=httpx.Timeout(
                connect=connect_timeout_s,
                read=read_timeout_s,
                write=read_timeout_s,
                pool=connect_timeout_s,
            ),
            transport=transport,
            secret=api_key,
        )

    def __repr__(self) -> str:
        return f"OpenRouter({self._exchange.base_url!r})"

    def __enter__(self) -> "OpenRouter":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()

    def abort(self, error: StoppedError) -> bool:
        """Make the call in flight raise exactly `error`, at once; callable from any thread.

        Returns False, and does nothing, when no call is in flight or it was stopped before. A
        caller that must not hit the next call of this client keeps its own lock around both.
        """
        return self._exchange.abort(error)

    # --- asking models ---------------------------------------------------------------------------

    def chat(
        self,
        request: ChatRequest,
        *,
        on_headers: OnHeaders | None = None,
        on_data: OnData | None = None,
    ) -> ChatReply:
        """POST /chat/completions and return the reply once it is whole.

        Args:
            request: what to ask.
            on_headers: gets X-Generation-Id, or None, before a byte of the body is read.
            on_data: is told of every piece of the body that is more than blanks.

        Raises:
            OpenRouterError: see `ai.openrouter.errors`; `usage` is set as far as it was told.
        """
        with self._ask(request, stream=False, on_headers=on_headers) as answer:
            return read_completion(answer.read(on_data), generation_id=answer.generation_id)

    @contextlib.contextmanager
    def stream(
        self,
        request: ChatRequest,
        *,
        on_headers: OnHeaders | None = None,
        on_data: OnData | None = None,
    ) -> Iterator[ChatStream]:
        """POST /chat/completions and hand out the stream of its events.

        Args:
            request: what to ask.
            on_headers: gets X-Generation-Id, or None, before a byte of the body is read.
            on_data: is told of every data event; comments and blanks are no sign of progress.

        Raises:
            OpenRouterError: at entry, or while the stream is iterated.
        """
        with self._ask(request, stream=True, on_headers=on_headers) as answer:
            chunks = answer.chunks()
            stream = ChatStream(chunks, generation_id=answer.generation_id, on_data=on_data)
            yield stream
            if stream.is_done:
                answer.read_tail(chunks)

    def _ask(
        self, request: ChatRequest, *, stream: bool, on_headers: OnHeaders | None
    ) -> contextlib.AbstractContextManager[Answer]:
        return self._exchange.open(
            "POST",
            "/chat/completions",
            request.body(stream=stream),
            headers=_headers_for(request),
            on_headers=on_headers,
        )

    def images(
        self,
        request: ImageRequest,
        *,
        on_headers: OnHeaders | None = None,
        on_data: OnData | None = None,
        on_partial: OnPartial | None = None,
    ) -> ImageReply:
        """POST /images and return the pictures; for arguments and errors see `chat`.

        Args:
            request: what to draw.
            on_headers: gets X-Generation-Id, or None, before a byte of the body is read.
            on_data: is told of every piece of the body that is more than blanks.
            on_partial: gets previews while the model draws. With it a stream is asked for, which a
                model may ignore.

        Raises:
            NoImageError: the call went well and no picture came.
            OpenRouterError: anything else.
        """
        body = request.body(stream=on_partial is not None)
        with self._exchange.open("POST", "/images", body, on_headers=on_headers) as answer:
            generation_id = answer.generation_id
            if on_partial is None:
                return read_image_reply(answer.read(on_data), generation_id=generation_id)
            chunks = answer.pieces(on_data)
            return read_image_stream(chunks, on_partial=on_partial, generation_id=generation_id)

    # --- asking the service ----------------------------------------------------------------------

    def models(self, *, output_modalities: str = "all", offset: int = 0) -> list[Json]:
        """GET /models: up to 1,000 entries as they come; prices are decimal strings in USD.

        Args:
            output_modalities: `text`, `image` or `all`; without it image-only models are missing.
            offset: of the first entry.
        """
        query = {
            "output_modalities": output_modalities,
            "offset": str(offset),
            "limit": str(_MOST_MODELS),
        }
        return _objects(self._get("/models", query, exact=False))

    def image_models(self) -> list[Json]:
        """GET /images/models: the entries of the images route with their parameters."""
        return _objects(self._get("/images/models", exact=False))

    def image_endpoints(self, author: str, slug: str) -> list[Json]:
        """GET /images/models/{author}/{slug}/endpoints: who draws, and what a picture costs."""
        path = f"/images/models/{_part(author)}/{_part(slug)}/endpoints"
        return _objects(_object(self._get(path, exact=False, is_bare=True)).get("endpoints"))

    def model(self, author: str, slug: str) -> Json:
        """GET /model/{author}/{slug}: one entry; aliases and variants lead to their model."""
        return _object(self._get(f"/model/{_part(author)}/{_part(slug)}", exact=False))

    def model_endpoints(self, author: str, slug: str) -> Json:
        """GET /models/{author}/{slug}/endpoints: the model with its list of `endpoints`."""
        path = f"/models/{_part(author)}/{_part(slug)}/endpoints"
        return _object(self._get(path, exact=False))

    def providers(self) -> list[Json]:
        """GET /providers: every company that serves models."""
        return _objects(self._get("/providers", exact=False))

    def page(self, path: str, query: Mapping[str, str] | None = None) -> Page:
        """GET a list such as /models or /endpoints/zdr: one page, with what stands around it.

        Args:
            path: behind the base URL; its parts are quoted already.
            query: of the address; for what follows, `next_query` of the page before.

        Raises:
            OpenRouterError: a bad status, an error in the body, or no JSON.
        """
        return Page.of(_object(self._answer(path, query)))

    def activity(self, *, date: str | None = None) -> list[Activity]:
        """GET /activity: the last 30 whole days, or one, by model and provider.

        Args:
            date: of a day in UTC, as `2026-12-31`.

        Raises:
            PermissionDeniedError: the key is no management key.
        """
        rows = _objects(self._get("/activity", {"date": date} if date else None))
        return [Activity.model_validate(row) for row in rows]

    def key(self) -> KeyStatus:
        """GET /key: what our key may still spend."""
        return read_key(_object(self._get("/key")))

    def credits(self) -> Credits:
        """GET /credits: the balance of the account.

        Raises:
            PermissionDeniedError: the key is no management key.
        """
        data = _object(self._get("/credits"))
        return Credits(total_usd=data.get("total_credits"), used_usd=data.get("total_usage"))

    def generation(self, generation_id: str) -> Generation:
        """GET /generation: the bill of one generation.

        Raises:
            NotFoundError: not known yet; seconds to minutes later it may be.
        """
        data = _object(self._get("/generation", {"id": generation_id}))
        return read_generation(data, asked_id=generation_id)

    def _get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        exact: bool = True,
        is_bare: bool = False,
    ) -> Any:  # noqa: ANN401 - the JSON edge
        """Return `data` of a GET route.

        Args:
            path: behind the base URL.
            query: of the address.
            exact: fractions become Decimal, else float.
            is_bare: the route answers without `data` around what it says.

        Raises:
            OpenRouterError: a bad status, an error in the body, or no JSON.
        """
        parsed = self._answer(path, query, exact=exact)
        if not isinstance(parsed, dict):
            return None
        return parsed.get("data", parsed if is_bare else None)

    def _answer(
        self, path: str, query: Mapping[str, str] | None = None, *, exact: bool = True
    ) -> Any:  # noqa: ANN401 - the JSON edge
        """Return the JSON of a GET route; for arguments and errors see `_get`."""
        with self._exchange.open("GET", path, query=query) as answer:
            content = answer.read()
        try:
            parsed = jsontext.parse(content.decode("utf-8", "replace").strip(), exact=exact)
        except ValueError:
            raise read_failure(content, status=answer.status) from None
        if isinstance(parsed, dict) and (error := parsed.get("error")):
            raise fault(error, status=answer.status)
        return parsed


def _app_headers(api_key: str, *, referer: str | None, title: str | None) -> dict[str, str]:
    headers = {"User-Agent": "scene-canvas", "Accept": "application/json, text/event-stream"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    if referer:
        headers["HTTP-Referer"] = referer
    if title:
        headers["X-OpenRouter-Title"] = title
    return headers


def _headers_for(request: ChatRequest) -> dict[str, str]:
    """Return what a request needs beside its body: Claude minds `strict` only when told so."""
    tools = (tool.get("function") for tool in request.tools or ())
    is_strict = any(isinstance(tool, dict) and tool.get("strict") is True for tool in tools)
    asks_claude = any(map(is_claude, (request.model, *(request.models or ()))))
    return _STRICT_TOOLS if is_strict and asks_claude else {}


def _part(text: str) -> str:
    """Return one part of a path; variants and aliases keep their `:` and `~`."""
    return quote(text, safe=":~@")


def _object(data: object) -> Json:
    if not isinstance(data, dict):
        raise GarbledReplyError("an answer without its object")
    return data


def _objects(data: object) -> list[Json]:
    if not isinstance(data, list):
        raise GarbledReplyError("an answer without its list")
    return [item for item in data if isinstance(item, dict)]
