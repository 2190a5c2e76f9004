#!/usr/bin/env python3
"""Receipts as a person's client sees them: receipts.py INFO SCEAU.

Bruno, at the second operator of the demonstration, writes to Claire, at the first, with NOTIFY=SUCCESS,FAILURE and
Disposition-Notification-To. Python's smtplib sends, imaplib fetches, and its email parser reads what comes back.
"""

import email
import email.policy
import imaplib
import json
import smtplib
import ssl
import subprocess
import sys
import time
from email.message import EmailMessage

info = json.load(open(sys.argv[1], encoding="utf-8"))
sceau = sys.argv[2]
there, here = info["operators"][0], info["operators"][1]
tls = ssl.create_default_context(cafile=here["ca"])
(claire, claires_password), (bruno, brunos_password) = [
    (operator["users"][0]["address"], operator["users"][0]["password"]) for operator in (there, here)
]


def command(operator, *arguments):
    done = subprocess.run([sceau, *arguments, "--config", operator["config"]], capture_output=True, text=True)
    assert done.returncode == 0, done
    return done.stdout


def mailbox(operator, user, password):
    host, port = operator["imaps"].rsplit(":", 1)
    imap = imaplib.IMAP4_SSL(host, int(port), ssl_context=tls)
    imap.login(user, password)
    imap.select("INBOX")
    return imap


def send(message, recipient, options):
    host, port = here["submissions"].rsplit(":", 1)
    with smtplib.SMTP_SSL(host, int(port), context=tls) as smtp:
        smtp.login(bruno, brunos_password)
        mail = ["RET=HDRS", "ENVID=QQ314159"]
        refused = smtp.sendmail(bruno, [recipient], message.as_bytes(policy=email.policy.SMTP), mail, options)
        assert refused == {}, refused


def wait_for(imap, criterion):
    """The newest message that fits, once there is one."""
    for _ in range(600):
        imap.noop()
        found = imap.search(None, criterion)[1][0].split()
        if found:
            raw = imap.fetch(found[-1], "(BODY[])")[1][0][1]
            return email.message_from_bytes(raw, policy=email.policy.default)
        time.sleep(0.1)
    raise SystemExit(f"nothing in time: {criterion}")


def letter(recipient, number):
    message = EmailMessage()
    message["From"], message["To"] = bruno, recipient
    message["Subject"] = f"Compte rendu {number} d'opération"
    message["Message-ID"] = f"<cr-{number}@essai>"
    message["References"] = "<avant@essai>"
    message["Disposition-Notification-To"] = bruno
    message.set_content("Bonjour,\n\nvoici le compte rendu demandé.\n")
    return message


def machine_part(report, report_type):
    """The blocks of fields for programs, as Python's parser makes them of a report."""
    assert report.get_content_type() == "multipart/report", report.get_content_type()
    assert report.get_param("report-type") == report_type
    assert report["Auto-Submitted"].startswith("auto-")
    assert report["Return-Path"] == "<>", report["Return-Path"]
    assert not report.defects and not any(part.defects for part in report.walk()), "a report without a defect"
    parts = list(report.iter_parts())
    assert len(parts) == 3, [part.get_content_type() for part in parts]
    return parts


def proofs(part):
    names = [attached.get_filename() for attached in part.walk() if attached.get_filename()]
    assert names and all(name.endswith(".preuve") for name in names), names
    for attached in part.walk():
        if attached.get_filename():
            assert attached.get_payload(decode=True).startswith(b"sceau-preuve/v1\n")
    return names


def states(number):
    told = json.loads(command(here, "trace", "--message-id", f"<cr-{number}@essai>", "--json"))
    return {state["recipient"]: (state["state"], state["word"]) for state in told["states"]}


command(there, "account", "receipts", claire, "automatic")
inbox = mailbox(here, bruno, brunos_password)

# 1. Delivered: the recipient's operator says so, with its proof, and our server records it by its word.
send(letter(claire, 1), claire, ["NOTIFY=SUCCESS,FAILURE"])
delivered = wait_for(inbox, 'HEADER In-Reply-To "<cr-1@essai>"')
human, machine, returned = machine_part(delivered, "delivery-status")
assert delivered["In-Reply-To"] == "<cr-1@essai>" and delivered["References"] == "<avant@essai> <cr-1@essai>"
assert "Authentication-Results" in delivered and "x-mssante=pass" in delivered["Authentication-Results"]
assert claire in human.get_body().get_content() and "ne dit pas qu'il a été lu" in human.get_body().get_content()
per_message, per_recipient = machine.get_payload()
assert per_message["Original-Envelope-Id"] == "QQ314159", per_message.items()
assert per_recipient["Action"] == "delivered" and per_recipient["Status"].startswith("2."), per_recipient.items()
assert per_recipient["Final-Recipient"] == f"rfc822; {claire}"
assert returned.get_content_type() == "text/rfc822-headers" and b"<cr-1@essai>" in returned.get_payload(decode=True)
assert any("deliver" in name for name in proofs(human))
state, word = states(1)[claire]
assert state == "delivered" and word.startswith("prouvé par l'opérateur CN="), (state, word)

