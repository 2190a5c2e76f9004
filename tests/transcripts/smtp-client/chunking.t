# A peer with CHUNKING gets counted octets: no dot-stuffing, no end of data. The line end that the last line lacks is added.
# [rfc3030#2] [rfc2920#3]
message: jean@b.fr to claire@a.fr paul@a.fr
content: Subject: essai\r
content: \n\r\n.
content: point
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
S: 250 CHUNKING
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
C: RCPT TO:<paul@a.fr>
S: 250 2.1.0 OK
S: 250 2.1.5 OK
S: 550 5.1.1 unknown
C: BDAT 26 LAST
C: Subject: essai
C: 
C: .point
S: 250 2.0.0 queued as 17
-- outcomes: delivered (250 2.0.0 queued as 17) | refused (550 5.1.1 unknown)
C: MAIL FROM:<>
C: RCPT TO:<claire@a.fr>
S: 250 2.1.0 OK
S: 250 2.1.5 OK
C: BDAT 8 LAST
C: second
S: 451 4.3.1 no room
-- outcomes: deferred (451 4.3.1 no room)
C: QUIT
S: 221 2.0.0 bye
-- connection closed
