# A 421 at any time ends the connection; the recipients are tried again later.
# [rfc5321#3.8]
message: jean@b.fr to claire@a.fr unknown@a.fr
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
S: 250-SIZE 1000
S: 250 8BITMIME
C: MAIL FROM:<jean@b.fr> SIZE=30
C: RCPT TO:<claire@a.fr>
C: RCPT TO:<unknown@a.fr>
C: DATA
S: 250 OK
S: 250 OK
S: 550 5.1.1 unknown
S: 421 4.3.2 going down
-- outcomes: deferred (421 4.3.2 going down) | refused (550 5.1.1 unknown)
-- failed: PeerUnreachable at Data
-- connection closed
