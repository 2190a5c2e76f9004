# Enough messages for one connection: announced, and then kept to.
# [rfc9422#4]
tls: implicit
transactions: 2
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250-PIPELINING
S: 250-SIZE 1000
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-ENHANCEDSTATUSCODES
S: 250-CHUNKING
S: 250-BINARYMIME
S: 250-DSN
S: 250-REQUIRETLS
S: 250-XSCEAU
S: 250 LIMITS MAILMAX=2 RCPTMAX=3
C: MAIL FROM:<jean@b.fr>
S: 250 2.1.0 sender OK
C: RSET
S: 250 2.0.0 OK
-- transaction dropped: None
# one that is refused counts too
C: MAIL FROM:<stranger@b.fr>
S: 550 5.7.1 the sender's domain is not listed for this certificate
C: MAIL FROM:<jean@b.fr>
S: 421 4.7.0 enough messages for one connection, open another
-- ending: TooManyMessages
-- connection closed
