# Thunderbird: AUTHENTICATE PLAIN without initial response.
# [rfc3501#6.2.2] [clients#imap-what-clients-do]
begin: in TLS
S: * OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN AUTH=LOGIN ID] Sceau ready
C: 1 authenticate PLAIN
S: + 
C: AGFubmVAYS5tc3NhbnRlLmZyAGNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==
S: 1 OK [CAPABILITY IMAP4rev1 LITERAL+ UTF8=ACCEPT ID ENABLE NAMESPACE LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE IDLE UNSELECT UIDPLUS MOVE] AUTHENTICATE completed
C: 2 LOGOUT
S: * BYE logging out
S: 2 OK LOGOUT completed
-- connection closed
