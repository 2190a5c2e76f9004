# Content in clear is not even read.
# [rfc3207#4]
S: 220 mx.a.fr ESMTP
C> BDAT 6\r\nQUIT\r\n
S: 530 5.7.0 issue STARTTLS first
-- ending: TlsRequired
-- connection closed
