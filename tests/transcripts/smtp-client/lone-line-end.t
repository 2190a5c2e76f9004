# Content with a lone LF is not sent on, nor repaired: the connection is dropped before an end of data.
# [rfc5321#2.3.8]
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
S: 250-SIZE 1000
S: 250 8BITMIME
C: MAIL FROM:<jean@b.fr> SIZE=30
C: RCPT TO:<claire@a.fr>
C: DATA
S: 250 OK
S: 250 OK
S: 354 go on
-- outcomes: failed (BareLineEnd)
-- failed: BareLineEnd at Content
-- connection closed
