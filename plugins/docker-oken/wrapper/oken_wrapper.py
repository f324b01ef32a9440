"""Serves an agent's callable over HTTP/1.1: POST /invoke and GET /health (Oken runner API, 3.5).

One file, standard library only, Python 3.9 to 3.14. Settings come from the environment:

OKEN_ENTRYPOINT    path of the agent's file below the working directory (main.py)
OKEN_ENTRY_TYPE    handler or agent (handler)
PORT               port to listen on, all addresses (8080)
OKEN_CONCURRENCY   calls at once; further ones wait (64)
OKEN_CALL_TIMEOUT  seconds a call may take; 0 is no limit (0)
OKEN_GRACE         seconds that calls in flight have after SIGTERM (4)
OKEN_BODY_BYTES    the largest request body (64 MiB)

A line on standard error that begins with "[oken] ready" says that the agent serves.
"""

import asyncio
import atexit
import collections
import contextvars
import dataclasses
import datetime
import decimal
import enum
import importlib.machinery
import importlib.util
import inspect
import json
import os
import pathlib
import queue
import re
import signal
import struct
import sys
import threading
import traceback
import types

try:
    import ctypes
except ImportError:  # A Python without libffi: threads cannot be interrupted.
    ctypes = None

HANDLER_NAMES = ("handler", "main", "invoke", "run")
METHOD_NAMES = ("run", "invoke", "__call__")
MODULE_NAME = "agent_module"
HEAD_BYTES = 64 * 1024


def main():
    # A first process without a handler of its own would not hear SIGTERM at all.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    code = 1
    try:
        settings = Settings(os.environ)
        target = load_target(settings)
        if target.instance is not None:
            settle(loop, target.instance, "setup")
        # User code may have put another loop, or none, in its place.
        asyncio.set_event_loop(loop)
        code = loop.run_until_complete(serve(settings, target))
        if target.instance is not None:
            settle(loop, target.instance, "teardown")
    except ConfigurationError as error:
        say(str(error))
        code = 78
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        say("the agent ended itself before it served" if code else "ended before it served")
    except BaseException:
        traceback.print_exc()
    leave(code)


def leave(code):
    """Ends the process although threads of the agent may still run."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    os._exit(code)


def say(text):
    """One line in the container's log, whatever the agent has made of sys.stderr."""
    try:
        sys.stderr.flush()
    except Exception:
        pass
    os.write(2, ("[oken] %s\n" % text).encode("utf-8", "replace"))


class ConfigurationError(Exception):
    """What the agent's author has to mend."""


class Settings:
    def __init__(self, environment):
        self.entrypoint = environment.get("OKEN_ENTRYPOINT") or "main.py"
        self.type = environment.get("OKEN_ENTRY_TYPE") or "handler"
        self.port = number(environment, "PORT", 8080)
        self.concurrency = max(1, number(environment, "OKEN_CONCURRENCY", 64))
        self.timeout = number(environment, "OKEN_CALL_TIMEOUT", 0, float)
        self.grace = number(environment, "OKEN_GRACE", 4, float)
        self.body_bytes = number(environment, "OKEN_BODY_BYTES", 64 * 1024 * 1024)


def number(environment, name, default, kind=int):
    text = environment.get(name)
    if not text:
        return default
    try:
        return kind(text)
    except ValueError:
        raise ConfigurationError("%s must be a number, not %r" % (name, text)) from None


# From a file to something that can be called


class Target:
    """What is called for each request, and the agent's instance if it is one."""

    def __init__(self, function, label, instance=None):
        self.function = function
        self.label = label
        self.instance = instance
        self.is_async = is_async(function)


def is_async(function):
    while hasattr(function, "func") and hasattr(function, "keywords"):  # functools.partial
        function = function.func
    if inspect.iscoroutinefunction(function):
        return True
    if inspect.isroutine(function) or inspect.isclass(function):
        return False
    return inspect.iscoroutinefunction(getattr(function, "__call__", None))


