#!/usr/bin/env python3
"""Writes vectors/ed25519, vectors/ecvrf and vectors/merkle. Needs Python 3 and nothing else.

  tests/make_vectors.py           write the files
  tests/make_vectors.py --check   exit 1 if a file differs from what would be written

Published values are literals here and are checked against tests/reference.py before use; all others
come from tests/reference.py, which shares no code with core/.
"""
import pathlib
import sys

import reference as ref

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
files = {}


def scenario(folder, name, expect, **fields):
    path = f"{folder}/{name}.txt"
    assert path not in files, path
    lines = [f"# vectors/{path}", f"expect: {expect}"]
    for key, value in fields.items():
        for item in value if isinstance(value, list) else [value]:
            text = item.hex() if isinstance(item, bytes) else str(item)
            lines.append(f"{key}: {text}".rstrip())
    files[path] = "\n".join(lines) + "\n"


def flip_sign(encoded):
    return encoded[:31] + bytes([encoded[31] ^ 0x80])


def small_order_points():
    """The eight points whose order divides 8, by order."""
    y = 2
    while True:  # the order's multiple of any point is one of them; take one of order 8
        point = ref.decode(y.to_bytes(32, "little"))
        torsion = ref.multiply(ref.Q, point) if point else ref.NEUTRAL
        if ref.multiply(4, torsion) != ref.NEUTRAL:
            return [ref.multiply(i, torsion) for i in range(8)]
        y += 1


TORSION = small_order_points()
ORDER_8, ORDER_4, ORDER_2 = TORSION[1], TORSION[2], TORSION[4]

