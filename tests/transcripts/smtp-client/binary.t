# Binary content goes to a peer that takes it, octet for octet.
# [rfc3030#3]
message: jean@b.fr to claire@a.fr
needs: binary
content: a\0b\r\n
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 ready for TLS
-- TLS handshake
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250-CHUNKING
S: 250 BINARYMIME
C: MAIL FROM:<jean@b.fr> BODY=BINARYMIME
S: 250 OK
C: RCPT TO:<claire@a.fr>
S: 250 OK
C: BDAT 5 LAST
C: a\x00b
S: 250 OK
-- outcomes: delivered (250 OK)
C: QUIT
S: 221 2.0.0 bye
-- connection closed
