# A peer that cannot keep what was asked is not given the message: binary content, REQUIRETLS, a time that matters.
# [rfc3030#3] [rfc8689#4] [rfc2852#4]
message: jean@b.fr to claire@a.fr
needs: binary
message: jean@b.fr to claire@a.fr
needs: requiretls
message: jean@b.fr to claire@a.fr
needs: back in a minute
message: jean@b.fr to claire@a.fr
needs: told in a minute
needs: priority
content: x\r\n
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 ready for TLS
-- TLS handshake
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250-PIPELINING
S: 250 BINARYMIME
-- outcomes: failed (PeerWithoutBinary)
-- outcomes: failed (PeerWithoutRequireTls)
-- outcomes: failed (PeerWithoutDeliverBy)
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
C: DATA
S: 250 OK
S: 250 OK
S: 354 OK
C: x
C: .
S: 250 OK
-- outcomes: delivered (250 OK)
C: QUIT
S: 221 2.0.0 bye
-- connection closed
