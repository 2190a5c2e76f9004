# After ten refusals before login the connection ends.
# [rfc3501#6.2.3]
begin: in TLS
S: * OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR AUTH=PLAIN AUTH=LOGIN ID] Sceau ready
C: a LOGIN a b
C: a LOGIN a b
C: a LOGIN a b
C: a LOGIN a b
C: a LOGIN a b
C: a LOGIN a b
C: a LOGIN a b
C: a LOGIN a b
C: a LOGIN a b
C: a LOGIN a b
C: a LOGIN a b
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
S: * BYE [LIMIT] too many errors, closing
-- connection closed
