#!/usr/bin/env python3
"""Debian's Postfix (client certificates required) -> LMTP -> Dovecot, set up in a folder, on loopback, as root.

The other side of `benches/compare/run`: both servers take the same load from `sceau load smtp`, durable on both
sides (Postfix syncs its queue files, Dovecot its mail files). Usage:

    with Pair(folder, certificates) as pair: ... pair.port ... pair.delivered() ... pair.pids()

`certificates` is a dict with the paths `ca`, `cert` and `key`.
"""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

DOMAIN = "bench.mssante.fr"

MASTER = """\
127.0.0.1:{port} inet n - n - 200 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

MAIN = """\
compatibility_level = 3.6
queue_directory = {dir}/spool
data_directory = {dir}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.{domain}
mydestination =
mynetworks =
maillog_file = {dir}/log/postfix.log
maillog_file_prefixes = {dir}/log
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = static:ok
virtual_transport = lmtp:unix:{dir}/lmtp
message_size_limit = 70000000
virtual_mailbox_limit = 0
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_CAfile = {ca}
smtpd_tls_ask_ccert = yes
smtpd_tls_req_ccert = yes
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
lmtp_destination_concurrency_limit = 20
lmtp_destination_recipient_limit = 1
default_process_limit = 200
# By default Postfix pauses each client for a second while more comes in than goes out: that would measure the pause.
in_flow_delay = 0s
inet_protocols = ipv4
"""

DOVECOT = """\
base_dir = {dir}/dovecot-run
state_dir = {dir}/dovecot-state
log_path = {dir}/log/dovecot.log
protocols = lmtp
ssl = no
mail_location = sdbox:{dir}/mail/%n
mail_fsync = always
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
default_internal_user = dovecot
default_login_user = dovenull
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={dir}/mail/%n allow_all_users=yes
}}
service lmtp {{
  process_min_avail = 2
  process_limit = 30
  unix_listener {dir}/lmtp {{
    mode = 0666
  }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Pair:
    """The two servers, running between `__enter__` and `__exit__`."""

    def __init__(self, folder, certificates):
        self.dir = pathlib.Path(folder).resolve()
        self.certificates = certificates
        self.port = free_port()
        self.conf = self.dir / "postfix"
        self.dovecot = None

    def __enter__(self):
        for name in ["spool", "data", "log", "postfix", "mail", "dovecot-run", "dovecot-state"]:
            (self.dir / name).mkdir(parents=True, exist_ok=True)
        os.chmod(self.dir, 0o755)
        postfix, nobody = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
        os.chown(self.dir / "data", postfix.pw_uid, postfix.pw_gid)
        os.chown(self.dir / "mail", nobody.pw_uid, nobody.pw_gid)
        (self.conf / "master.cf").write_text(MASTER.format(port=self.port))
        (self.conf / "main.cf").write_text(MAIN.format(dir=self.dir, domain=DOMAIN, **self.certificates))
        (self.dir / "dovecot.conf").write_text(DOVECOT.format(dir=self.dir))
        self.dovecot = subprocess.Popen(["dovecot", "-F", "-c", str(self.dir / "dovecot.conf")])
        subprocess.run(["postfix", "-c", str(self.conf), "start"], check=True, stderr=subprocess.DEVNULL)
        self._wait_for(lambda: (self.dir / "lmtp").exists() and self._listens())
        return self

    def __exit__(self, *_):
        subprocess.run(["postfix", "-c", str(self.conf), "stop"], check=False, stderr=subprocess.DEVNULL)
        self.dovecot.send_signal(signal.SIGTERM)
        self.dovecot.wait(timeout=20)

    def clear(self):
        """Empties every mailbox, so that runs are alike."""
        for mailbox in (self.dir / "mail").iterdir():
            shutil.rmtree(mailbox)

    def delivered(self):
        """Messages in mailboxes."""
        return sum(1 for _ in (self.dir / "mail").glob("*/mailboxes/INBOX/dbox-Mails/u.*"))

    def pids(self):
        """The processes of both servers, for their CPU time."""
        roots = [self.dovecot.pid, int((self.dir / "spool/pid/master.pid").read_text())]
        return roots + [pid for root in roots for pid in descendants(root)]

    def _listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def _wait_for(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"Postfix or Dovecot did not start: see {self.dir}/log")
            time.sleep(0.05)


def descendants(pid):
    """All processes below this one."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child)] + descendants(int(child))
    return found
