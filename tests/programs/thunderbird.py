#!/usr/bin/env python3
"""Drives a headless Thunderbird through Marionette: sets up an IMAP account, receives, reads a message.

    thunderbird.py --host 127.0.0.1 --port 993 --user U --ca ca.pem --profile DIR --subject TEXT   (password on stdin)

Prints one JSON line: {"version": …, "subjects": […], "text": "…", "read": true}, then runs on until standard input ends.
Exit status 0 only if the message with the subject was received, displayed and marked as read by Thunderbird itself.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time


class Marionette:
    """The length-prefixed JSON protocol of Mozilla's remote control."""

    def __init__(self, port, deadline):
        self.sock = self._connect(port, deadline)
        self.pending = b""
        self.number = 0
        self._read()

    @staticmethod
    def _connect(port, deadline):
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=180)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _read(self):
        while b":" not in self.pending:
            self._more()
        length, self.pending = self.pending.split(b":", 1)
        while len(self.pending) < int(length):
            self._more()
        message, self.pending = self.pending[: int(length)], self.pending[int(length) :]
        return json.loads(message)

    def _more(self):
        data = self.sock.recv(65536)
        if not data:
            raise SystemExit("Thunderbird closed the remote control")
        self.pending += data

    def call(self, name, **parameters):
        self.number += 1
        message = json.dumps([0, self.number, name, parameters]).encode()
        self.sock.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        if error:
            raise SystemExit(f"{name}: {error.get('error')}: {error.get('message')}\n{error.get('stacktrace', '')}")
        return result

    def run(self, script, *arguments):
        """Runs privileged asynchronous JavaScript; its last argument is the callback."""
        body = "const [" + ", ".join(f"a{i}" for i in range(len(arguments))) + "] = arguments;\n"
        body += "const done = arguments[arguments.length - 1];\n"
        body += "(async () => {" + script + "})().then(v => done({ok: v}), e => done({error: String(e) + '\\n' + e.stack}));"
        result = self.call("WebDriver:ExecuteAsyncScript", script=body, args=list(arguments), newSandbox=True)["value"]
        if "error" in result:
            raise SystemExit(f"script failed: {result['error']}")
        return result.get("ok")


SET_UP = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const [host, port, user, password, ca] = [a0, a1, a2, a3, a4];
const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
for (const pem of ca.split("-----END CERTIFICATE-----").map(p => p.split("-----BEGIN CERTIFICATE-----")[1]).filter(p => p)) {
  db.addCertFromBase64(pem.replace(/\\s/g, ""), "C,,");
}
const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
login.init("imap://" + host, null, "imap://" + host, user, password, "", "");
await Services.logins.addLoginAsync(login);
const server = MailServices.accounts.createIncomingServer(user, host, "imap");
server.port = port;
server.socketType = 3;
server.authMethod = 3;
server.valid = true;
const identity = MailServices.accounts.createIdentity();
identity.email = user;
identity.fullName = "Test";
const account = MailServices.accounts.createAccount();
account.addIdentity(identity);
account.incomingServer = server;
server.performExpand(null);
return server.key;
"""

RECEIVE = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const server = MailServices.accounts.getIncomingServer(a0);
const until = Date.now() + 60000;
const pause = ms => new Promise(r => Cc["@mozilla.org/timer;1"].createInstance(Ci.nsITimer).initWithCallback({ notify: r }, ms, 0));
let subjects = [];
while (Date.now() < until) {
  const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
  if (inbox) {
    inbox.updateFolder(null);
    subjects = [...inbox.messages].map(m => m.mime2DecodedSubject);
    if (subjects.includes(a1)) return subjects;
  }
  await pause(300);
}
throw new Error("not received; seen: " + JSON.stringify(subjects));
"""

READ = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { MailUtils } = ChromeUtils.importESModule("resource:///modules/MailUtils.sys.mjs");
const server = MailServices.accounts.getIncomingServer(a0);
const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const header = [...inbox.messages].find(m => m.mime2DecodedSubject == a1);
const pause = ms => new Promise(r => Cc["@mozilla.org/timer;1"].createInstance(Ci.nsITimer).initWithCallback({ notify: r }, ms, 0));
const win = Services.wm.getMostRecentWindow("mail:3pane");
const about3Pane = win.document.getElementById("tabmail").currentAbout3Pane;
about3Pane.displayFolder(inbox.URI);
const until = Date.now() + 60000;
let text = "";
while (Date.now() < until) {
  about3Pane.selectMessage?.(header);
  const browser = about3Pane.messageBrowser.contentWindow.getMessagePaneBrowser?.();
  text = browser?.contentDocument?.body?.textContent ?? "";
  if (header.isRead && text.trim()) break;
  await pause(300);
}
return { text: text.trim(), read: header.isRead };
"""

PREFERENCES = {
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.spotlight.firstRunDone": True,
    "mail.winsearch.firstRunDone": True,
    "mail.shell.checkDefaultClient": False,
    "mailnews.start_page.enabled": False,
    "mailnews.mark_message_read.auto": True,
    "mailnews.mark_message_read.delay": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "toolkit.telemetry.enabled": False,
    "app.update.enabled": False,
    "app.donation.eoy.version.viewed": 999,
    "network.dns.disablePrefetch": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "extensions.update.enabled": False,
    "mail.rights.version": 1,
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(profile, port):
    profile.mkdir(parents=True, exist_ok=True)
    preferences = PREFERENCES | {"marionette.port": port}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines) + "\n")
    environment = os.environ | {"HOME": str(profile), "MOZ_HEADLESS": "1", "MOZ_MARIONETTE": "1"}
    command = ["thunderbird", "--headless", "--no-remote", "--profile", str(profile), "--marionette", "--remote-allow-system-access"]
    log = open(profile / "thunderbird.log", "wb")
    return subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ["host", "user", "ca", "profile", "subject"]:
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    password = sys.stdin.readline().rstrip("\n")
    port = free_port()
    thunderbird = start(pathlib.Path(options.profile).resolve(), port)
    try:
        remote = Marionette(port, time.monotonic() + 90)
        version = remote.call("WebDriver:NewSession", capabilities={})["capabilities"]["browserVersion"]
        remote.call("WebDriver:SetTimeouts", script=120000)
        remote.call("Marionette:SetContext", value="chrome")
        ca = pathlib.Path(options.ca).read_text()
        key = remote.run(SET_UP, options.host, options.port, options.user, password, ca)
        subjects = remote.run(RECEIVE, key, options.subject)
        shown = remote.run(READ, key, options.subject)
        print(json.dumps({"version": version, "subjects": subjects, **shown}), flush=True)
        # Thunderbird stores \\Seen a moment after it shows the message: the caller says when it has seen that arrive.
        sys.stdin.read()
    finally:
        os.killpg(thunderbird.pid, signal.SIGTERM)
        thunderbird.wait(timeout=30)
    sys.exit(0 if shown["read"] and shown["text"] else 1)


if __name__ == "__main__":
    main()
