# Input in clear behind STARTTLS would be taken for commands in TLS.
# [rfc3501#6.2.1] [clients#starttls-injection]
begin: in clear
S: * OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR LOGINDISABLED ID STARTTLS] Sceau ready
C: a STARTTLS
C: b LOGIN anne@a.mssante.fr "correct horse battery"
S: a OK begin TLS now
S: * BYE bytes in clear after STARTTLS, closing
-- connection closed