# 2. Read: Claire's server answers in her name, once, because she lets it.
claires = mailbox(there, claire, claires_password)
shown = wait_for(claires, 'HEADER Message-ID "<cr-1@essai>"')
assert shown["X-Sceau-Operator"].startswith("dn=CN="), shown["X-Sceau-Operator"]
assert f"for <{claire}>" in shown.get_all("Received")[0], shown.get_all("Received")
read = wait_for(inbox, 'HEADER In-Reply-To "<cr-1@essai>" SUBJECT "lecture"')
human, machine, returned = machine_part(read, "disposition-notification")
fields = machine.get_payload()[0]
assert fields["Original-Message-ID"] == "<cr-1@essai>" and fields["Final-Recipient"] == f"rfc822; {claire}"
assert fields["Disposition"].endswith("; displayed"), fields.items()
assert claire in read["From"] and read["References"].endswith("<cr-1@essai>")
assert any("open" in name for name in proofs(human))
claires.select("INBOX")
flags = claires.fetch(claires.search(None, 'HEADER Message-ID "<cr-1@essai>"')[1][0].split()[-1], "(FLAGS)")[1][0]
assert b"$MDNSent" in flags, flags
state, word = states(1)[claire]
assert state == "opened" and word.startswith("prouvé par l'opérateur CN="), (state, word)

# 3. Refused by the other operator: the failure comes from our own server, with the proof of the refusal.
nobody = "personne@" + there["domain"]
send(letter(nobody, 2), nobody, ["NOTIFY=FAILURE"])
failed = wait_for(inbox, 'HEADER In-Reply-To "<cr-2@essai>"')
human, machine, returned = machine_part(failed, "delivery-status")
per_message, per_recipient = machine.get_payload()
assert per_recipient["Action"] == "failed" and per_recipient["Status"] == "5.1.1", per_recipient.items()
assert any("relay-fail" in name for name in proofs(human))
assert states(2)[nobody][0] == "failed"

# 4. NOTIFY=NEVER is silence: a later message's report comes, this one's never does.
send(letter(nobody, 3), nobody, ["NOTIFY=NEVER"])
send(letter(nobody, 4), nobody, ["NOTIFY=FAILURE"])
wait_for(inbox, 'HEADER In-Reply-To "<cr-4@essai>"')
assert states(3)[nobody][0] == "failed"
assert inbox.search(None, 'HEADER In-Reply-To "<cr-3@essai>"')[1][0] == b"", "silence was asked for"

# 5. Nothing was asked: the other operator's server returns its proof to ours all the same (XSCEAU), and nobody's mailbox
# sees it.
send(letter(claire, 5), claire, ["NOTIFY=NEVER"])
for _ in range(600):
    state, word = states(5)[claire]
    if state == "delivered":
        break
    time.sleep(0.1)
assert state == "delivered" and word.startswith("prouvé par l'opérateur CN="), (state, word)
assert inbox.search(None, 'HEADER In-Reply-To "<cr-5@essai>"')[1][0] == b"", "a return is in nobody's mailbox"
assert inbox.search(None, 'HEADER X-Sceau-Return "proofs"')[1][0] == b""

# 6. The sender's dossier of the message that was read: delivery and opening by the other operator's own proofs.
done = subprocess.run(
    [sceau, "proof", "dossier", "--message-id", "<cr-1@essai>", "--json", "--config", here["config"]],
    capture_output=True, text=True,
)
assert done.returncode in (0, 3), done
(recipient,) = json.loads(done.stdout)["recipients"]
assert recipient["state"] == "opened" and recipient["recipient"] == claire, recipient
proved = {event["event"]: event["peer_proof"] for event in recipient["events"] if event["peer_proof"]}
assert set(proved) == {"deliver", "open"}, recipient
assert all(there["domain"] in proof["log"] and proof["result"] != "invalid" for proof in proved.values()), proved

# Nobody reports on a report: what the two servers sent each other is in nobody's queue any more.
for operator in (here, there):
    assert "postmaster" not in command(operator, "queue", "list", "--json"), "a report waits"
print("receipts: all as expected")
