#!/usr/bin/env python3
"""IMAP under DEFLATE, as Thunderbird speaks it: imap_compressed.py HOST PORT USER CA (password on standard input)."""

import socket
import ssl
import sys
import zlib

host, port, user, ca = sys.argv[1:]
password = sys.stdin.readline().rstrip("\n")
context = ssl.create_default_context(cafile=ca)
stream = context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)
stream.settimeout(20)
deflate, inflate = None, None
heard = b""


def say(text):
    data = text if isinstance(text, bytes) else text.encode()
    if deflate:
        data = deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
    stream.sendall(data)


def until(tag):
    """Everything up to the answer with this tag."""
    global heard
    while b"\r\n" + tag not in b"\r\n" + heard or not heard.endswith(b"\r\n"):
        data = stream.recv(65536)
        assert data, heard
        heard += inflate.decompress(data) if inflate else data
    answer, heard = heard, b""
    assert tag + b" OK" in answer, answer
    return answer


stream.recv(4096)
say(f'a LOGIN {user} "{password}"\r\n')
assert b"COMPRESS=DEFLATE" in until(b"a")
say("b COMPRESS DEFLATE\r\n")
until(b"b")
deflate, inflate = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15)
body = b"Subject: grand\r\n\r\n" + b"Les resultats sont normaux.\r\n" * 40000
say(b"c APPEND Drafts {%d+}\r\n" % len(body) + body + b"\r\n")
until(b"c")
say("d SELECT Drafts\r\ne FETCH 1 BODY.PEEK[]\r\n")
assert body in until(b"e")
for number in range(50):
    say(f"f{number} NOOP\r\n")
    until(b"f%d" % number)
say("g LOGOUT\r\n")
until(b"g")
