"""A service on a loopback socket that plays scripts: only there a reader is really blocked."""

import contextlib
import socket
import threading

from ai.openrouter.wire import ChatRequest
from tests.ai.openrouter.sse_bodies import body, delta

ASK = ChatRequest(messages=({"role": "user", "content": "hi"},), model="a/b", max_tokens=9)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Generation-Id: gen-1\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GOOD = body(delta("stop", content="Hello"))


FOR_EVER = {
    "comment for ever": b": OPENROUTER PROCESSING\n\n",
    "speak for ever": body(delta(content="word "), done=False),
}


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class Service:
    """A loopback service that sends its script to each connection and then hangs or hangs up."""

    def __init__(self):
        self.scripts: list[list[bytes | str]] = []
        self.connections = 0
        self.waiting = threading.Event()
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"

    def close(self):
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(2)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=[connection])
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            connection.settimeout(2)
            while self.scripts:
                if not self._take_request(connection):
                    return
                self._play(connection, self.scripts.pop(0))

    def _take_request(self, connection):
        data = b""
        while not data.endswith(b'"stream":true}') and not data.endswith(b'"stream":false}'):
            piece = connection.recv(65_536)
            if not piece:
                return False
            data += piece
        return True

    def _play(self, connection, script):
        for step in script:
            if isinstance(step, bytes):
                connection.sendall(step)
                continue
            self.waiting.set()
            while not self._over.wait(0.01):
                if step in FOR_EVER:
                    connection.sendall(chunk(FOR_EVER[step]))
                elif step == "wait for the end":
                    connection.settimeout(2)
                    connection.recv(1)
                    return
