#!/usr/bin/env python3
"""The public edge under load: api/package/haproxy.cfg in front of a live verifier.

  edge_load.py PROGRAMS [--clients 5000] [--slow 2000] [--seconds 10]

Needs haproxy and wrk (Debian's). Prints one line a trial and ends with 1 if one fails:
  keep-alive   so many clients, each with one connection that it keeps and a request every 2 s: none
               may be left without an answer
  slow         so many sockets that send their request a byte at a time: meanwhile the 99th
               percentile of honest requests stays under 50 ms
  cached, not  score reads a second through the edge's cache, and with the cache left out; starved
               connections counted
  rotation     the certificate is changed at run time under load: no request fails
From one machine: the limit of requests per address is taken out of the configuration, ports and
paths are others, and maxconn fits the files this shell may open; nothing else differs.
"""

import argparse
import asyncio
import json
import pathlib
import re
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
import live  # noqa: E402

ROOT = pathlib.Path(__file__).parents[2]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def certificate(folder, name):
    path = folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", folder / "key",
         "-out", folder / "cert"],
        check=True, capture_output=True,
    )
    path.write_bytes((folder / "cert").read_bytes() + (folder / "key").read_bytes())
    return path


class Edge:
    def __init__(self, world):
        folder = world.folder
        self.tls, self.plain, self.uncached = free_port(), free_port(), free_port()
        self.socket = folder / "haproxy.sock"
        self.pem = certificate(folder, "edge")
        text = (ROOT / "api/package/haproxy.cfg").read_text()
        text = text.replace("/run/haproxy/assay.sock", str(self.socket))
        text = text.replace("/etc/haproxy/assay.pem", str(self.pem))
        text = text.replace("bind :80\n", f"bind 127.0.0.1:{free_port()}\n")
        text = text.replace("bind :443 ", f"bind 127.0.0.1:{self.tls} ")
        text = text.replace("127.0.0.1:8780", f"127.0.0.1:{self.plain}")
        text = text.replace("127.0.0.1:8790", world.url.removeprefix("http://"))
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        most = min(20000, (files - 1000) // 2)
        text = text.replace("  maxconn 20000\n", f"  maxconn {most}\n")
        text = re.sub(r".*(track-sc0|sc_http_req_rate).*\n", "", text)
        # The same without its cache, to see what the verifier itself answers.
        backend = text[text.index("\nbackend verifier") :]
        backend = backend.replace("backend verifier", "backend bare")
        backend = re.sub(r".*cache-(use|store).*\n", "", backend)
        text += f"\nfrontend uncached\n  bind 127.0.0.1:{self.uncached}\n"
        text += "  use_backend bare\n\n"
        text += backend
        config = folder / "haproxy.cfg"
        config.write_text(text)
        subprocess.run(["haproxy", "-c", "-f", config], check=True)
        child = world.start_plain("haproxy", ["haproxy", "-db", "-f", str(config)])
        wait_for(self.plain, child, folder / "haproxy.log")

    def command(self, text):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.socket))
            s.sendall(text.encode() + b"\n")
            return s.makefile().read()

    def rotate(self, pem):
        """A new certificate without a new process: what new handshakes get from here on."""
        said = self.command(f"set ssl cert {self.pem} <<\n{pem.read_text()}\n")
        return said + self.command(f"commit ssl cert {self.pem}")


def wait_for(port, child, log):
    for _ in range(200):
        if child.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}:\n{log.read_text()}")


async def ask(reader, writer, path):
    writer.write(f"GET {path} HTTP/1.1\r\nHost: edge\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    await reader.readexactly(length)
    return int(head[9:12])


async def keep_alive(port, path, clients, seconds):
    """Answers of each client; what failed."""
    answers, errors = [0] * clients, []
    end = time.monotonic() + seconds + clients / 2000

    async def client(i):
        await asyncio.sleep(i / 2000)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while time.monotonic() < end:
                status = await asyncio.wait_for(ask(reader, writer, path), 10)
                answers[i] += status == 200
                await asyncio.sleep(2)
            writer.close()
        except Exception as error:  # counted, whatever it is
            errors.append(repr(error))

    await asyncio.gather(*(client(i) for i in range(clients)))
    return answers, errors


async def slow_sockets(port, path, count, seconds):
    """Honest latencies in ms, while so many sockets take their time."""
    stop = asyncio.Event()
    refused = 0

    async def slow(i):
        nonlocal refused
        while not stop.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
                while not stop.is_set():
                    writer.write(b"a")
                    await asyncio.wait_for(writer.drain(), 5)
                    if reader.at_eof():
                        break
                    await asyncio.sleep(1)
                writer.close()
                refused += 1
            except (OSError, asyncio.TimeoutError):
                refused += 1

    tasks = [asyncio.create_task(slow(i)) for i in range(count)]
    await asyncio.sleep(2)
    # In a process of its own: what is measured is the edge, not this loop.
    honest = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--honest", str(port), path, str(seconds),
        stdout=asyncio.subprocess.PIPE,
    )
    took = json.loads((await honest.communicate())[0])
    stop.set()
    await asyncio.gather(*tasks)
    return sorted(took), refused


