# A peer's LIMITS are kept to: no more recipients in a transaction, no more messages on a connection.
# [rfc9422#4]
message: jean@b.fr to claire@a.fr paul@a.fr marie@a.fr
content: x\r\n
message: jean@b.fr to claire@a.fr
content: x\r\n
message: jean@b.fr to never@a.fr
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
S: 250 LIMITS RCPTMAX=2 mailmax=2 RCPTDOMAINMAX=x
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
C: RCPT TO:<paul@a.fr>
C: DATA
S: 250 OK
S: 250 OK
S: 250 OK
S: 354 OK
C: x
C: .
S: 250 OK
-- outcomes: delivered (250 OK) | delivered (250 OK) | failed (TooManyRecipients)
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
C: DATA
S: 250 OK
S: 250 OK
S: 354 OK
C: x
C: .
S: 250 OK
C: QUIT
-- outcomes: delivered (250 OK)
S: 221 2.0.0 bye
-- connection closed
