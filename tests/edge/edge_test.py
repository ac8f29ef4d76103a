#!/usr/bin/env python3
"""edge_test.py CONTRACT_SERVER [--clients N] [--slow N] [--seconds N] [--load]

The verifier behind its edge, api/edge/haproxy.cfg: who is refused by TLS, rotation of certificates
under load, many keep-alive clients, slow sockets, and what the edge keeps. --load measures reads as
well (wrk). Exits with 77 where haproxy or python3-cryptography are missing."""
import argparse
import asyncio
import http.client
import random
import re
import resource
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import warnings

try:
    from edge import Edge
except ImportError as missing:
    print(f"SKIPPED: {missing}; apt-get install python3-cryptography")
    sys.exit(77)

warnings.filterwarnings("ignore", category=DeprecationWarning)

STARVED_S = 5.0
FAULTS = []


def check(holds, what):
    print(("ok    " if holds else "WRONG ") + what, flush=True)
    if not holds:
        FAULTS.append(what)


def trusting(edge):
    return ssl.create_default_context(cafile=edge.authority.root)


def ask(edge, context, target="/v1/version", headers={}):
    connection = http.client.HTTPSConnection("127.0.0.1", edge.port, context=context, timeout=10)
    try:
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def refused(edge, context):
    try:
        ask(edge, context)
    except ssl.SSLError as error:
        return error.reason or "refused"
    except ConnectionError:
        return "refused"
    return None


def tls(edge):
    good = trusting(edge)
    check(ask(edge, good)[0] == 200, "a certificate of an authority that is trusted")
    check(refused(edge, ssl.create_default_context()), "nobody's certificate is refused")
    old = trusting(edge)
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.minimum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    check(refused(edge, old), "TLS 1.1 is refused")
    for what, pem in [("an expired certificate", edge.authority.make(expired_days=1)[0]),
                      ("another host's certificate", edge.authority.make(host="other.example")[0])]:
        edge.rotate(pem)
        check(refused(edge, good) == "CERTIFICATE_VERIFY_FAILED", f"{what} is refused")
    edge.rotate(edge.authority.make()[0])
    check(ask(edge, good)[0] == 200, "and a good one is taken again")


def rotation(edge, seconds):
    """Clients old and new ask all the time, while ten certificates follow each other."""
    stop, counts, failed, seen = threading.Event(), [0, 0], [], set()

    def kept_alive():
        connection = http.client.HTTPSConnection("127.0.0.1", edge.port, context=trusting(edge),
                                                 timeout=10)
        while not stop.is_set():
            try:
                connection.request("GET", "/v1/version")
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    failed.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                failed.append(repr(error))
                connection.close()
            counts[0] += 1

    def anew():
        context = trusting(edge)
        while not stop.is_set():
            try:
                connection = http.client.HTTPSConnection("127.0.0.1", edge.port, context=context,
                                                         timeout=10)
                connection.connect()
                seen.add(connection.sock.getpeercert()["serialNumber"])
                connection.request("GET", "/v1/version")
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    failed.append(answer.status)
                connection.close()
            except (OSError, http.client.HTTPException) as error:
                failed.append(repr(error))
            counts[1] += 1

    threads = [threading.Thread(target=each) for each in [kept_alive] * 8 + [anew] * 4]
    for thread in threads:
        thread.start()
    serials = set()
    for _ in range(10):
        pem, serial = edge.authority.make()
        edge.rotate(pem)
        serials.add(serial)
        time.sleep(seconds / 10)
    stop.set()
    for thread in threads:
        thread.join()
    new = len({int(each, 16) for each in seen} & serials)
    check(not failed, f"rotation under load: {len(failed)} of {sum(counts)} requests failed "
                      f"({counts[0]} on 8 open connections, {counts[1]} on new ones) {failed[:3]}")
    check(new == 10, f"{new} of 10 new certificates were seen")


async def open_connection(edge, context):
    return await asyncio.open_connection("127.0.0.1", edge.port, ssl=context,
                                         server_hostname="127.0.0.1", limit=1 << 20)


async def request(streams, target):
    """Seconds that one request took, or None where the answer is no 200."""
    reader, writer = streams
    began = time.monotonic()
    writer.write(f"GET {target} HTTP/1.1\r\nHost: edge\r\n\r\n".encode())
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    await reader.readexactly(int(length.group(1)) if length else 0)
    return time.monotonic() - began if head.startswith(b"HTTP/1.1 200") else None


