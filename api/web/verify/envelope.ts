// DSSE envelopes (v1.0.2) around in-toto statements.
import { fromAnyBase64, need, sha256Hex, Wrong } from './base';
import { verify } from './curve';
import { pae, PAYLOAD_MAX, PAYLOAD_TYPE } from './logs';
import { opaque, text } from './statements';
import { parseJson } from './strict_json';

function parseEnvelope(data: Uint8Array): { payload: Uint8Array; raw: Uint8Array[] } {
  const value = parseJson(data, { bytes: 128 << 10, depth: 16, values: 1024 });
  need(value instanceof Map, 'malformed', 'envelope: not an object');
  const [kind, spelled] = ['payloadType', 'payload'].map((n) => opaque(1 << 20)(value.get(n)));
  text()(kind);
  text(0, 87192)(spelled);
  const signatures = value.get('signatures');
  need(Array.isArray(signatures) && signatures.length >= 1 && signatures.length <= 16,
    'malformed', 'envelope: signatures');
  const raw = signatures.map((one) => {
    need(one instanceof Map, 'malformed', 'envelope: a signature');
    text()(one.has('keyid') ? one.get('keyid') : '');
    return fromAnyBase64(text(0, 8192)(one.get('sig')));
  });
  const payload = fromAnyBase64(spelled);
  need(payload.length <= PAYLOAD_MAX, 'malformed', 'envelope: payload too large');
  need(kind === PAYLOAD_TYPE, 'malformed', 'envelope: another payloadType');
  return { payload, raw };
}

export interface Opened { payload: Uint8Array; paeDigest: string; signature: Uint8Array }

// DSSE: the payload, its PAE digest, and the signature of this key over it.
export function openEnvelope(data: Uint8Array, key: Uint8Array): Opened {
  const { payload, raw } = parseEnvelope(data);
  const message = pae(payload);
  for (const signature of raw) {
    if (signature.length === 64 && verify(key, message, signature)) {
      return { payload, paeDigest: sha256Hex(message), signature };
    }
  }
  throw new Wrong('signature', 'envelope: no signature by the expected key');
}
