# What was said before TLS is forgotten: without a new greeting there is no transaction, and no second STARTTLS.
# [rfc3207#4.2]
profile: operators
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C: STARTTLS
S: 220 2.0.0 ready for TLS
-- TLS handshake
C: MAIL FROM:<jean@b.fr>
S: 503 5.5.1 not now: another command must come first
C: HELO mx.b.fr
S: 250 mx.a.fr
C: STARTTLS
S: 503 5.5.1 not now: another command must come first
C: MAIL FROM:<jean@b.fr>
S: 250 2.1.0 sender OK
C: QUIT
S: 221 2.0.0 bye
-- transaction dropped: None
-- connection closed
