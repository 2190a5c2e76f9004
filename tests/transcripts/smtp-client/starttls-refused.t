# A server that offers STARTTLS and cannot do it.
message: jean@b.fr to claire@a.fr
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 STARTTLS
C: STARTTLS
S: 454 4.7.0 not now
-- failed: PeerWithoutTls at Hello
-- connection closed