def load_target(settings):
    module = load_module(settings.entrypoint)
    # An exception class may look like an agent, and an agent's methods may be inherited: the other kind is the second choice.
    finders = [handler_in, agent_in]
    if settings.type == "agent":
        finders.reverse()
    for find in finders:
        target = find(module, settings)
        if target is not None:
            return target
    raise ConfigurationError(
        "%s defines nothing that can be called: expected a function named %s, or a class whose name contains Agent "
        "with a method named %s" % (settings.entrypoint, ", ".join(HANDLER_NAMES), ", ".join(METHOD_NAMES))
    )


def load_module(entrypoint):
    directory = os.getcwd()
    # In the place of this file's own directory.
    sys.path[0] = directory
    path = os.path.join(directory, entrypoint)
    sys.argv[:] = [path]
    loader = importlib.machinery.SourceFileLoader(MODULE_NAME, path)
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE_NAME] = module
    try:
        loader.exec_module(module)
    except FileNotFoundError as error:
        if error.filename == path:
            raise ConfigurationError("Entrypoint file not found: %s" % entrypoint) from None
        raise
    return module


def handler_in(module, settings):
    for name in HANDLER_NAMES:
        function = vars(module).get(name)
        if callable(function):
            return Target(function, "%s:%s" % (settings.entrypoint, name))
    return None


def agent_in(module, settings):
    kind = agent_class_in(module, settings.type == "agent")
    if kind is None:
        return None
    try:
        instance = kind()
    except TypeError as error:
        traceback.print_exc()
        raise ConfigurationError("class %s cannot be made without arguments: %s" % (kind.__name__, error)) from None
    name = usable_method(kind)
    return Target(getattr(instance, name), "%s:%s.%s" % (settings.entrypoint, kind.__name__, name), instance)


def agent_class_in(module, takes_imported):
    """Agent of the file itself, else the file's first class named for an agent, else an imported Agent where that is meant."""
    classes = [
        kind
        for name, kind in vars(module).items()
        if inspect.isclass(kind) and "Agent" in name and not inspect.isabstract(kind) and usable_method(kind) is not None
    ]
    own = [kind for kind in classes if kind.__module__ == MODULE_NAME]
    for kind in own:
        if kind.__name__ == "Agent":
            return kind
    if own:
        return own[0]
    imported = vars(module).get("Agent")
    return imported if takes_imported and any(kind is imported for kind in classes) else None


def usable_method(kind):
    for name in METHOD_NAMES:
        # A class can always be called; what counts is whether its instances can.
        if callable(getattr(kind, name, None)) and any(name in vars(base) for base in kind.__mro__):
            return name
    return None


def settle(loop, instance, name):
    """Calls setup or teardown, where there is one, on the loop that serves."""
    function = getattr(instance, name, None)
    if function is None:
        return
    result = function()
    if inspect.isawaitable(result):
        loop.run_until_complete(awaited(result))


async def awaited(result):
    return await result


# Serving


async def serve(settings, target):
    loop = asyncio.get_running_loop()
    service = Service(settings, target, loop)
    try:
        server = await loop.create_server(lambda: Connection(service), "0.0.0.0", settings.port, backlog=512)
    except OSError as error:
        raise ConfigurationError("port %d cannot be listened on: %s" % (settings.port, error)) from None
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    port = server.sockets[0].getsockname()[1]
    say("ready on port %d (%s)" % (port, target.label))
    await stopping.wait()
    server.close()
    await service.drain(settings.grace)
    return 0


