# A peer that needs longer than there is.
# [rfc2852#4]
message: jean@b.fr to claire@a.fr
needs: back in a minute
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 ready for TLS
-- TLS handshake
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 DELIVERBY 61
-- outcomes: failed (DeliveryTimeExpired)
C: QUIT
S: 221 2.0.0 bye
-- connection closed
