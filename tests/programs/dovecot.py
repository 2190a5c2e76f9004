"""Plays scripts of tests/transcripts/imap to Dovecot, and says where it answers otherwise than they do.

Arguments: the folder of the scripts, an empty folder for Dovecot. Played are the scripts with `dovecot: agrees` in their
head. What differs from server to server is left out of the comparison: texts, UIDVALIDITY, numbers of changes, \\Recent,
the order of items. Where Dovecot does otherwise and a script says why, in `# Dovecot: the reason` behind a command, that
command is not compared. Prints each difference, and ends with 1 if there is one.
"""

import os
import pathlib
import pwd
import re
import select
import shutil
import subprocess
import sys
import time

SCRIPTS, HOME = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
# Dovecot opens no mailboxes for root
USER = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
AS_USER = {"user": USER.pw_uid, "group": USER.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
ssl = no
protocols = imap
mail_location = maildir:~/Maildir
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 0
mail_max_keyword_length = 200
namespace inbox {{
  inbox = yes
  separator = /
  mailbox INBOX {{
    auto = subscribe
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
  mailbox Archive {{
    auto = subscribe
    special_use = \\Archive
  }}
}}
userdb {{
  driver = static
  args = home={home}/home
}}
protocol imap {{
  imap_idle_notify_interval = 2 mins
}}
"""


class Session:
    """A client that is signed in."""

    def __init__(self, home):
        command = ["doveadm", "-c", str(home / "dovecot.conf"), "exec", "imap"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(home / "home"), "USER": "someone"}
        pipe = subprocess.PIPE
        places = {"stdin": pipe, "stdout": pipe, "stderr": subprocess.DEVNULL, "cwd": home, "bufsize": 0}
        self.process = subprocess.Popen(command, env=environment, **places, **AS_USER)
        self.input = b""
        self.hear(lambda lines: any(line.startswith(b"* PREAUTH") for line in lines))

    def send(self, data):
        try:
            self.process.stdin.write(data)
        except BrokenPipeError:
            pass

    def hear(self, enough, patience=10):
        """Responses, until there are enough or nothing comes any more."""
        responses, until = [], time.monotonic() + patience
        while not enough(responses) and time.monotonic() < until:
            response = self.take()
            if response is not None:
                responses.append(response)
                continue
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not data:
                break
            self.input += data
        return responses

    def take(self):
        """The next whole response, its literals included."""
        at = 0
        while True:
            end = self.input.find(b"\r\n", at)
            if end < 0:
                return None
            literal = re.search(rb"\{(\d+)\}$", self.input[at:end])
            if not literal:
                response, self.input = self.input[:end], self.input[end + 2 :]
                return response
            at = end + 2 + int(literal[1])
            if len(self.input) < at:
                return None

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.terminate()
        self.process.wait()


def unescape(text):
    simple = {"r": b"\r", "n": b"\n", "0": b"\0", "\\": b"\\"}
    parts = re.findall(r"\\x[0-9a-f]{2}|\\.|[^\\]+", text)
    return b"".join(
        part.encode() if part[0] != "\\" else bytes([int(part[2:], 16)]) if part[1] == "x" else simple[part[1]]
        for part in parts
    )


def said(text):
    """A line of a server as scripts write it: only what is not printable is escaped."""
    parts = re.split(r"(\\x[0-9a-f]{2})", text)
    return b"".join(bytes([int(p[2:], 16)]) if re.fullmatch(r"\\x[0-9a-f]{2}", p) else p.encode() for p in parts)


def parse(path):
    """Settings, and the conversation in groups: what is done, and what is answered."""
    settings, groups = [], []
    for line in path.read_text().splitlines():
        head, rest = line[:3], line[3:]
        if line.startswith("# Dovecot: "):
            groups[-1]["excused"] = True
        elif not line or line[0] == "#":
            continue
        elif head in ("C: ", "C> ") or line == "C:":
            data = rest.encode() + b"\r\n" if head != "C> " else unescape(rest)
            if groups and groups[-1]["kind"] == "C" and not groups[-1]["answers"]:
                groups[-1]["data"] += data
            else:
                groups.append({"kind": "C", "data": data, "answers": [], "excused": False})
        elif head == "== ":
            groups.append({"kind": "=", "cue": rest, "answers": [], "excused": False})
        elif (head == "S: " or line == "S:") and groups:
            groups[-1]["answers"].append(said(rest))
        elif head not in ("-- ", "S: "):
            settings.append(tuple(line.split(": ", 1)))
    for group in groups:
        group["answers"] = whole(group["answers"])
    return settings, groups


def whole(lines):
    """Lines of a script put together to responses, as their literals say."""
    responses, data = [], b"\r\n".join(lines) + b"\r\n"
    session = object.__new__(Session)
    session.input = data if lines else b""
    while (response := session.take()) is not None:
        responses.append(response)
    return responses


def tokens(text):
    """Nested lists, strings and literals of a response."""
    stack, at = [[]], 0
    while at < len(text):
        if text[at : at + 1] == b"(":
            stack.append([])
            at += 1
        elif text[at : at + 1] == b")":
            last = stack.pop()
            if not stack:
                raise ValueError(text)
            stack[-1].append(last)
            at += 1
        elif text[at : at + 1] == b" ":
            at += 1
        elif literal := re.match(rb"~?\{(\d+)\}\r\n", text[at:]):
            at += literal.end()
            stack[-1].append(text[at : at + int(literal[1])])
            at += int(literal[1])
        elif string := re.match(rb'"((?:[^"\\]|\\.)*)"', text[at:]):
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", string[1]))
            at += string.end()
        else:
            atom = re.match(rb"(?:\[[^\]]*\]|[^ ()\"\[])+", text[at:])
            stack[-1].append(atom[0])
            at += atom.end()
    return stack[0]


def flags(items):
    return tuple(sorted(flag for flag in items if flag.lower() != b"\\recent"))


def fetch(number, items):
    """Items of a FETCH, in no order; what is told unasked with them left out."""
    told = {}
    for name, value in zip(items[::2], items[1::2]):
        name = name.upper()
        if name == b"FLAGS":
            told[name] = flags(value)
        elif name in (b"INTERNALDATE", b"SAVEDATE"):
            told[name] = b"a date"
        elif name not in (b"MODSEQ",):
            # what is not there is NIL or has no octets
            told[name.replace(b'"', b"")] = repr(value if value != b"NIL" else b"")
    if set(told) == {b"UID", b"FLAGS"} or b"MODSEQ" in items:
        told.pop(b"UID", None)
    return ("FETCH", number, tuple(sorted(told.items())))


def normal(response):
    """What of a response every server must say; none where that is nothing."""
    first, _, rest = response.partition(b" ")
    word, _, rest = rest.partition(b" ")
    if first == b"+":
        return ("+",)
    if first != b"*":
        code = re.match(rb"\[(APPENDUID|COPYUID|READ-ONLY|READ-WRITE|MODIFIED)( [^\]]*)?\]", rest)
        numbers = code and code[2] and code[1] in (b"APPENDUID", b"COPYUID") and code[2].split()[1:]
        numbers = [re.sub(rb"(\d+),(\d+)$", rb"\1:\2", part) for part in numbers or []]
        return (first, b"OK" if word == b"OK" else b"refused", code and code[1], tuple(numbers))
    if word.isdigit():
        kind, _, rest = rest.partition(b" ")
        if kind == b"FETCH":
            return fetch(int(word), tokens(rest)[0])
        return None if kind == b"RECENT" else (kind, int(word))
    if word == b"OK":
        code = re.match(rb"\[([A-Z-]+) ?([^\]]*)", rest)
        if not code or code[1] not in (b"UIDNEXT", b"COPYUID", b"APPENDUID"):
            return None
        return (word, code[1], code[2].split()[-1:] if code[1] == b"UIDNEXT" else ())
    if word in (b"LIST", b"LSUB"):
        attributes, separator, name, *more = tokens(rest)
        kept = {a.lower() for a in attributes} - {b"\\noinferiors", b"\\unmarked", b"\\marked", b"\\subscribed", b"\\hasnochildren"}
        return (word, tuple(sorted(kept)), separator, name, repr(more))
    if word == b"STATUS":
        name, items = tokens(rest)
        told = dict(zip(items[::2], items[1::2]))
        return (word, name, tuple((k, v) for k, v in sorted(told.items()) if k not in UNLIKE))
    if word == b"FLAGS":
        return (word, flags(tokens(rest)[0]))
    if word == b"ESEARCH":
        items = tokens(re.sub(rb" MODSEQ \d+", b"", rest))
        return (word, repr(items[0]), tuple(sorted(map(repr, items[1:]))))
    if word == b"SEARCH":
        return (word, re.sub(rb" ?\(MODSEQ \d+\)", b"", rest))
    return None if word in (b"CAPABILITY", b"ID", b"NO", b"BAD", b"BYE", b"ENABLED") else (word, rest)


def count(responses):
    """How many of them every server must say."""
    return len([response for response in responses if normal(response)])


# numbers that are each server's own
UNLIKE = (b"UIDVALIDITY", b"HIGHESTMODSEQ", b"RECENT", b"MAILBOXID", b"APPENDLIMIT", b"DELETED-STORAGE")


def content(file):
    """A message as it was delivered, with the trace field of its delivery."""
    return b"Return-Path: <bruno@b.mssante.fr>\r\n" + (SCRIPTS / file).read_bytes().replace(b"\n", b"\r\n")


def append(session, file, given):
    data = content(file)
    head = f'x APPEND INBOX ({given}) "22-Nov-2026 10:00:00 +0000" {{{len(data)}+}}\r\n'
    session.send(head.encode() + data + b"\r\n")
    session.hear(lambda lines: any(line.startswith(b"x ") for line in lines))


def prepare():
    shutil.rmtree(HOME, ignore_errors=True)
    (HOME / "home").mkdir(parents=True)
    (HOME / "dovecot.conf").write_text(CONFIG.format(home=HOME, uid=USER.pw_uid, gid=USER.pw_gid))
    for path in (HOME, HOME / "home") if AS_USER else ():
        os.chown(path, USER.pw_uid, USER.pw_gid)
    # whoever it runs as must get through to its folder
    HOME.parent.chmod(0o755)


def play(path):
    """The differences of one script."""
    settings, groups = parse(path)
    if ("dovecot", "agrees") not in settings:
        return None
    prepare()
    setting = Session(HOME)
    for key, value in settings:
        if key == "message":
            file, _, given = value.partition(" ")
            append(setting, file, given)
    begin, sessions, wrong = dict(settings)["begin"], [], []

    def connect():
        session = Session(HOME)
        if begin == "selected":
            session.send(b"s SELECT INBOX\r\n")
            session.hear(lambda lines: any(line.startswith(b"s ") for line in lines))
        sessions.append(session)
        return session

    current = connect()
    for group in groups:
        wanted = group["answers"]
        if group["kind"] == "C":
            current.send(group["data"])
        elif group["cue"].startswith("session "):
            number = int(group["cue"].split()[1])
            current = sessions[number - 1] if number <= len(sessions) else connect()
        elif group["cue"].endswith(" is delivered"):
            append(setting, group["cue"].split()[0], "")
        if not wanted:
            continue

        def enough(heard, wanted=wanted):
            ends = [line for line in wanted if line[:1] != b"*"]
            told = [line for line in heard if line[:1] != b"*"]
            return len(told) >= len(ends) if ends else count(heard) >= count(wanted)

        heard = current.hear(enough, 3 if group["excused"] else 10)
        compared = [sorted(map(repr, filter(None, map(normal, lines)))) for lines in (wanted, heard)]
        if compared[0] != compared[1] and not group["excused"]:
            only = [[line for line in a if line not in b] for a, b in (compared, compared[::-1])]
            what = group.get("data", group.get("cue", ""))
            wrong.append(f"{path.name}: {what!r}\n  script:  {only[0]}\n  dovecot: {only[1]}")
    for session in [setting, *sessions]:
        session.end()
    return wrong


def main():
    played, wrong = 0, []
    for path in sorted(SCRIPTS.glob("*.t")):
        found = play(path)
        played += found is not None
        wrong += found or []
    print("\n".join(wrong))
    print(f"{played} scripts, {len(wrong)} differences")
    sys.exit(1 if wrong or not played else 0)


main()