class Service:
    """Calls the agent, never more at once than allowed."""

    def __init__(self, settings, target, loop):
        self.settings = settings
        self.target = target
        self.loop = loop
        self.draining = False
        self.connections = set()
        self.running = set()
        self.waiting = collections.deque()
        self.idle = asyncio.Event()
        self.unconnected = asyncio.Event()
        self.threads = Threads(loop)

    def submit(self, call):
        if len(self.running) < self.settings.concurrency:
            self.start(call)
        else:
            self.waiting.append(call)

    def start(self, call):
        self.running.add(call)
        if self.settings.timeout > 0:
            call.timer = self.loop.call_later(self.settings.timeout, self.time_out, call)
        if self.target.is_async:
            call.task = self.loop.create_task(self.run_async(call, self.target.function, call.given))
        else:
            self.start_sync(call)

    def start_sync(self, call):
        try:
            self.threads.submit(call, lambda: self.finish_sync(call), self.target.function)
        except RuntimeError:
            # No thread is to be had. Told in a turn of its own, as every other end of a call.
            traceback.print_exc()
            self.loop.call_soon(self.settled, call, 500, None)

    async def run_async(self, call, function, *given):
        try:
            answer = encode(await function(*given))
            self.settled(call, 200, answer)
        except asyncio.CancelledError:
            if call.connection is not None:
                say("a call was cancelled by the agent itself")
                self.settled(call, 500, None)
            else:
                self.left(call)
        except BaseException:
            traceback.print_exc()
            self.settled(call, 500, None)

    def finish_sync(self, call):
        """On the loop, after a thread has run the callable."""
        if call.awaitable is not None and call.connection is not None:
            call.task = self.loop.create_task(self.run_async(call, awaited, call.awaitable))
            return
        if inspect.iscoroutine(call.awaitable):
            call.awaitable.close()
        if call.answer is None and call.connection is not None and call.failure is not None:
            sys.stderr.write(call.failure)
            sys.stderr.flush()
        self.settled(call, 500 if call.answer is None else 200, call.answer)

    def settled(self, call, status, answer):
        connection = call.connection
        self.left(call)
        if connection is not None:
            connection.respond(status, answer)

    def left(self, call):
        """The call's place is free."""
        call.connection = None
        call.task = None
        if call.timer is not None:
            call.timer.cancel()
            call.timer = None
        self.running.discard(call)
        while self.waiting and len(self.running) < self.settings.concurrency:
            following = self.waiting.popleft()
            if following.connection is not None:
                self.start(following)
        if not self.running and not self.waiting:
            self.idle.set()

    def time_out(self, call):
        connection = call.connection
        self.abandon(call)
        if connection is not None:
            text = "the call timed out after %g s" % self.settings.timeout
            say(text)
            connection.respond(504, text.encode(), b"text/plain; charset=utf-8")

    def abandon(self, call):
        """Nobody waits for the answer any more: the callable is interrupted where that is possible."""
        call.connection = None
        if call not in self.running:
            return
        if call.task is not None:
            call.task.cancel()
        else:
            self.threads.interrupt(call)

    async def drain(self, seconds):
        self.draining = True
        for connection in list(self.connections):
            connection.close_if_idle()
        if self.running or self.waiting:
            self.idle.clear()
            try:
                await asyncio.wait_for(self.idle.wait(), seconds)
            except asyncio.TimeoutError:
                say("%d calls did not end within %g s" % (len(self.running), seconds))
                for call in list(self.running):
                    self.abandon(call)
                await asyncio.sleep(0)
        for connection in list(self.connections):
            connection.close()
        if self.connections:
            # What was written has still to leave.
            try:
                await asyncio.wait_for(self.unconnected.wait(), 1)
            except asyncio.TimeoutError:
                pass


class Call:
    __slots__ = ("answer", "awaitable", "connection", "failure", "given", "task", "timer", "worker")

    def __init__(self, connection, given):
        self.connection = connection
        self.given = given
        self.answer = None
        self.awaitable = None
        self.failure = None
        self.task = None
        self.timer = None
        self.worker = None


class Interrupted(BaseException):
    """Raised inside a synchronous callable whose caller has left."""