# RFC 8032 7.1: name, seed, public key, message, signature.
RFC8032 = [
    ("test_1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
     "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("test_2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
     "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("test_3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
     "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ("test_1024", "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
     "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
     "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f5"
     "4e9f77b1e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37"
     "c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efc"
     "b8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b"
     "3b310da903401aa62100ab5d1a36553e06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573c"
     "b116dbefefd75499da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204"
     "ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958"
     "d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24"
     "554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c6"
     "5adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2"
     "cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128bab27af87a"
     "71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969b"
     "e3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9"
     "b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb"
     "038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f672451"
     "7b65e614ad6808d6f6ee34dff7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08"
     "d78ff4ef5d63653a65040cf9bfd4aca7984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e"
     "2ab47b57f7f7276cd419c17a3ca8e1b939ae49e488acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d"
     "5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0"
     "f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041"
     "e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa9"
     "33a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380db2eaaa707b4c4185"
     "c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c"
     "15fc910840b94c00a0b9d0",
     "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f45"
     "28ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03"),
    ("test_sha_abc", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a8"
     "36ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ec"
     "fdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
]


def ed25519_published():
    for name, *values in RFC8032:
        seed, key, message, signature = map(bytes.fromhex, values)
        assert ref.public_key(seed) == key and ref.sign(seed, message) == signature, name
        scenario("ed25519", "rfc8032_" + name, "ok", source="RFC 8032 section 7.1", seed=seed,
                 public_key=key, message=message, signature=signature)


def ed25519_keys():
    neutral_signature = ref.encode(ref.NEUTRAL) + bytes(32)
    encodings = {ref.encode(point) for point in TORSION}
    for y in (0, 1, ref.P - 1, ref.P, ref.P + 1):  # further spellings of the same points
        plain = y.to_bytes(32, "little")
        encodings |= {plain, flip_sign(plain)}
    assert len(encodings) == 14
    for number, key in enumerate(sorted(encodings)):
        scenario("ed25519", f"key_small_order_{number:02}", "malformed",
                 note="R = 1, S = 0 verifies for any message where such a key is let in",
                 public_key=key, message=b"any message", signature=neutral_signature)

    seed = bytes.fromhex(RFC8032[0][1])
    x, prefix = ref.expand(seed)
    for order, torsion in ((2, ORDER_2), (4, ORDER_4), (8, ORDER_8)):
        key = ref.encode(ref.add(ref.multiply(x, ref.BASE), torsion))
        number = 0
        while True:  # find a message whose challenge cancels the torsion, so that verifiers accept
            message = b"message %d" % number
            r = ref.little(ref.sha512(prefix, message)) % ref.Q
            big_r = ref.encode(ref.multiply(r, ref.BASE))
            k = ref.little(ref.sha512(big_r, key, message)) % ref.Q
            if k % order == 0:
                break
            number += 1
        scenario("ed25519", f"key_mixed_order_{order}", "malformed",
                 note=f"a good key plus a point of order {order}; this signature verifies under it",
                 public_key=key, message=message,
                 signature=big_r + ((r + k * x) % ref.Q).to_bytes(32, "little"))

    y = next(y for y in range(2, 19) if ref.x_of(y, 0) is not None)
    scenario("ed25519", "key_not_canonical", "malformed", note=f"y is p + {y}",
             public_key=(ref.P + y).to_bytes(32, "little"), message=b"", signature=bytes(64))
    y = next(y for y in range(2, 99) if ref.x_of(y, 0) is None)
    scenario("ed25519", "key_not_on_curve", "malformed", note=f"y = {y} belongs to no point",
             public_key=y.to_bytes(32, "little"), message=b"", signature=bytes(64))


def ed25519_signatures():
    seed = bytes.fromhex(RFC8032[2][1])
    key, message = ref.public_key(seed), b"a message"
    x, _ = ref.expand(seed)
    good = ref.sign(seed, message)
    big_r, s = good[:32], ref.little(good[32:])

    def refused(name, note, signature, **other):
        scenario("ed25519", name, "signature", note=note, **{
            "public_key": key, "message": message, "signature": signature, **other})

    def with_r(encoded):
        """The S that makes S*B = R + kA hold where R has no part in the prime-order subgroup."""
        k = ref.little(ref.sha512(encoded, key, message)) % ref.Q
        return encoded + (k * x % ref.Q).to_bytes(32, "little")

    refused("other_message", "signs 'a message'", good, message=b"another message")
    refused("other_key", "signed by RFC 8032 TEST 3", good,
            public_key=bytes.fromhex(RFC8032[0][2]))
    refused("s_plus_order", "S + q: the same S modulo q, a second spelling",
            big_r + (s + ref.Q).to_bytes(32, "little"))
    refused("r_small_order", "R is the neutral point; the equation holds",
            with_r(ref.encode(ref.NEUTRAL)))
    refused("r_not_canonical", "R is the neutral point spelt p + 1; the equation holds",
            with_r((ref.P + 1).to_bytes(32, "little")))
    refused("r_mixed_order", "R plus a point of order 8: holds only if multiplied by 8",
            ref.encode(ref.add(ref.decode(big_r), ORDER_8)) + good[32:])
    refused("all_zero", "64 zero bytes", bytes(64))
    refused("r_neutral_s_zero", "R = 1, S = 0 under a good key",
            ref.encode(ref.NEUTRAL) + bytes(32))


# RFC 9381 B.3: example, index into RFC8032, alpha, H, pi, beta.
RFC9381 = [
    (16, 0, "", "91bbed02a99461df1ad4c6564a5f5d829d0b90cfc7903e7a5797bd658abf3318",
     "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f26f8a57ccaed74ee"
     "1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805",
     "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff66b71dda49d2de59"
     "d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae"),
    (17, 1, "72", "5b659fc3d4e9263fd9a4ed1d022d75eaacc20df5e09f9ea937502396598dc551",
     "f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed5933bf0864a62558b3e"
     "d7f2fea45c92a465301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02",
     "eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb5e33821bc613efb9"
     "4db5e5b54c70a848a0bef4553a41befc57663b56373a5031"),
    (18, 2, "af82", "bf4339376f5542811de615e3313d2b36f6f53c0acfebb482159711201192576a",
     "9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf8096bb474e53895c36"
     "2d8628ee9f9ea3c0e52c7a5c691b6c18c9979866568add7a2d41b00b05081ed0f58ee5e31b3a970e",
     "645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c452118fec1219202a0"
     "edcf038bb6373241578be7217ba85a2687f7a0310b2df19f"),
]
# RFC 9381 B.4, example 21: suite 0x04 (Elligator 2), same key and alpha as example 18.
ELLIGATOR2 = bytes.fromhex(
    "926e895d308f5e328e7aa159c06eddbe56d06846abf5d98c2512235eaa57fdce35b46edfc655bc82"
    "8d44ad09d1150f31374e7ef73027e14760d42e77341fe05467bb286cc2c9d7fde29120a0b2320d04")


def ecvrf_good():
    for example, which, *values in RFC9381:
        seed, key = (bytes.fromhex(text) for text in RFC8032[which][1:3])
        alpha, h, proof, output = map(bytes.fromhex, values)
        assert ref.encode(ref.hash_to_curve(key, alpha)) == h
        assert ref.vrf_prove(seed, alpha) == (proof, output)
        scenario("ecvrf", f"rfc9381_b3_{example}", "ok", source="RFC 9381 appendix B.3", seed=seed,
                 public_key=key, alpha=alpha, h=h, proof=proof, output=output)
    seed = ref.sha256(b"assay vectors ecvrf")
    key = ref.public_key(seed)

    def attempts(alpha):
        return next(i for i in range(256) if ref.decode(ref.sha512(
            b"\x03\x01", key, alpha, bytes([i]), b"\x00")[:32]))

    late = next(a for a in (b"try %d" % i for i in range(999)) if attempts(a) >= 6)
    long = bytes(i % 251 for i in range(1000))
    for name, note, alpha in (("long_input", "alpha of 1000 bytes", long),
                              ("seventh_try", "the first six hashes are no points", late)):
        proof, output = ref.vrf_prove(seed, alpha)
        scenario("ecvrf", name, "ok", note=note, seed=seed, public_key=key, alpha=alpha,
                 h=ref.encode(ref.hash_to_curve(key, alpha)), proof=proof, output=output)


def ecvrf_refused():
    seed, key = (bytes.fromhex(text) for text in RFC8032[2][1:3])
    alpha = b"\xaf\x82"
    proof, _ = ref.vrf_prove(seed, alpha)
    gamma, c, s = proof[:32], proof[32:48], proof[48:]

    def refused(name, expect, note, changed, **other):
        scenario("ecvrf", name, expect, note=note, **{
            "public_key": key, "alpha": alpha, "proof": changed, **other})

    refused("other_input", "proof", "proves af82", proof, alpha=b"\xaf\x83")
    refused("other_key", "proof", "proves for another key", proof,
            public_key=bytes.fromhex(RFC8032[0][2]))
    refused("other_suite", "proof", "a good proof of suite 0x04 (RFC 9381 B.4, example 21)",
            ELLIGATOR2)
    refused("challenge_zero", "proof", "c = 0", gamma + bytes(16) + s)
    refused("response_zero", "proof", "s = 0", gamma + c + bytes(32))
    refused("response_plus_order", "malformed", "s + q: the same s modulo q",
            gamma + c + (ref.little(s) + ref.Q).to_bytes(32, "little"))
    refused("response_is_order", "malformed", "s = q", gamma + c + ref.Q.to_bytes(32, "little"))
    refused("all_zero", "malformed", "Gamma is a point of order 4", bytes(80))
    refused("gamma_not_canonical", "malformed", "y is p + 3",
            (ref.P + 3).to_bytes(32, "little") + c + s)
    refused("gamma_not_on_curve", "malformed", "y = 2 belongs to no point",
            (2).to_bytes(32, "little") + c + s)
    assert ref.x_of(2, 0) is None and ref.x_of(3, 0) is not None
    refused("gamma_neutral", "malformed", "Gamma is the neutral point",
            ref.encode(ref.NEUTRAL) + c + s)
    for order, torsion in ((2, ORDER_2), (4, ORDER_4), (8, ORDER_8)):
        made = (ref.vrf_prove(seed, alpha, torsion, nonce)[0] for nonce in range(999))
        changed = next(p for p in made if ref.little(p[32:48]) % order == 0)
        assert ref.vrf_holds(key, alpha, changed)
        refused(f"gamma_mixed_order_{order}", "malformed",
                f"Gamma plus a point of order {order}; the equations of the RFC hold", changed)
        refused(f"key_mixed_order_{order}", "malformed", f"the key plus a point of order {order}",
                proof, public_key=ref.encode(ref.add(ref.decode(key), torsion)))
        refused(f"key_small_order_{order}", "malformed", f"a key of order {order}", proof,
                public_key=ref.encode(torsion))


# The eight leaves of the certificate-transparency test tree, and its roots by size.
LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f")]
ROOTS = [bytes.fromhex(text) for text in (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]


def merkle_good():
    for size, root in enumerate(ROOTS):
        assert ref.root(LEAVES[:size]) == root
        scenario("merkle", f"root_{size}", "ok", kind="root", leaf=LEAVES[:size], root=root)
    for index, size in ((0, 1), (0, 7), (3, 7), (5, 7), (6, 7), (0, 8), (5, 8), (7, 8), (2, 3)):
        scenario("merkle", f"inclusion_{index}_of_{size}", "ok", kind="inclusion",
                 leaf_hash=ref.root([LEAVES[index]]), index=index, size=size,
                 path=ref.inclusion(index, LEAVES[:size]), root=ROOTS[size])
    for old, size in ((1, 1), (1, 8), (2, 5), (3, 7), (4, 7), (6, 7), (6, 8), (7, 7), (4, 8)):
        scenario("merkle", f"consistency_{old}_to_{size}", "ok", kind="consistency", old_size=old,
                 old_root=ROOTS[old], size=size, root=ROOTS[size],
                 path=ref.consistency(old, LEAVES[:size]))
    scenario("merkle", "consistency_0_to_7", "ok", kind="consistency", old_size=0,
             old_root=ROOTS[0], size=7, root=ROOTS[7])


def merkle_refused():
    path = ref.inclusion(3, LEAVES[:7])

    def inclusion(name, note, **changed):
        scenario("merkle", "inclusion_" + name, "proof", note=note, kind="inclusion", **{
            "leaf_hash": ref.root([LEAVES[3]]), "index": 3, "size": 7, "path": path,
            "root": ROOTS[7], **changed})

    inclusion("path_short", "the last hash is missing", path=path[:-1])
    inclusion("path_long", "one hash too many", path=path + [ROOTS[7]])
    inclusion("path_empty", "no path at all", path=[])
    inclusion("path_swapped", "two hashes in the wrong order", path=[path[1], path[0], path[2]])
    inclusion("index_is_size", "leaf 7 of 7", index=7)
    inclusion("empty_tree", "leaf 0 of 0", index=0, size=0, path=[], root=ROOTS[0])
    inclusion("other_index", "the path of leaf 3 for leaf 2", index=2)
    inclusion("other_leaf", "leaf 4", leaf_hash=ref.root([LEAVES[4]]))
    inclusion("other_root", "the root of 8", root=ROOTS[8])
    inclusion("data_not_hashed", "SHA-256 of the leaf without its 0x00",
              leaf_hash=ref.sha256(LEAVES[3]))
    inclusion("size_wraps", "size 2^64 - 1", size=2**64 - 1)
    old_path = ref.consistency(3, LEAVES[:7])

    def consistency(name, note, **changed):
        scenario("merkle", "consistency_" + name, "proof", note=note, kind="consistency", **{
            "old_size": 3, "old_root": ROOTS[3], "size": 7, "path": old_path, "root": ROOTS[7],
            **changed})

    consistency("path_short", "the last hash is missing", path=old_path[:-1])
    consistency("path_long", "one hash too many", path=old_path + [ROOTS[7]])
    consistency("path_empty", "no path at all", path=[])
    consistency("path_swapped", "two hashes in the wrong order",
                path=[old_path[1], old_path[0]] + old_path[2:])
    consistency("shrinks", "7 to 3", old_size=7, old_root=ROOTS[7], size=3, root=ROOTS[3])
    consistency("other_old_root", "the old root of 4", old_root=ROOTS[4])
    consistency("other_root", "the root of 8", root=ROOTS[8])
    consistency("same_size_other_root", "one size, two roots", old_size=7, path=[])
    consistency("same_size_with_path", "equal sizes take no path", old_size=7, old_root=ROOTS[7])
    consistency("from_empty_with_path", "size 0 takes no path", old_size=0, old_root=ROOTS[0])


def main():
    for make in (ed25519_published, ed25519_keys, ed25519_signatures, ecvrf_good, ecvrf_refused,
                 merkle_good, merkle_refused):
        make()
    folders = {name.split("/")[0] for name in files}
    present = {f"{folder}/{path.name}" for folder in folders
               for path in (VECTORS / folder).glob("*")}
    if "--check" in sys.argv[1:]:
        wrong = sorted(present ^ set(files)) + sorted(
            name for name in present & set(files) if (VECTORS / name).read_text() != files[name])
        print("\n".join(f"{name}: missing, unknown or different" for name in wrong)
              or f"{len(files)} vectors are as generated")
        return 1 if wrong else 0
    for name, text in files.items():
        (VECTORS / name).parent.mkdir(parents=True, exist_ok=True)
        (VECTORS / name).write_text(text)
    for name in present - set(files):
        (VECTORS / name).unlink()
    print(f"{len(files)} vectors written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
