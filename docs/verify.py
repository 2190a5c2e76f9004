#!/usr/bin/env python3
"""A verifier of .preuve files that shares no code with the server: written from docs/proofs.md alone.

usage: verify.py POLICY FILE     exits 0 valid, 1 invalid, 3 valid but the hour is not attested
Needs Python 3.9 and the openssl program (Ed25519). Checks what section 6 of docs/proofs.md lists; of the leaf's grammar
it checks the characters and the lines, not the table of kinds.
"""
import base64, calendar, hashlib, re, subprocess, sys, tempfile, time


class Invalid(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Invalid(why)


def b64(text, size=None):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text and size in (None, len(data)), "base64")
    return data


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def ed25519(key, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        files = {"k": bytes.fromhex("302a300506032b6570032100") + key, "m": message, "s": signature}
        for name, content in files.items():
            open(f"{folder}/{name}", "wb").write(content)
        command = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey k -sigfile s -in m"
        return subprocess.run(command.split(), cwd=folder, capture_output=True).returncode == 0


class Key:
    def __init__(self, text):
        self.name, ident, key = text.split("+", 2)
        self.id, raw = bytes.fromhex(ident), b64(key, 33)
        self.type, self.public = raw[0], raw[1:]
        need(sha256(self.name.encode(), b"\n", raw)[:4] == self.id, "key id")

    def signed(self, note):
        """None if this key did not sign; True for a log; seconds for a witness."""
        ours = [s for name, s in note.signatures if name == self.name and s[:4] == self.id]
        if not ours:
            return None
        need(len(ours) == 1, "two signatures of one key")
        signature, message = ours[0][4:], note.text.encode()
        if self.type == 1:
            need(ed25519(self.public, message, signature), "signature of the log")
            return True
        seconds = int.from_bytes(signature[:8], "big")
        message = f"cosignature/v1\ntime {seconds}\n".encode() + message
        need(ed25519(self.public, message, signature[8:]), "signature of a witness")
        return seconds


class Note:
    def __init__(self, text):
        body, lines = text.rsplit("\n\n", 1)
        self.text = body + "\n"
        need(lines.endswith("\n"), "note")
        found = [re.fullmatch(r"— ([^ +]+) (\S+)", line) for line in lines[:-1].split("\n")]
        need(all(found), "signature line")
        self.signatures = [(match[1], b64(match[2])) for match in found]
        self.origin, size, root = body.split("\n")
        need(re.fullmatch(r"0|[1-9][0-9]*", size), "size")
        self.size, self.root = int(size), b64(root, 32)


class Policy:
    def __init__(self, text):
        self.logs, self.witnesses, self.groups, self.quorum = [], {}, {}, None
        for words in (line.split() for line in text.splitlines()):
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "log":
                self.logs.append(Key(words[1]))
            elif words[0] == "witness":
                self.witnesses[words[1]] = Key(words[2])
            elif words[0] == "group":
                members = words[3:]
                self.groups[words[1]] = ({"any": 1, "all": len(members)}.get(words[2]) or int(words[2]), members)
            elif words[0] == "quorum":
                self.quorum = None if words[1] == "none" else words[1]

    def met(self, name, seen):
        if name in self.witnesses:
            return name in seen
        needed, members = self.groups[name]
        return sum(self.met(member, seen) for member in members) >= needed

    def times(self, note):
        """Checks the log's signature; gives the witnesses' times."""
        good = [key.signed(note) for key in self.logs if key.name == note.origin]
        need(any(good), "no trusted log signed")
        seen = {name: key.signed(note) for name, key in self.witnesses.items()}
        return {name: seconds for name, seconds in seen.items() if seconds is not None}

    def bound(self, seen, order):
        """The first time, in this order, at which the witnesses up to it meet the quorum."""
        for limit in sorted(seen.values(), reverse=order < 0):
            if self.quorum and self.met(self.quorum, {n for n, t in seen.items() if (limit - t) * order >= 0}):
                return limit
        return None


def sections(text):
    need(text.startswith("sceau-preuve/v1\n=== ") and text.endswith("\n=== end\n"), "frame")
    pieces = re.split(r"^=== (.*)\n", text[len("sceau-preuve/v1\n"):], flags=re.M)
    names, order = pieces[1::2], ["event", "disclosures", "proof", "not-before", "anchor", "keys", "end"]
    need(names == [name for name in order if name in names] and set(order[:3]) <= set(names), "sections")
    return dict(zip(names, pieces[2::2]))


def inclusion(leaf, index, size, path):
    need(index < size, "index")
    at, last, value = index, size - 1, leaf
    for sibling in path:
        need(last > 0, "path too long")
        if at & 1 or at == last:
            value = sha256(b"\x01", sibling, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = sha256(b"\x01", value, sibling)
        at, last = at >> 1, last >> 1
    need(last == 0, "path too short")
    return value


def tlog_proof(text):
    """A tlog-proof: index, hashes, checkpoint."""
    head, checkpoint = text.split("\n\n", 1)
    lines = head.split("\n")
    need(lines[0] == "c2sp.org/tlog-proof@v1" and re.fullmatch(r"index (0|[1-9][0-9]*)", lines[1]), "proof")
    return int(lines[1][6:]), [b64(line, 32) for line in lines[2:]], Note(checkpoint)


def verify(policy, data):
    text = data.decode().replace("\r\n", "\n")
    need(len(data) <= 1 << 20 and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text), "characters")
    parts = sections(text)
    leaf = parts["event"]
    need(len(leaf) <= 8192 and re.fullmatch(r"(?:[ -~]+\n)+", leaf), "leaf")
    fields = dict(line.split(" ", 1) for line in leaf.split("\n")[1:-1])
    order = list(fields)
    last = -1
    for line in parts["disclosures"].split("\n")[:-1]:
        name, salt, value = line.split(" ", 2)
        digest = sha256(f"sceau-commit/v1\n{name}\n{salt}\n{value}\n".encode())
        need(fields.get(name) == base64.b64encode(digest).decode() and order.index(name) > last, "disclosure")
        last, _ = order.index(name), b64(salt, 32)
    leaf_hash = sha256(b"\0", leaf.encode())
    index, path, note = tlog_proof(parts["proof"])
    seen = policy.times(note)
    need(inclusion(leaf_hash, index, note.size, path) == note.root, "root")
    need(not policy.quorum or policy.met(policy.quorum, seen), "quorum")
    if "anchor" in parts:
        token, rest = parts["anchor"].split("\n", 1)
        need(b64(token), "token")  # what it says is for openssl ts -verify: see section 7
        other, path, stamped = tlog_proof(rest)
        need((other, stamped.origin) == (index, note.origin), "anchor")
        need(inclusion(leaf_hash, other, stamped.size, path) == stamped.root, "anchor's root")
        policy.times(stamped)
    before, after = policy.bound(seen, 1), None
    if "not-before" in parts:
        earlier = Note(parts["not-before"])
        need(earlier.origin == note.origin and earlier.size <= index, "not-before")
        after = policy.bound(policy.times(earlier), -1)
    keys = parts.get("keys", "").split("\n")[:-1]
    need(len(set(keys)) == len(keys) and all(Key(line).type in (1, 4) for line in keys), "keys")
    claimed = calendar.timegm(time.strptime(fields["time"], "%Y-%m-%dT%H:%M:%SZ"))
    need(before is None or claimed <= before + 2, "claimed time is too late")
    return 0 if None not in (before, after) and claimed >= after else 3


if __name__ == "__main__":
    policy, proof = sys.argv[1:]
    try:
        code = verify(Policy(open(policy, encoding="utf-8").read()), open(proof, "rb").read())
        print("valid" if code == 0 else "valid, hour not attested")
    except (Invalid, ValueError, KeyError) as error:
        code = 1
        print(f"invalid: {error}")
    sys.exit(code)