class Threads:
    """Threads for synchronous callables, made when all others are busy. An interrupted one is not used again."""

    def __init__(self, loop):
        self.loop = loop
        self.lock = threading.Lock()
        self.jobs = queue.SimpleQueue()
        self.idle = 0
        self.done = collections.deque()
        self.is_woken = False

    def submit(self, call, then, function):
        with self.lock:
            if self.idle > 0:
                self.idle -= 1
            else:
                threading.Thread(target=self.work, name="oken-call", daemon=True).start()
        self.jobs.put((call, then, function, contextvars.copy_context()))

    def interrupt(self, call):
        with self.lock:
            worker = call.worker
            if worker is None:
                return
            worker.doomed = True
            if ctypes is not None:
                ident = ctypes.c_ulong(worker.ident)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(Interrupted))

    def work(self):
        worker = Worker(threading.get_ident())
        while not worker.doomed:
            call, then, function, context = self.jobs.get()
            try:
                context.run(self.run, worker, call, function)
            except Interrupted:
                pass
            while not self.finish(worker, call, then):
                pass

    def run(self, worker, call, function):
        with self.lock:
            call.worker = worker
        if call.connection is None:
            return
        try:
            result = function(call.given)
            if inspect.isawaitable(result):
                call.awaitable = result
            else:
                call.answer = encode(result)
        except Interrupted:
            raise
        except BaseException:
            call.failure = traceback.format_exc()

    def finish(self, worker, call, then):
        """Says whether it came to its end: the interruption of a doomed thread may come as late as here, once."""
        try:
            with self.lock:
                call.worker = None
                if not worker.doomed:
                    self.idle += 1
            self.done.append(then)
            self.wake()
            return True
        except Interrupted:
            return False

    def wake(self):
        """One wake-up of the loop for all calls that end before it comes."""
        if self.is_woken:
            return
        self.is_woken = True
        try:
            self.loop.call_soon_threadsafe(self.deliver)
        except RuntimeError:
            pass  # The loop is closed; nobody waits.

    def deliver(self):
        self.is_woken = False
        while self.done:
            self.done.popleft()()


class Worker:
    __slots__ = ("doomed", "ident")

    def __init__(self, ident):
        self.ident = ident
        self.doomed = False


# HTTP

