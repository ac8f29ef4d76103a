"""A verifier behind the edge of api/edge/haproxy.cfg: its configuration as shipped, but for ports,
paths and certificates of the test's own."""
import datetime
import ipaddress
import os
import socket
import subprocess
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "api", "contract"))
from live import Server  # noqa: E402


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Authority:
    """Makes certificates: good ones, and ones that nobody should take."""

    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self.root = os.path.join(folder, "root.pem")
        certificate = self.sign(self.name, self.key.public_key(), [], 0, is_root=True)
        self.write(self.root, certificate)
        self.made = 0

    def sign(self, subject, public, names, expired_days, is_root=False):
        now = datetime.datetime.now(datetime.timezone.utc)
        end = now + datetime.timedelta(days=30 - 60 * (expired_days > 0))
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
                   .public_key(public).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=90)).not_valid_after(end)
                   .add_extension(x509.BasicConstraints(is_root, None), critical=True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def write(self, path, certificate, key=None):
        with open(path, "wb") as file:
            file.write(certificate.public_bytes(serialization.Encoding.PEM))
            if key is not None:
                file.write(key.private_bytes(serialization.Encoding.PEM,
                                             serialization.PrivateFormat.PKCS8,
                                             serialization.NoEncryption()))

    def make(self, host="127.0.0.1", expired_days=0):
        """A PEM file as HAProxy wants it, and its serial number."""
        self.made += 1
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"edge {self.made}")])
        try:
            names = [x509.IPAddress(ipaddress.ip_address(host))]
        except ValueError:
            names = [x509.DNSName(host)]
        certificate = self.sign(name, key.public_key(), names, expired_days)
        path = os.path.join(self.folder, f"edge{self.made}.pem")
        self.write(path, certificate, key)
        return path, certificate.serial_number


class Edge:
    """The verifier's server of contract_server.cc and HAProxy before it."""

    def __init__(self, server_program, folder):
        self.folder = folder
        self.authority = Authority(folder)
        self.crt = os.path.join(folder, "assay.pem")
        self.socket = os.path.join(folder, "admin.sock")
        first, self.serial = self.authority.make()
        os.rename(first, self.crt)
        self.server = Server(server_program)
        self.port = free_port()
        self.process = self.start_haproxy()

    def start_haproxy(self):
        with open(os.path.join(ROOT, "api", "edge", "haproxy.cfg"), encoding="utf-8") as file:
            text = file.read()
        address = self.server.url.removeprefix("http://")
        for old, new in [("/run/haproxy/admin.sock", self.socket),
                         ("/etc/haproxy/assay.pem", self.crt),
                         ("bind :443", f"bind 127.0.0.1:{self.port}"),
                         ("127.0.0.1:8790 maxconn", f"{address} maxconn")]:
            if text.count(old) != 1:
                raise SystemExit(f"haproxy.cfg: {old} is there {text.count(old)} times")
            text = text.replace(old, new)
        path = os.path.join(self.folder, "haproxy.cfg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        checked = subprocess.run(["haproxy", "-c", "-f", path], capture_output=True, text=True)
        if checked.returncode != 0 or "WARNING" in checked.stdout + checked.stderr:
            raise SystemExit(f"haproxy.cfg: {checked.stdout}{checked.stderr}")
        process = subprocess.Popen(["haproxy", "-db", "-f", path], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return process
            time.sleep(0.05)
        raise SystemExit("haproxy does not listen")

    def rotate(self, pem):
        script = os.path.join(ROOT, "api", "edge", "rotate_certificate.sh")
        done = subprocess.run([script, self.socket, self.crt, pem], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"rotate_certificate.sh: {done.stderr}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.server.__exit__()
