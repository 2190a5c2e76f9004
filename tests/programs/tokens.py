"""Tokens over IMAP and submission with Python's own clients, by both mechanisms.

Arguments: anchors (PEM), server's name, imaps port, submissions port, the person's address; on standard input a JSON
list of [name, token, what is to come of it]. «works» opens the mailbox and sends a message; «refused» is a wrong login;
«later» is a temporary failure, which is not the same. Prints what went otherwise, and ends with 1 then.
"""

import imaplib
import json
import smtplib
import socket
import ssl
import sys

ANCHORS, NAME, IMAPS, SUBMISSIONS, PERSON = sys.argv[1:6]
TLS = ssl.create_default_context(cafile=ANCHORS)

# The certificate's name is looked for at the loopback address.
lookup = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: lookup("localhost" if host == NAME else host, *rest, **more)


def response(mechanism, token):
    if mechanism == "XOAUTH2":
        return f"user={PERSON}\x01auth=Bearer {token}\x01\x01"
    return f"n,a={PERSON},\x01host={NAME}\x01port=993\x01auth=Bearer {token}\x01\x01"


class Exchange:
    """Says the token, and what a client has to say to a refusal."""

    def __init__(self, mechanism, token):
        self.first, self.last = response(mechanism, token), "\x01" if mechanism == "OAUTHBEARER" else ""
        self.error = None

    def __call__(self, challenge=None):
        if not challenge:
            return self.first
        self.error = json.loads(challenge)
        return self.last


def imap(mechanism, token):
    exchange = Exchange(mechanism, token)
    client = imaplib.IMAP4_SSL(NAME, int(IMAPS), ssl_context=TLS)
    assert f"AUTH={mechanism}" in client.capabilities, client.capabilities
    try:
        client.authenticate(mechanism, lambda challenge: exchange(challenge).encode())
        assert client.select()[0] == "OK"
        return None, ""
    except imaplib.IMAP4.error as error:
        return exchange.error, str(error)


def submission(mechanism, token):
    exchange = Exchange(mechanism, token)
    client = smtplib.SMTP_SSL(NAME, int(SUBMISSIONS), context=TLS)
    client.ehlo()
    assert mechanism in client.esmtp_features["auth"].split(), client.esmtp_features
    try:
        client.auth(mechanism, exchange)
        message = f"From: <{PERSON}>\r\nTo: <{PERSON}>\r\nSubject: essai\r\n\r\nBonjour.\r\n"
        assert client.sendmail(PERSON, [PERSON], message) == {}
        return None, ""
    except smtplib.SMTPAuthenticationError as error:
        return exchange.error, f"{error.smtp_code} {error.smtp_error.decode()}"


EXPECTED = {
    ("refused", imap): "[AUTHENTICATIONFAILED]",
    ("refused", submission): "535 5.7.8",
    ("later", imap): "[UNAVAILABLE]",
    ("later", submission): "454 4.7.0",
}
STATUS = {
    ("refused", "XOAUTH2"): "401",
    ("refused", "OAUTHBEARER"): "invalid_token",
    ("later", "XOAUTH2"): "400",
    ("later", "OAUTHBEARER"): "temporarily_unavailable",
}

failed = 0
for name, token, expected in json.load(sys.stdin):
    for protocol in imap, submission:
        for mechanism in "XOAUTH2", "OAUTHBEARER":
            error, text = protocol(mechanism, token)
            right = (error, text) == (None, "")
            if expected != "works":
                right = error is not None and error["status"] == STATUS[expected, mechanism]
                right = right and error["scope"] == "openid" and EXPECTED[expected, protocol] in text
            if not right:
                failed = 1
                print(f"{name}, {protocol.__name__} {mechanism}: {error} {text}")
sys.exit(failed)
