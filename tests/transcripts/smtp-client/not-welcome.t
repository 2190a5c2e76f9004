# The peer does not know our certificate: 554 after TLS. That is for its administrator to mend, so it is tried again.
message: jean@b.fr to claire@a.fr
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 ready for TLS
-- TLS handshake
C: EHLO mx.b.fr
S: 554 5.7.1 this certificate is not one of a listed operator
-- failed: PeerUnreachable at Hello
-- connection closed