def honest_requests(port, path, seconds):
    """One after the other, each on a connection of its own: how many ms each took."""
    took = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        with socket.create_connection(("127.0.0.1", port), 10) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n".encode())
            answer = s.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 200"), answer[:80]
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.005)
    return took


async def rotations(edge, folder, path, seconds):
    """Requests over TLS, each on a connection of its own, while certificates change."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    done, failed, seen = 0, [], set()
    end = time.monotonic() + seconds

    async def client():
        nonlocal done
        while time.monotonic() < end:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", edge.tls, ssl=context)
                seen.add(writer.get_extra_info("ssl_object").getpeercert(True))
                assert await asyncio.wait_for(ask(reader, writer, path), 10) == 200
                done += 1
                writer.close()
            except Exception as error:
                failed.append(repr(error))

    clients = [asyncio.create_task(client()) for _ in range(16)]
    for turn in range(3):
        await asyncio.sleep(seconds / 4)
        said = edge.rotate(certificate(folder, f"turn{turn}"))
        assert "Success" in said, said
    await asyncio.gather(*clients)
    return done, failed, len(seen)


def wrk(port, path, connections, seconds):
    done = subprocess.run(
        ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s",
         f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, check=True,
    ).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1])
    p99 = re.search(r"99%\s+(\S+)", done)[1]
    starved = re.search(r"timeout (\d+)", done)
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
    return rate, p99, int(starved[1]) if starved else 0, int(other[1]) if other else 0


def main():
    if sys.argv[1] == "--honest":
        print(json.dumps(honest_requests(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))))
        return 0
    options = argparse.ArgumentParser()
    options.add_argument("programs")
    options.add_argument("--clients", type=int, default=5000)
    options.add_argument("--slow", type=int, default=2000)
    options.add_argument("--seconds", type=int, default=10)
    given = options.parse_args()
    for tool in ["haproxy", "wrk"]:
        if shutil.which(tool) is None:
            print(f"{tool} is missing: apt-get install haproxy wrk")
            return 77
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with live.World(given.programs) as world:
        world.serve()
        world.provide("alder", "--backend", "cpu")
        world.must(["assay", "job", "submit", "--workload", "gemm", "--steps", "2", "--wait"],
                   ASSAY_VERIFIER=world.url)
        listed = world.must(["assay", "provider", "list", "-o", "csv"], ASSAY_VERIFIER=world.url)
        path = f"/v1/providers/{listed.splitlines()[1].split(',')[0]}/score"
        edge = Edge(world)
        return trials(world, edge, path, given)


def trials(world, edge, path, given):
    failures = 0

    def tell(holds, text):
        nonlocal failures
        failures += not holds
        print(f"{'pass' if holds else 'FAIL'}  {text}", flush=True)

    for name, port in [("cached", edge.plain), ("uncached", edge.uncached)]:
        rate, p99, starved, other = wrk(port, path, 64, given.seconds)
        tell(starved + other == 0, f"{name}: {rate:.0f} score reads/s on 64 connections, "
             f"p99 {p99}, {starved} starved, {other} refused")
    answers, errors = asyncio.run(keep_alive(edge.plain, path, given.clients, given.seconds))
    starved = sum(1 for it in answers if it == 0)
    tell(starved == 0 and not errors, f"keep-alive: {given.clients} clients, {sum(answers)} "
         f"answers, {starved} starved, {len(errors)} errors {errors[:1]}")
    took, refused = asyncio.run(slow_sockets(edge.plain, path, given.slow, given.seconds))
    p99 = took[len(took) * 99 // 100]
    tell(p99 < 50, f"slow: {given.slow} slow sockets ({refused} cut off), {len(took)} honest "
         f"requests, p50 {took[len(took) // 2]:.1f} ms, p99 {p99:.1f} ms, most {took[-1]:.1f} ms")
    done, failed, seen = asyncio.run(rotations(edge, world.folder, path, given.seconds))
    tell(not failed and seen == 4, f"rotation: {done} requests over TLS, {seen} certificates, "
         f"{len(failed)} failed {failed[:1]}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
