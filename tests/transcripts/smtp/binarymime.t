# Any octets, by BDAT only, and only when they were declared.
# [rfc3030#3]
tls: implicit
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C: MAIL FROM:<jean@b.fr> BODY=BINARYMIME
C: RCPT TO:<claire@a.fr>
C: DATA
C> BDAT 8 LAST\r\n\n.\r\0\xff\n.\n
-- asked: binary
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 503 5.5.1 binary content comes by BDAT, not by DATA
-- taken from <jean@b.fr> to claire@a.fr: \n.\r\x00\xff\n.\n
S: 250 2.0.0 2tra2tra2tra2tra2tra2g
