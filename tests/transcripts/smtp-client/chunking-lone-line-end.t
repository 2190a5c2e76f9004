# Chunks could carry it, but the next server's DATA could not: content with a lone LF is not sent on.
# [rfc5321#2.3.8] [rfc3030#2]
message: jean@b.fr to claire@a.fr
content: first\n.\nMAIL FROM:<forged@b.fr>\n
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 ready for TLS
-- TLS handshake
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250-PIPELINING
S: 250 CHUNKING
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
S: 250 OK
S: 250 OK
-- outcomes: failed (BareLineEnd)
-- failed: BareLineEnd at Content
-- connection closed
