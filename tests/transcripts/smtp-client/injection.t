# Replies in clear behind the 220 to STARTTLS would be taken for replies in TLS.
# [rfc3207#4.2]
message: jean@b.fr to claire@a.fr
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 STARTTLS
C: STARTTLS
S: 220 ready
S: 250 forged
-- failed: PeerProtocol at Handshake
-- connection closed
