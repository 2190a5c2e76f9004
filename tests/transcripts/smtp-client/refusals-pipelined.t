# A sender that is refused, recipients that are all refused, and a 354 that helps nobody.
# [rfc2920#3.1]
message: stranger@b.fr to claire@a.fr paul@a.fr
message: jean@b.fr to unknown@a.fr
message: jean@b.fr to unknown@a.fr
message: jean@b.fr to claire@a.fr
content: unused
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
C: MAIL FROM:<stranger@b.fr> SIZE=30
C: RCPT TO:<claire@a.fr>
C: RCPT TO:<paul@a.fr>
C: DATA
S: 550 5.7.1 not yours
S: 503 5.5.1 no
S: 250 2.1.5 odd
S: 503 5.5.1 no
-- outcomes: refused (550 5.7.1 not yours) | refused (550 5.7.1 not yours)
C: MAIL FROM:<jean@b.fr> SIZE=30
C: RCPT TO:<unknown@a.fr>
C: DATA
S: 250 OK
S: 550 5.1.1 unknown
S: 554 5.5.1 no valid recipients
C: RSET
-- outcomes: refused (550 5.1.1 unknown)
S: 250 OK
C: MAIL FROM:<jean@b.fr> SIZE=30
C: RCPT TO:<unknown@a.fr>
C: DATA
S: 250 OK
S: 550 5.1.1 unknown
S: 354 go on
C: .
S: 554 5.5.1 no valid recipients
-- outcomes: refused (550 5.1.1 unknown)
C: MAIL FROM:<jean@b.fr> SIZE=30
C: RCPT TO:<claire@a.fr>
C: DATA
S: 250 OK
S: 250 OK
S: 451 4.3.0 not now
C: RSET
-- outcomes: deferred (451 4.3.0 not now)
S: 250 OK
C: QUIT
S: 221 bye
-- connection closed
