# What the sender asked travels on to a peer that knows of it.
# [rfc8689#2] [rfc2852#4] [rfc6710#3] [rfc3461#4] [proofs#xsceau]
message: jean@b.fr to claire@a.fr
needs: dsn
needs: requiretls
needs: priority
needs: back in a minute
content: x\r\n
message: jean@b.fr to claire@a.fr
needs: told in a minute
content: x\r\n
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
S: 250-DSN
S: 250-REQUIRETLS
S: 250-XSCEAU
S: 250-MT-PRIORITY
S: 250 DELIVERBY 30
C: MAIL FROM:<jean@b.fr> RET=HDRS ENVID=a+2Bb+20c REQUIRETLS BY=60;R XSCEAU MT-PRIORITY=4
C: RCPT TO:<claire@a.fr> NOTIFY=NEVER
C: DATA
S: 250 OK
S: 250 OK
S: 354 OK
C: x
C: .
S: 250 OK
-- outcomes: delivered (250 OK)
C: MAIL FROM:<jean@b.fr> BY=60;N XSCEAU
C: RCPT TO:<claire@a.fr>
C: DATA
S: 250 OK
S: 250 OK
S: 354 OK
C: x
C: .
S: 250 OK
-- outcomes: delivered (250 OK)
C: QUIT
S: 221 2.0.0 bye
-- connection closed
