# Our own store fails in the middle of the content: no end of data is sent, or half a message would be taken.
message: jean@b.fr to claire@a.fr
content: first half\r\n
then: the store fails
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
C: DATA
S: 250 OK
S: 250 OK
S: 354 go on
C: first half
-- outcomes: failed (Storage)
-- failed: Storage at Content
-- connection closed
