"""Does something to INBOX over IMAP: mailbox.py HOST PORT USER CA ACTION..., the password on standard input.

Actions: `append=30` puts that many messages in, `expunge=5` takes the fifth away, `flag=7,\\Flagged` sets a flag,
`list` prints each message's UID, flags and subject.
"""

import imaplib
import re
import ssl
import sys

host, port, user, ca, *actions = sys.argv[1:]
mailbox = imaplib.IMAP4_SSL(host, int(port), ssl_context=ssl.create_default_context(cafile=ca))
mailbox.login(user, sys.stdin.readline().rstrip("\n"))
mailbox.select()


def must(answer):
    assert answer[0] == "OK", answer
    return answer[1]


for action in actions:
    word, _, value = action.partition("=")
    if word == "append":
        for number in range(int(value)):
            text = f"From: essai@b.mssante.fr\r\nSubject: n{number}\r\nMessage-ID: <n{number}@essai>\r\n\r\nHi\r\n"
            must(mailbox.append("INBOX", "", None, text.encode()))
    elif word == "expunge":
        must(mailbox.store(value, "+FLAGS.SILENT", "(\\Deleted)"))
        must(mailbox.expunge())
    elif word == "flag":
        number, flag = value.split(",")
        must(mailbox.store(number, "+FLAGS.SILENT", f"({flag})"))
    elif word == "list":
        for line in must(mailbox.fetch("1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")):
            if isinstance(line, tuple):
                uid = re.search(rb"UID (\d+)", line[0])[1].decode()
                flags = re.search(rb"FLAGS \(([^)]*)\)", line[0])[1].decode()
                print(uid, f"({flags})", line[1].decode().strip())
    else:
        sys.exit(f"unknown action {action}")
mailbox.logout()
