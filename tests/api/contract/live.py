"""The live server of contract_server.cc, and HTTP as bytes on a socket."""
import base64
import json
import os
import socket
import subprocess
import tempfile


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def read_answer(stream, has_body):
    status_line = stream.readline(1 << 16).decode("latin-1")
    if not status_line:
        return None
    if not status_line.startswith("HTTP/1.1 "):
        raise OSError(f"no answer but {status_line!r}")
    headers = {}
    while (line := stream.readline(1 << 16)) not in (b"\r\n", b""):
        name, value = line.decode("latin-1").rstrip("\r\n").split(": ", 1)
        headers[name.lower()] = value
    status = int(status_line.split(" ")[1])
    if status == 100:
        return read_answer(stream, has_body)
    length = int(headers.get("content-length", "0"))
    body = stream.read(length) if has_body and status != 304 else b""
    return Answer(status, headers, body)


class Connection:
    """One socket, kept alive as long as the server likes."""

    def __init__(self, url):
        host, port = url.removeprefix("http://").rsplit(":", 1)
        self.address = (host, int(port))
        self.socket = self.stream = None

    def close(self):
        if self.socket is not None:
            self.stream.close()
            self.socket.close()
        self.socket = self.stream = None

    def send(self, raw, is_head=False, ends=False):
        """Sends these bytes; the answer, or None where the server only hung up."""
        for attempt in (1, 2):
            fresh = self.socket is None
            if fresh:
                self.socket = socket.create_connection(self.address, timeout=20)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.stream = self.socket.makefile("rb")
            try:
                self.socket.sendall(raw)
                if ends:
                    self.socket.shutdown(socket.SHUT_WR)
                answer = read_answer(self.stream, not is_head)
            except (ConnectionError, BrokenPipeError):
                answer = None
            if answer is not None:
                if ends or answer.headers.get("connection", "").lower() == "close":
                    self.close()
                return answer
            self.close()
            if fresh:
                return None
        return None

    def ask(self, method, target, headers=(), body=None):
        return self.send(request_bytes(method, target, headers, body), method == "HEAD")


def request_bytes(method, target, headers=(), body=None):
    lines = [f"{method} {target} HTTP/1.1", "Host: contract"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


class Exchange:
    def __init__(self, line):
        record = json.loads(line)
        self.method, self.path, self.query = record["method"], record["path"], record["query"]
        self.request_body = base64.b64decode(record["request_body"])
        self.status = record["status"]
        self.headers = {name.lower(): value for name, value in record["response_headers"]}
        if record["content_type"]:
            self.headers["content-type"] = record["content_type"]
        self.body = base64.b64decode(record["response_body"])

    def target(self):
        return self.path + ("?" + self.query if self.query else "")


class Server:
    """contract_server, after its life: url, admin, facts, and the exchanges of that life."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "exchanges")
        self.process = subprocess.Popen([program, path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{program} ended with {self.process.wait()} before it served")
        ready = json.loads(line)
        self.url, self.admin, self.facts = ready["url"], ready["admin"], ready["facts"]
        with open(path, encoding="utf-8") as file:
            self.exchanges = [Exchange(each) for each in file]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        code = self.process.wait(timeout=30)
        self.folder.cleanup()
        if code != 0:
            raise SystemExit(f"the server ended with {code}")
