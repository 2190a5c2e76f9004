# Commands in clear behind STARTTLS, in the same packet or before the handshake, end the connection (CVE-2011-0411).
# [rfc3207#4.2]
profile: operators
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250-STARTTLS
S: 250-PIPELINING
S: 250-SIZE 1000
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-ENHANCEDSTATUSCODES
S: 250-CHUNKING
S: 250-BINARYMIME
S: 250-DSN
S: 250 LIMITS MAILMAX=1000 RCPTMAX=3
C: STARTTLS
C: EHLO forged.b.fr
S: 220 2.0.0 ready for TLS
S: 554 5.5.1 bytes in clear after STARTTLS, closing
-- ending: PlaintextAfterStartTls
-- connection closed
