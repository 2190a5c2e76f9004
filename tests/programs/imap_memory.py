"""What clients that mean harm cost in memory: imap_memory.py HOST PORT USER CA PID, the password on standard input.

Many connections hold as much of a command as the server takes, before and after signing in; then each sends a megabyte
that no command may have. Prints octets of resident memory per connection, and ends with 1 when one is beyond its bound.
"""

import socket
import ssl
import sys

host, port, user, ca, pid = sys.argv[1:]
password = sys.stdin.readline().rstrip("\n")
context = ssl.create_default_context(cafile=ca)
# octets per connection: TLS with its buffers, and a command of 16 KiB before, of 256 KiB after
BOUNDS = {"before": 160 * 1024, "after": 640 * 1024}
COUNT = {"before": 200, "after": 40}


def resident():
    with open(f"/proc/{pid}/status") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def connect():
    stream = context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)
    stream.settimeout(60)
    stream.recv(65536)
    return stream


def sign_in(stream):
    stream.sendall(f'l LOGIN {user} "{password}"\r\n'.encode())
    heard = b""
    while b"l OK" not in heard:
        data = stream.recv(65536)
        assert data, heard
        heard += data


def barrier(streams):
    """The server has read what came before: a connection that asks now is answered after it."""
    for stream in streams[:1]:
        other = connect()
        other.sendall(b"z LOGOUT\r\n")
        while other.recv(65536):
            pass


def held(kind, number):
    """The beginning of a command that does not end, as large as it may be."""
    if kind == "before":
        return [b"a LOGIN " + b"x" * 11_000, b"a " + b"(" * 12_000, b"a LOGIN {1000+}\r\n" + b"y" * 999][number % 3]
    return b"".join([b"a SEARCH TEXT {60000+}\r\n" + b"t" * 60_000, *[b" TEXT {60000+}\r\n" + b"t" * 60_000] * 3])


def flood(stream):
    """A megabyte behind it: refused, or the connection ends."""
    try:
        stream.sendall(b"x" * (1 << 20))
        stream.sendall(b"\r\n")
        return stream.recv(65536)
    except (ssl.SSLError, OSError):
        return b""


def main():
    wrong = False
    warm = [connect() for _ in range(20)]
    for stream in warm:
        sign_in(stream)
        stream.close()
    for kind, count in COUNT.items():
        start = resident()
        streams = [connect() for _ in range(count)]
        for number, stream in enumerate(streams):
            if kind == "after":
                sign_in(stream)
            stream.sendall(held(kind, number))
        barrier(streams)
        held_now = (resident() - start) // count
        answers = [flood(stream) for stream in streams]
        flooded = (resident() - start) // count
        taken = [answer for answer in answers if b" OK" in answer]
        print(f"{kind} login: {held_now} octets a connection, {flooded} after a megabyte each")
        wrong |= max(held_now, flooded) > BOUNDS[kind] or bool(taken)
        for stream in streams:
            stream.close()
    sys.exit(1 if wrong else 0)


main()
