# Probing for addresses is limited; so are commands that bring nothing forward.
tls: implicit
refusals: 2
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C: MAIL FROM:<jean@b.fr>
S: 250 2.1.0 sender OK
C: RCPT TO:<unknown@a.fr>
S: 550 5.1.1 there is no such mailbox here
C: RCPT TO:<unknown@a.fr>
S: 550 5.1.1 there is no such mailbox here
S: 421 4.7.0 too many errors, closing
-- transaction dropped: Some(TooManyErrors)
-- ending: TooManyErrors
-- connection closed
