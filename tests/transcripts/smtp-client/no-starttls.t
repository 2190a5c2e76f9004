# A server that offers no STARTTLS is told nothing.
# [rfc3207#4] [mss#4]
message: jean@b.fr to claire@a.fr
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 SIZE 1000
-- failed: PeerWithoutTls at Hello
-- connection closed
