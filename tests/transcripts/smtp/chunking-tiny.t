# Chunks that cost more than they bring are counted.
tls: implicit
tiny chunks: 2
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C> MAIL FROM:<jean@b.fr>\r\nRCPT TO:<claire@a.fr>\r\nBDAT 1\r\naBDAT 1\r\nbBDAT 1\r\ncBDAT 1\r\nd
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 250 2.0.0 1 octets received
S: 250 2.0.0 1 octets received
S: 421 4.7.0 too many errors, closing
-- transaction dropped: Some(TooManyErrors)
-- ending: TooManyErrors
-- connection closed
