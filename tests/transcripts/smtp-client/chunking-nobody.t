# Nobody is left to send a chunk to: out of the transaction by RSET.
# [rfc3030#2]
message: jean@b.fr to claire@a.fr
content: first\r\n
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
S: 250 2.1.0 OK
S: 450 4.2.0 not now
C: RSET
-- outcomes: deferred (450 4.2.0 not now)
S: 250 OK
C: QUIT
S: 221 2.0.0 bye
-- connection closed