REASONS = {
    200: b"OK",
    400: b"Bad Request",
    404: b"Not Found",
    405: b"Method Not Allowed",
    413: b"Payload Too Large",
    422: b"Unprocessable Entity",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    501: b"Not Implemented",
    504: b"Gateway Timeout",
}
JSON = b"application/json"
PLAIN = b"text/plain; charset=utf-8"
HEALTHY = b'{"status":"ok"}'


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests are answered in turn."""

    def __init__(self, service):
        self.service = service
        self.transport = None
        self.buffer = bytearray()
        self.call = None
        self.is_busy = False
        self.is_closing = False
        self.keeps_alive = True
        self.is_paused = False
        self.head = None
        self.body = None

    def connection_made(self, transport):
        self.transport = transport
        self.service.unconnected.clear()
        self.service.connections.add(self)

    def connection_lost(self, error):
        self.service.connections.discard(self)
        if not self.service.connections:
            self.service.unconnected.set()
        self.is_closing = True
        if self.call is not None:
            call, self.call = self.call, None
            self.service.abandon(call)

    def data_received(self, data):
        self.buffer += data
        if not self.is_busy:
            self.advance()
        elif len(self.buffer) > HEAD_BYTES and not self.is_paused:
            self.is_paused = True
            self.transport.pause_reading()

    def close_if_idle(self):
        if not self.is_busy:
            self.is_closing = True
            self.transport.close()

    def close(self):
        self.transport.close()

    def advance(self):
        """Takes the next request once it is whole."""
        while not self.is_busy and not self.is_closing:
            if self.head is None and not self.take_head():
                return
            if not self.body.take(self.buffer):
                return
            head, body = self.head, self.body
            self.head = self.body = None
            self.is_busy = True
            self.route(head, body)

    def take_head(self):
        # Blank lines before a request are allowed.
        while self.buffer[:2] == b"\r\n":
            del self.buffer[:2]
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0 or end > HEAD_BYTES:
            if len(self.buffer) > HEAD_BYTES:
                self.fail(431, "the head of the request is too large")
            return False
        try:
            self.head = Head(bytes(self.buffer[:end]))
            del self.buffer[: end + 4]
            self.body = self.head.body(self.service.settings.body_bytes)
        except BadRequest as error:
            self.fail(error.status, str(error))
            return False
        self.keeps_alive = self.head.keeps_alive
        if self.head.expects_continue:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def route(self, head, body):
        if body.failure is not None:
            self.fail(body.failure.status, str(body.failure))
        elif head.path == b"/invoke":
            if head.method == b"POST":
                self.invoke(body.content)
            elif head.headers.get(b"upgrade") == CHANNEL and not self.service.draining:
                self.become_channel()
            else:
                self.refuse(405, "Method Not Allowed", b"allow: POST\r\n")
        elif head.path == b"/health":
            if head.method in (b"GET", b"HEAD"):
                self.respond(200, HEALTHY, is_head=head.method == b"HEAD")
            else:
                self.refuse(405, "Method Not Allowed", b"allow: GET\r\n")
        else:
            self.refuse(404, "Not Found")

    def invoke(self, content):
        self.call = submitted(self.service, self, content)

    def become_channel(self):
        self.transport.write(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: %s\r\n\r\n" % CHANNEL)
        self.service.connections.discard(self)
        channel = Channel(self.service, self.transport)
        self.transport.set_protocol(channel)
        channel.data_received(self.buffer)

    def refuse(self, status, detail, headers=b""):
        self.respond(status, json.dumps({"detail": detail}).encode(), headers=headers)

    def fail(self, status, detail):
        self.is_busy = True
        self.keeps_alive = False
        self.refuse(status, detail)

    def respond(self, status, content, kind=JSON, headers=b"", is_head=False):
        self.call = None
        if content is None:
            content, kind = REASONS[status], PLAIN
        keeps = self.keeps_alive and not self.service.draining
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n%s%s\r\n"
            % (status, REASONS[status], kind, len(content), headers, b"" if keeps else b"connection: close\r\n")
            + (b"" if is_head else content)
        )
        self.is_busy = False
        if not keeps:
            self.is_closing = True
            self.transport.close()
            return
        if self.is_paused:
            self.is_paused = False
            self.transport.resume_reading()
        if self.buffer:
            # Not at once: many pipelined requests would nest.
            self.service.loop.call_soon(self.advance)


def submitted(service, connection, content):
    """Hands a call to the agent; answers it, or nothing when its body is none, which the connection is told."""
    try:
        given = json.loads(content)
    except (ValueError, RecursionError) as error:
        connection.refuse(422, "JSON decode error: %s" % error)
        return None
    if not isinstance(given, dict):
        connection.refuse(422, "the body must be a JSON object")
        return None
    call = Call(connection, given.get("input", {}))
    service.submit(call)
    return call


class BadRequest(Exception):
    def __init__(self, status, detail):
        super().__init__(detail)
        self.status = status


class Head:
    """Request line and the headers that matter here."""

    __slots__ = ("expects_continue", "headers", "keeps_alive", "method", "path")

    def __init__(self, text):
        lines = text.split(b"\r\n")
        parts = lines[0].split(b" ")
        if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
            raise BadRequest(400, "this is no HTTP/1.1 request")
        self.method = parts[0]
        self.path = parts[1].split(b"?", 1)[0]
        self.headers = headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(b":")
            if not colon or not name or name != name.strip():
                raise BadRequest(400, "a header is malformed")
            name = name.lower()
            value = value.strip()
            if name in headers and name in (b"content-length", b"transfer-encoding") and headers[name] != value:
                raise BadRequest(400, "a header contradicts itself")
            headers[name] = value
        connection = headers.get(b"connection", b"").lower()
        self.keeps_alive = b"close" not in connection and (parts[2] == b"HTTP/1.1" or b"keep-alive" in connection)
        self.expects_continue = headers.get(b"expect", b"").lower() == b"100-continue"

    def body(self, limit):
        coding = self.headers.get(b"transfer-encoding")
        length = self.headers.get(b"content-length")
        if coding is not None:
            if coding.lower() != b"chunked":
                raise BadRequest(501, "only chunked bodies are understood")
            if length is not None:
                raise BadRequest(400, "a body has either a length or chunks")
            return ChunkedBody(limit)
        if length is None:
            return SizedBody(0)
        if not length.isdigit() or len(length) > 18:
            raise BadRequest(400, "content-length is no number")
        if int(length) > limit:
            raise BadRequest(413, "the body may have %d bytes" % limit)
        return SizedBody(int(length))


class SizedBody:
    __slots__ = ("content", "failure", "length")

    def __init__(self, length):
        self.length = length
        self.content = b""
        self.failure = None

    def take(self, buffer):
        if len(buffer) < self.length:
            return False
        self.content = bytes(buffer[: self.length])
        del buffer[: self.length]
        return True


class ChunkedBody:
    __slots__ = ("content", "failure", "is_trailing", "limit", "rest")

    def __init__(self, limit):
        self.limit = limit
        self.content = bytearray()
        self.failure = None
        self.rest = None
        self.is_trailing = False

    def take(self, buffer):
        try:
            return self.advance(buffer)
        except BadRequest as failure:
            self.failure = failure
            return True

    def advance(self, buffer):
        while True:
            if self.is_trailing:
                line = take_line(buffer)
                if line is None:
                    return False
                if line == b"":
                    return True
            elif self.rest is None:
                line = take_line(buffer)
                if line is None:
                    return False
                self.start_chunk(line.split(b";", 1)[0].strip())
            else:
                if len(buffer) < self.rest + 2:
                    return False
                if buffer[self.rest : self.rest + 2] != b"\r\n":
                    raise BadRequest(400, "a chunk is malformed")
                self.content += buffer[: self.rest]
                del buffer[: self.rest + 2]
                self.rest = None

    def start_chunk(self, size):
        if not size or len(size) > 12 or size.strip(b"0123456789abcdefABCDEF"):
            raise BadRequest(400, "a chunk is malformed")
        length = int(size, 16)
        if len(self.content) + length > self.limit:
            raise BadRequest(413, "the body may have %d bytes" % self.limit)
        if length == 0:
            self.is_trailing = True
        else:
            self.rest = length


def take_line(buffer):
    end = buffer.find(b"\r\n")
    if end < 0:
        if len(buffer) > HEAD_BYTES:
            raise BadRequest(400, "a chunk is malformed")
        return None
    line = bytes(buffer[:end])
    del buffer[: end + 2]
    return line


# Many calls over one connection

CHANNEL = b"oken-calls"
# Length of the content, number of the call, what it is: a verb to us, a status from us.
FRAME = struct.Struct(">IIH")
CALL = 1
CANCEL = 2


class Channel(asyncio.Protocol):
    """Calls come and are answered in any order. What is answered in one turn of the loop goes out in one write."""

    def __init__(self, service, transport):
        self.service = service
        self.transport = transport
        self.buffer = bytearray()
        self.calls = {}
        self.outgoing = []
        service.connections.add(self)

    def connection_lost(self, error):
        self.service.connections.discard(self)
        if not self.service.connections:
            self.service.unconnected.set()
        calls, self.calls = self.calls, {}
        for call in calls.values():
            self.service.abandon(call)

    def data_received(self, data):
        buffer = self.buffer
        buffer += data
        at = 0
        while len(buffer) - at >= FRAME.size:
            length, number, verb = FRAME.unpack_from(buffer, at)
            if length > self.service.settings.body_bytes:
                self.transport.abort()
                return
            end = at + FRAME.size + length
            if end > len(buffer):
                break
            content = bytes(buffer[at + FRAME.size : end])
            at = end
            self.take(number, verb, content)
        del buffer[:at]

    def take(self, number, verb, content):
        if verb == CALL:
            call = self.submitted(number, content)
            if call is not None and call.connection is not None:
                self.calls[number] = call
        elif verb == CANCEL and number in self.calls:
            self.service.abandon(self.calls.pop(number))

    def submitted(self, number, content):
        """Whatever goes wrong with one call, the others go on."""
        try:
            return submitted(self.service, Answerer(self, number), content)
        except Exception:
            traceback.print_exc()
            self.answer(number, 500, REASONS[500])
            return None

    def answer(self, number, status, content):
        self.calls.pop(number, None)
        self.outgoing += (FRAME.pack(len(content), number, status), content)
        if len(self.outgoing) == 2:
            self.service.loop.call_soon(self.flush)

    def flush(self):
        outgoing, self.outgoing = self.outgoing, []
        if outgoing:
            self.transport.write(b"".join(outgoing))
        if self.service.draining:
            self.close_if_idle()

    def close_if_idle(self):
        if not self.calls:
            self.close()

    def close(self):
        outgoing, self.outgoing = self.outgoing, []
        self.transport.write(b"".join(outgoing))
        self.transport.close()


class Answerer:
    """Stands for the connection of one call among many."""

    __slots__ = ("channel", "number")

    def __init__(self, channel, number):
        self.channel = channel
        self.number = number

    def respond(self, status, content, kind=JSON):
        self.channel.answer(self.number, status, REASONS[status] if content is None else content)

    def refuse(self, status, detail):
        self.respond(status, json.dumps({"detail": detail}).encode())


# Results as JSON, by FastAPI's rules


def encode(result):
    """The body of an answer. Raises for what JSON cannot say, NaN and infinities among it."""
    try:
        text = ENCODER.encode(result)
    except TypeError:
        # Keys of a mapping that are no text.
        text = ENCODER.encode(simplified(result, 0))
    return b'{"output":' + text.encode("utf-8") + b"}"


def simplify(value):
    """One step towards what JSON can say, for what the encoder does not know."""
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not inspect.isclass(value):
        return dump(mode="json", by_alias=True)
    if dataclasses.is_dataclass(value) and not inspect.isclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    for kinds, convert in CONVERSIONS:
        if isinstance(value, kinds):
            return convert(value)
    if type(value).__module__ in TEXTUAL_MODULES:
        return str(value)
    if inspect.isclass(value) or inspect.isroutine(value) or inspect.isawaitable(value):
        raise ValueError("%r cannot be part of a result" % type(value).__name__)
    try:
        return dict(value)
    except Exception:
        return vars_of(value)


def vars_of(value):
    try:
        return dict(vars(value))
    except TypeError:
        raise ValueError("%r cannot be part of a result" % type(value).__name__) from None


def simplified(value, depth):
    if depth > 200:
        raise ValueError("the result is nested too deeply")
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, dict):
        return {key_of(key): simplified(one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [simplified(one, depth + 1) for one in value]
    return simplified(simplify(value), depth + 1)


def key_of(key):
    while not (key is None or isinstance(key, (str, int, float))):
        simple = simplify(key)
        if isinstance(simple, (dict, list)):
            raise ValueError("%r cannot be a key of a result" % type(key).__name__)
        key = simple
    return key


def decimal_value(value):
    exponent = value.as_tuple().exponent
    return int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)


TEXTUAL_MODULES = ("ipaddress", "uuid")
CONVERSIONS = (
    ((datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, lambda value: value.total_seconds()),
    (decimal.Decimal, decimal_value),
    ((bytes, bytearray), lambda value: value.decode()),
    ((set, frozenset, collections.deque, types.GeneratorType), list),
    (pathlib.PurePath, str),
    (re.Pattern, lambda value: value.pattern),
)
ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=simplify)


if __name__ == "__main__":
    main()
