# A 421 of the session ends the connection, whatever it answers.
# [rfc5321#3.8]
tls: implicit
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C: MAIL FROM:<disk@b.fr>
S: 421 4.3.2 too busy now, try again later
-- connection closed
