#!/usr/bin/env python3
"""Python's imaplib through a mailbox's life: imaplib_life.py HOST PORT USER CA (password on standard input)."""

import imaplib
import ssl
import sys
import time

host, port, user, ca = sys.argv[1:]
password = sys.stdin.readline().rstrip("\n")
imap = imaplib.IMAP4_SSL(host, int(port), ssl_context=ssl.create_default_context(cafile=ca))


def ok(answer):
    """The data of an answer that must be OK."""
    kind, data = answer
    assert kind == "OK", answer
    return data


ok(imap.login(user, password))
assert "IMAP4REV1" in imap.capabilities, imap.capabilities
names = b" ".join(ok(imap.list()))
for name in [b"INBOX", b"Sent", b"Drafts", b"Trash", b"Junk", b"Archive"]:
    assert name in names, names
ok(imap.create("Essai"))
ok(imap.subscribe("Essai"))
message = b"From: a@b.fr\r\nTo: c@d.fr\r\nSubject: =?utf-8?q?=C3=A9t=C3=A9?=\r\n\r\nBonjour\r\n"
ok(imap.append("Essai", r"(\Flagged)", imaplib.Time2Internaldate(time.time()), message))
assert ok(imap.select("Essai")) == [b"1"]
assert ok(imap.search(None, "SUBJECT", "t")) == [b"1"]
fetched = ok(imap.fetch("1", "(RFC822 FLAGS ENVELOPE)"))
assert fetched[0][1] == message, fetched
assert rb"\Flagged" in fetched[1] or rb"\Flagged" in fetched[0][0], fetched
ok(imap.store("1", "+FLAGS", r"(\Deleted $Label1)"))
ok(imap.copy("1", "Archive"))
assert ok(imap.expunge()) == [b"1"]
ok(imap.close())
ok(imap.rename("Essai", "Essai2"))
ok(imap.delete("Essai2"))
assert ok(imap.select("Archive", readonly=True)) == [b"1"]
status = ok(imap.status("Archive", "(MESSAGES UIDNEXT UNSEEN)"))[0]
assert b"MESSAGES 1" in status, status
imap.logout()
