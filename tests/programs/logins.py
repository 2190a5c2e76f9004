"""Every way to sign in, over TLS against a running server, with nothing of the server's own code.

Arguments: folder of the laboratory, imaps port, submissions port, person, shared mailbox, application's mailbox; the
person's password on standard input. Prints what went otherwise than it should, and ends with 1 then.
"""

import base64
import hashlib
import hmac
import imaplib
import os
import smtplib
import ssl
import sys

LAB, IMAPS, SUBMISSIONS, PERSON, SHARED, APPLICATION = sys.argv[1:7]
PASSWORD = sys.stdin.readline().rstrip("\n")
DOMAIN = PERSON.split("@")[1]


def context(certificate=None, version=None):
    tls = ssl.create_default_context(cafile=os.path.join(LAB, "anchors.pem"))
    if certificate:
        tls.load_cert_chain(os.path.join(LAB, certificate + ".pem"), os.path.join(LAB, certificate + ".key"))
    if version:
        tls.maximum_version = version
    return tls


def imap(**tls):
    return imaplib.IMAP4_SSL("localhost", int(IMAPS), ssl_context=context(**tls))


def end_point(client):
    """The channel binding of a certificate that SHA-256 signed."""
    return hashlib.sha256(client.socket().getpeercert(True)).digest()


def scram(client, user, password, binding=None, data=b""):
    """RFC 7677, with or without a channel binding; fails when the server's proof is wrong."""
    header = f"p={binding},," if binding else "n,,"
    bare = f"n={user},r={base64.b64encode(os.urandom(12)).decode()}"
    state = {"turn": 0}

    def turn(challenge):
        state["turn"] += 1
        if state["turn"] == 1:
            return (header + bare).encode()
        if state["turn"] == 3:
            assert challenge == b"v=" + base64.b64encode(state["proof"]), challenge
            return b""
        first = challenge.decode()
        values = dict(part.split("=", 1) for part in first.split(","))
        bound = base64.b64encode(header.encode() + data).decode()
        last = f"c={bound},r={values['r']}"
        signed = f"{bare},{first},{last}".encode()
        salt = base64.b64decode(values["s"])
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, int(values["i"]))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
        state["proof"] = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        return f"{last},p={base64.b64encode(proof).decode()}".encode()

    return client.authenticate("SCRAM-SHA-256" + ("-PLUS" if binding else ""), turn)


def bound(version=None):
    client = imap(version=version)
    return scram(client, PERSON, PASSWORD, "tls-server-end-point", end_point(client))


def external(certificate, mailbox="", **tls):
    client = imap(certificate=certificate, **tls)
    client.authenticate("EXTERNAL", lambda _: mailbox.encode())
    return client.select(readonly=True)


def shared():
    client = imap()
    client.login(f'"{PERSON}*{SHARED}"', PASSWORD)
    return client.select(readonly=True)


def send(certificate, sender):
    """No AUTH: the certificate of the handshake is the login."""
    client = smtplib.SMTP_SSL("localhost", int(SUBMISSIONS), context=context(certificate))
    client.ehlo()
    message = f"From: <{sender}>\r\nTo: <{PERSON}>\r\nSubject: essai\r\n\r\nx\r\n"
    return client.sendmail(sender, [PERSON], message)


OLD = ssl.TLSVersion.TLSv1_2
# what is tried, whether it must succeed, how
CASES = [
    ("SCRAM", True, lambda: scram(imap(), PERSON, PASSWORD)),
    ("SCRAM, wrong password", False, lambda: scram(imap(), PERSON, "wrong")),
    ("SCRAM, unknown name", False, lambda: scram(imap(), "nobody@" + DOMAIN, "wrong")),
    ("SCRAM-PLUS", True, bound),
    ("SCRAM-PLUS on TLS 1.2", True, lambda: bound(OLD)),
    ("SCRAM-PLUS, false binding", False, lambda: scram(imap(), PERSON, PASSWORD, "tls-server-end-point", b"x" * 32)),
    ("EXTERNAL, a person", True, lambda: external("anne")),
    ("EXTERNAL, a person on a shared mailbox", True, lambda: external("anne", SHARED)),
    ("EXTERNAL, an application on TLS 1.2", True, lambda: external("dpi", version=OLD)),
    ("EXTERNAL, an application as a person", False, lambda: external("dpi", PERSON)),
    ("EXTERNAL, the same CN of another structure", False, lambda: external("twin")),
    ("EXTERNAL, expired", False, lambda: external("operateur-expire")),
    ("EXTERNAL, revoked", False, lambda: external("conformite-cert-revoque")),
    ("EXTERNAL, no mapped field", False, lambda: external("operateur-b")),
    ("EXTERNAL without a certificate", False, lambda: external(None)),
    ("person*mailbox", True, shared),
    ("submission by the certificate alone", True, lambda: send("dpi", APPLICATION)),
    ("submission by the certificate, another sender", False, lambda: send("dpi", SHARED)),
    ("submission by a person's certificate for a shared mailbox", True, lambda: send("anne", SHARED)),
    ("submission by a certificate of nobody", False, lambda: send("twin", APPLICATION)),
]

failed = 0
for name, must_succeed, attempt in CASES:
    try:
        told, succeeded = attempt(), True
    except (imaplib.IMAP4.error, smtplib.SMTPException) as error:
        told, succeeded = error, False
    if succeeded != must_succeed:
        failed = 1
        print(f"{name}: {told}")
sys.exit(failed)
