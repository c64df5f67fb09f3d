"""One HTTP exchange: sent once, read as it comes, stopped from outside, mended never."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import httpx

from ai.openrouter import jsontext
from ai.openrouter.errors import (
    GarbledReplyError,
    IncompleteReplyError,
    OpenRouterError,
    StoppedError,
    UnavailableError,
)
from ai.openrouter.faults import read_failure
from ai.openrouter.switch import Switch
from ai.openrouter.text import clean
from ai.openrouter.transport import SwitchedTransport
from ai.openrouter.wire import Json
from ai.openrouter.wirelogs import keep_out

OnHeaders = Callable[[str | None], None]
OnData = Callable[[], None]

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_MAX_FAILURE_BYTES: Final = 1024 * 1024
_LINGER_S: Final = 0.05
_BLANK: Final = b" \t\r\n"


class Answer:
    """The answer to one request: headers are there, the body is still on its way."""

    def __init__(self, response: httpx.Response, switch: Switch) -> None:
        self._response = response
        self._switch = switch
        self.generation_id: str | None = response.headers.get("X-Generation-Id") or None
        self.status = response.status_code

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes, blanks that keep a slow call alive included.

        Raises:
            StoppedError: by `abort`, even where the cut connection looks like a good end.
            UnavailableError: the connection failed before anything was said.
            IncompleteReplyError: it failed later.
            GarbledReplyError: there is no end to it.
        """
        size_bytes = 0
        broken: OpenRouterError | None = None
        try:
            for chunk in self._response.iter_bytes():
                self._switch.check()
                size_bytes += len(chunk.strip(_BLANK))
                if size_bytes > MAX_BODY_BYTES:
                    raise GarbledReplyError(f"a reply of more than {MAX_BODY_BYTES} bytes")
                yield chunk
        except httpx.RequestError as exc:
            cut = IncompleteReplyError if size_bytes else UnavailableError
            broken = cut(f"the connection broke: {type(exc).__name__}: {exc}")
        self._switch.check()
        # Only here: a protocol error quotes the bytes that came, a key among them perhaps, and
        # what is raised while it is handled keeps it as its context.
        if broken is not None:
            raise broken

    def pieces(self, on_data: OnData | None = None) -> Iterator[bytes]:
        """Yield the `chunks`; `on_data` is told of every one that is more than blanks."""
        for chunk in self.chunks():
            if on_data is not None and chunk.strip(_BLANK):
                on_data()
            yield chunk

    def read(self, on_data: OnData | None = None) -> bytes:
        """Return the whole body; for `on_data` and errors see `pieces`."""
        return b"".join(self.pieces(on_data))

    def read_tail(self, chunks: Iterator[bytes]) -> None:
        """Read what is left of `chunks` if it is already there, to keep the connection."""
        self._switch.hurry(_LINGER_S)
        until_s = time.monotonic() + _LINGER_S
        with contextlib.suppress(OpenRouterError):
            for _chunk in chunks:
                if time.monotonic() > until_s:
                    break

    def failure(self) -> OpenRouterError:
        """Return the exception for a bad status, as far as the body can be read."""
        body = b""
        with contextlib.suppress(IncompleteReplyError, UnavailableError):  # the status will do
            for chunk in self.chunks():
                body += chunk
                if len(body) > _MAX_FAILURE_BYTES:
                    break
        return read_failure(
            body,
            status=self.status,
            headers=self._response.headers,
            generation_id=self.generation_id,
        )


class Exchange:
    """Everything about HTTP that does not depend on what is asked."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str],
        timeout: httpx.Timeout,
        transport: httpx.BaseTransport | None = None,
        secret: str = "",
    ) -> None:
        keep_out(secret)
        self._secret = secret
        self._switch = Switch()
        is_tls = base_url.lower().startswith("https")
        self._http = httpx.Client(
            base_url=base_url,
            headers=dict(headers),
            timeout=timeout,
            transport=transport or SwitchedTransport(self._switch, is_tls=is_tls),
            follow_redirects=False,
            trust_env=False,
        )

    @property
    def base_url(self) -> str:
        """Return the address every path is put behind."""
        return str(self._http.base_url)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def abort(self, error: StoppedError) -> bool:
        """Make the call in flight raise `error`; return False when there is none."""
        return self._switch.abort(error)

    @contextlib.contextmanager
    def open(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        on_headers: OnHeaders | None = None,
    ) -> Iterator[Answer]:
        """Send one request and hand out its answer, not yet read, if its status is good.

        Raises:
            StoppedError: by `abort`.
            UnavailableError: no answer came.
            OpenRouterError: the status is a bad one. Whatever is raised while the answer is read
                leaves with the generation's id and without the key.
        """
        content = None if body is None else clean(jsontext.dump(body)).encode()
        own = dict(headers or {}) | ({} if body is None else {"Content-Type": "application/json"})
        request = self._http.build_request(method, path, content=content, params=query, headers=own)
        with (
            self._concealing(),
            self._switch.call(),
            contextlib.closing(self._send(request)) as response,
        ):
            answer = Answer(response, self._switch)
            if on_headers is not None:
                on_headers(answer.generation_id)
            self._switch.check()  # only now: a call that was stopped still has its bill's name
            if not response.is_success:
                raise answer.failure()
            try:
                yield answer
            except OpenRouterError as error:
                error.generation_id = error.generation_id or answer.generation_id
                raise

    @contextlib.contextmanager
    def _concealing(self) -> Iterator[None]:
        """Let no failure repeat the secret, whatever it looks like and whoever quoted it."""
        try:
            yield
        except OpenRouterError as error:
            error.conceal(self._secret)
            raise

    def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._http.send(request, stream=True)
        except httpx.RequestError as exc:
            failure = UnavailableError(
                f"no answer: {type(exc).__name__}: {exc}",
                never_sent=isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout),
            )
        self._switch.check()
        raise failure  # see Answer.chunks
