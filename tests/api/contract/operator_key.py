"""The operator's key in the world of life.cc, and its calls (RFC 9421), by the standard's text."""
import base64
import hashlib
import os
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"who tells of bonds").digest())
KEYID = hashlib.sha256(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def signed(method, target, body, host="contract", key=KEY, keyid=KEYID, nonce=None, created=None):
    """The headers that make this request an operator's call."""
    path, _, query = target.partition("?")
    created = int(time.time()) if created is None else created
    values = {"@method": method, "@authority": host, "@path": path, "@query": "?" + query}
    headers = []
    if body:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        values["content-digest"] = f"sha-256=:{digest}:"
        headers.append(("Content-Digest", values["content-digest"]))
    nonce = nonce or base64.b64encode(os.urandom(12)).decode()
    parameters = "(" + " ".join(f'"{name}"' for name in values) + ")" + (
        f';created={created};expires={created + 60};nonce="{nonce}";keyid="{keyid}"')
    base = "".join(f'"{name}": {value}\n' for name, value in values.items())
    base += f'"@signature-params": {parameters}'
    signature = base64.b64encode(key.sign(base.encode())).decode()
    return headers + [("Signature-Input", f"call={parameters}"),
                      ("Signature", f"call=:{signature}:")]