async def many_clients(edge, clients, rounds=3):
    context, waits, starved, failed = trusting(edge), [], 0, 0
    gate = asyncio.Semaphore(200)  # handshakes at a time

    async def client(number):
        nonlocal starved, failed
        try:
            async with gate:
                streams = await open_connection(edge, context)
                # Who connects and says nothing is sent away.
                first = await request(streams, "/v1/version")
            failed += first is None
        except (OSError, asyncio.IncompleteReadError):
            failed += 1
            return
        everybody.append(streams)
        await all_here.wait()
        for _ in range(rounds):
            await asyncio.sleep(random.random() * 4)
            try:
                took = await asyncio.wait_for(request(streams, "/v1/version"), STARVED_S)
                failed += took is None
                waits.append(took or 0)
            except asyncio.TimeoutError:
                starved += 1
            except (OSError, asyncio.IncompleteReadError):
                failed += 1

    everybody, all_here = [], asyncio.Event()
    tasks = [asyncio.create_task(client(i)) for i in range(clients)]
    while len(everybody) + failed < clients:
        await asyncio.sleep(0.05)
    all_here.set()
    await asyncio.gather(*tasks)
    for _, writer in everybody:
        writer.close()
    waits.sort()
    p99 = waits[len(waits) * 99 // 100] * 1000 if waits else -1
    check(starved == 0 and failed == 0,
          f"{clients} keep-alive clients: {starved} starved, {failed} failed, "
          f"{len(waits)} answers, p99 {p99:.1f} ms")


async def slow_sockets(edge, slow, seconds):
    """Heads that come a byte a second, while honest clients ask."""
    context, held = trusting(edge), []
    gate = asyncio.Semaphore(200)

    async def crawl():
        try:
            async with gate:
                _, writer = await open_connection(edge, context)
            held.append(writer)
            for byte in b"GET /v1/version HTTP/1.1\r\nHost: edge\r\nX-Slow: " + b"x" * 10_000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)
        except (OSError, asyncio.CancelledError):
            pass

    tasks = [asyncio.create_task(crawl()) for _ in range(slow)]
    while len(held) < slow:
        await asyncio.sleep(0.05)
    waits, failed = [], 0

    async def honest():
        nonlocal failed
        streams = await open_connection(edge, context)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            took = await asyncio.wait_for(request(streams, "/v1/version"), STARVED_S)
            failed += took is None
            waits.append(took or 0)
            await asyncio.sleep(0.01)
        streams[1].close()

    await asyncio.gather(*[honest() for _ in range(8)])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks)
    for writer in held:
        writer.close()
    waits.sort()
    p99, last = waits[len(waits) * 99 // 100] * 1000, waits[-1] * 1000
    check(failed == 0 and p99 < 50, f"{slow} slow sockets: honest p99 {p99:.1f} ms, "
                                    f"max {last:.1f} ms, {len(waits)} answers, {failed} failed")


def kept_answers(edge):
    context, path = trusting(edge), f"/v1/providers/{edge.server.facts['provider']}"
    first, again = ask(edge, context, path), ask(edge, context, path)
    check(first[0] == 200 and int(again[1].get("age", again[1].get("Age", -1))) >= 0,
          "a score that the edge has is answered by the edge")
    tag = first[1].get("etag") or first[1].get("ETag")
    check(ask(edge, context, path, {"If-None-Match": tag})[0] == 304, "and 304 to who has it")
    job = f"/v1/jobs/{edge.server.facts['job']}"
    ask(edge, context, job)
    check("age" not in {name.lower() for name in ask(edge, context, job)[1]},
          "where a job stands is asked anew each time")
    many = [ask(edge, context, "/v1/workers", {"X-Forwarded-For": "203.0.113.9"})[0]
            for _ in range(60)]
    check(set(many) == {200}, "what a client says of its address is not believed")


def load(edge, seconds):
    for what, path in [("cached reads", f"/v1/providers/{edge.server.facts['provider']}/score"),
                       ("uncached reads", f"/v1/jobs/{edge.server.facts['job']}")]:
        url = f"https://127.0.0.1:{edge.port}{path}"
        out = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "--latency", url],
                             capture_output=True, text=True, check=True).stdout
        rate = re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)
        p99 = re.search(r"99%\s+(\S+)", out).group(1)
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        late = re.search(r"timeout (\d+)", out)
        check(bad is None and late is None,
              f"{what}: {rate}/s over TLS, 64 connections, p99 {p99}, "
              f"starved {late.group(1) if late else 0}, failed {bad.group(1) if bad else 0}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server")
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--load", action="store_true")
    given = parser.parse_args()
    if shutil.which("haproxy") is None:
        print("SKIPPED: there is no haproxy (apt-get install haproxy)")
        return 77
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    with tempfile.TemporaryDirectory() as folder, Edge(given.server, folder) as edge:
        tls(edge)
        rotation(edge, given.seconds)
        kept_answers(edge)
        asyncio.run(slow_sockets(edge, given.slow, given.seconds))
        asyncio.run(many_clients(edge, given.clients))
        if given.load:
            load(edge, max(int(given.seconds), 5))
    return 1 if FAULTS else 0


if __name__ == "__main__":
    sys.exit(main())
