# Two messages on one connection to a server that knows pipelining.
# [rfc3207#4] [mss#4] [rfc2920#3] [rfc5321#4.1.1.1] [rfc5321#4.5.2]
message: jean@b.fr to claire@a.fr paul@a.fr
needs: 8bit
content: Subject: essai\r
content: \n\r\n.po
content: int \xe9
message: <> to claire@a.fr
content: second\r\n
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
C: MAIL FROM:<jean@b.fr> SIZE=30 BODY=8BITMIME
C: RCPT TO:<claire@a.fr>
C: RCPT TO:<paul@a.fr>
C: DATA
S: 250 2.1.0 OK
S: 250 2.1.5 OK
S: 550 5.1.1 unknown
S: 354 go on
C: Subject: essai
C: 
C: ..point \xe9
C: .
S: 250 2.0.0 queued as 17
-- outcomes: delivered (250 2.0.0 queued as 17) | refused (550 5.1.1 unknown)
C: MAIL FROM:<> SIZE=30
C: RCPT TO:<claire@a.fr>
C: DATA
S: 250 2.1.0 OK
S: 250 2.1.5 OK
S: 354 go on
C: second
C: .
S: 451 4.3.1 no room
-- outcomes: deferred (451 4.3.1 no room)
C: QUIT
S: 221 2.0.0 bye
-- connection closed
