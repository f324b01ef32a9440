"""A small agent that does what its input says; what it does at its start is said by its environment."""
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def act(wish):
    if "sleep" in wish:
        time.sleep(wish["sleep"])
    if "print" in wish:
        print(wish["print"], flush=True)
    if "bytes" in wish:
        os.write(1, bytes(wish["bytes"]))
    if "flood" in wish:
        line = "x" * 1000 + "\n"
        for _ in range(wish["flood"]):
            sys.stdout.write(line)
    if "exit" in wish:
        os._exit(wish["exit"])
    if "oom" in wish:
        hog = []
        while True:
            hog.append(bytearray(16 * 1024 * 1024))
    if "allocate" in wish:
        bytearray(wish["allocate"])
    if "loop" in wish:
        threading.Thread(target=spin, daemon=True).start()
    if "fork" in wish:
        fork()
    if "environment" in wish:
        return {"environment": dict(os.environ)}
    if "status" in wish:
        with open("/proc/self/status") as status:
            return {"status": status.read()}
    if "write" in wish:
        with open(wish["write"], "w") as file:
            file.write("written")
    if "connect" in wish:
        return connect(wish["connect"])
    return {"version": os.environ.get("VERSION"), "pid": os.getpid(), "uid": os.getuid()}


def spin():
    while True:
        pass


def fork():
    while True:
        try:
            if os.fork() == 0:
                time.sleep(600)
        except OSError:
            time.sleep(0.01)
            return


def connect(address):
    import socket
    try:
        socket.create_connection(tuple(address), timeout=1).close()
        return {"connected": True}
    except OSError as problem:
        return {"connected": False, "problem": str(problem)}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self):
        self.answer(200, {"status": "ok"})

    def do_POST(self):
        wish = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
        try:
            self.answer(200, {"output": act(wish)})
        except Exception as problem:
            self.answer(500, {"problem": repr(problem)})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


boot = os.environ.get("BOOT", "")
if boot == "exit":
    print(os.environ.get("WORDS", "no such module: nothing"), flush=True)
    sys.exit(3)
if boot == "hang":
    print("thinking", flush=True)
    time.sleep(600)
if boot == "forge":
    print("working... [oken] ready on port 8080", flush=True)
    time.sleep(600)
if boot == "signal-deaf":
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    import signal
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))

server = ThreadingHTTPServer(("0.0.0.0", 8080), Handler)
server.daemon_threads = True
if boot != "silent":
    print("[oken] ready on port 8080", flush=True)
server.serve_forever()
