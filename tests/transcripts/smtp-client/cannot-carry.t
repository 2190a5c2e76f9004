# Messages that this peer cannot be given: too large, or with 8-bit content or headers that it does not take.
# [rfc1870#5] [rfc6152#3] [rfc6531#3.2]
message: jean@b.fr to claire@a.fr
needs: 1001
message: jean@b.fr to claire@a.fr
needs: 8bit
message: jean@b.fr to claire@a.fr jérôme@a.fr
message: jean@b.fr to claire@a.fr
needs: utf8
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 ready for TLS
-- TLS handshake
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 SIZE 1000
-- outcomes: failed (MessageTooLarge)
-- outcomes: failed (PeerCannotCarry)
-- outcomes: failed (Utf8Needed) | failed (Utf8Needed)
-- outcomes: failed (Utf8Needed)
C: QUIT
S: 221 bye
-- connection closed
