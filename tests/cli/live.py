"""Assay's programs as live processes on loopback, for tests that read what they print.

A World is a folder with a verifier of the demo's policy and the providers that are started in it.
Standard library alone; one thread, and those of the verifiers that lie.
"""

import http.server
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

WAIT_S = 60


def has_room(folder):
    """For stores and journals; and so that the doctor does not warn of it."""
    if not os.access(folder, os.W_OK):
        return False
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize > 3 << 30


class World:
    def __init__(self, programs):
        self.programs = pathlib.Path(programs).resolve()
        parent = "/dev/shm" if has_room("/dev/shm") else None
        self._folder = tempfile.TemporaryDirectory(dir=parent, prefix="assay-")
        self.folder = pathlib.Path(self._folder.name)
        self.children = []
        self.proxies = []
        self.url = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for proxy in self.proxies:
            proxy.shutdown()
        for child in reversed(self.children):
            child.terminate()
        for child in reversed(self.children):
            try:
                child.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                child.kill()
        self._folder.cleanup()

    def environment(self, **more):
        """No setting of the machine's reaches the programs."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "HOME": str(home),
            "ASSAY_CONFIG": "",
            "LANG": "C.UTF-8",
            **more,
        }

    def run(self, words, **more):
        """words: a list, or a line for a shell. Ends what takes longer than some minutes."""
        return subprocess.run(
            words,
            shell=isinstance(words, str),
            cwd=self.folder,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=300,
        )

    def must(self, words, **more):
        done = self.run(words, **more)
        if done.returncode != 0:
            raise AssertionError(f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start_plain(self, name, words):
        """A process that says nothing when it is there."""
        with open(self.folder / f"{name}.log", "wb") as out:
            child = subprocess.Popen(
                words, cwd=self.folder, env=self.environment(), stdout=out, stderr=subprocess.STDOUT
            )
        self.children.append(child)
        return child

    def start(self, name, words, says):
        """A process that is there once it has written `says`."""
        log = self.folder / f"{name}.log"
        child = self.start_plain(name, words)
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            text = log.read_text(errors="replace")
            found = re.search(says, text)
            if found:
                return found
            if child.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{name} did not say '{says}':\n{log.read_text(errors='replace')}")

    def serve(self, data="verifier"):
        self.must(["assay-verifier", "init", "--data", data, "--policy", "demo"])
        words = ["assay-verifier", "serve", "--data", data]
        words += ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        self.url = self.start("serve", words, r"listening on (http://\S+)")[1]

    def provide(self, name, *more):
        key = f"{name}.key"
        self.must(["assay-prover", "init", "--key", key])
        words = ["assay-prover", "run", "--verifier", self.url, "--key", key, "--name", name]
        self.start(name, words + list(more), r"registered")


    def bend(self, path, change):
        """The address of a verifier that lies: this one's answers, but for JSON documents of paths
        that match, which `change` changes in place."""

        class Proxy(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(proxy):
                try:
                    with urllib.request.urlopen(self.url + proxy.path, timeout=WAIT_S) as answer:
                        status, body = answer.status, answer.read()
                        kind = answer.headers["Content-Type"]
                except urllib.error.HTTPError as error:
                    status, body, kind = error.code, error.read(), error.headers["Content-Type"]
                if status == 200 and re.fullmatch(path, proxy.path):
                    document = json.loads(body)
                    change(document)
                    body = json.dumps(document, separators=(",", ":")).encode()
                proxy.send_response(status)
                proxy.send_header("Content-Type", kind)
                proxy.send_header("Content-Length", str(len(body)))
                proxy.end_headers()
                proxy.wfile.write(body)

            def log_message(proxy, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.proxies.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"


# What differs between two runs, longest first, and what stands for it.
PLACEHOLDERS = [
    (r"\b[0-9a-f]{64}\b", "<DIGEST>"),
    (r"\b[0-9a-f]{16}\b", "<ID16>"),
    (r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{12}\b", "<ID12>"),
    (r"\b(?=[0-9a-f]*[a-f0-9])[0-9a-f]{8}(?=: )", "<ID8>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<TIME>"),
    (r"\b\d\d:\d\d:\d\d\b", "<CLOCK>"),
    (r"127\.0\.0\.1:\d+", "<ADDRESS>"),
    (r"\b[\w.]+/assay\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*", "<VKEY>"),
    (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,}=*", "<VKEY>"),
    (r"/(?:dev/shm|tmp|var/tmp)/assay-[a-z0-9_]+", "<FOLDER>"),
    (r"\bcpu/(scalar|sse2|avx2|avx512)\b", "cpu/<LEVEL>"),
    (r"[-+]?\d+\.\d\d %", "<PERCENT>"),
    (r"\b\d+(\.\d+)? (ms|s|min|MiB|KiB|GiB|bytes)\b", r"<N> \2"),
    (r"\b\d+ (parts|files|threads|processors|of \d+ leaves)\b", r"<N> \1"),
    (r"\b(leaf|leaves|size|slash|show|appeal|records|events|blobs|head|at|refolding|second)( +)"
     r"\d+\b", r"\1\2<N>"),
    (r"\b(index|leaves of the log|refold|dispute|challenge)(:? +)\d+( of \d+)?", r"\1\2<N>"),
    (r"\bmilliseconds +\d+", "milliseconds <N>"),
    (r"\[\d+, \d+\)", "[<N>, <N>)"),
    (r"(?m)^\d+ ", "<N> "),
    # A verdict is there a moment before the slash that follows from it.
    (r"assay slash list, in a moment", "assay slash show <N>"),
]


def stable(text):
    for pattern, instead in PLACEHOLDERS:
        text = re.sub(pattern, instead, text)
    return text


def shape(value):
    """A JSON value with every leaf replaced by its type; of a list, the shape of its first item."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__
