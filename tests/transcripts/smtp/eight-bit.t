# Octets above 127 from an operator need BODY=8BITMIME or SMTPUTF8; people's clients are borne with (submission.t).
# [rfc6152#2]
tls: implicit
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C> MAIL FROM:<jean@b.fr>\r\nRCPT TO:<claire@a.fr>\r\nBDAT 6 LAST\r\na\r\n\xe9\r\n
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 554 5.6.3 octets above 127 were not declared, send them with BODY=8BITMIME
-- transaction dropped: Some(EightBitUndeclared)
C: MAIL FROM:<jean@b.fr> BODY=8BITMIME
C: RCPT TO:<claire@a.fr>
C: DATA
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 354 send the message, end with CRLF.CRLF
C> \xe9\r\n.\r\n
-- taken from <jean@b.fr> to claire@a.fr: \xe9\r\n
S: 250 2.0.0 2tra2tra2tra2tra2tra2g
