# Every way to say name and password; one answer for all that is wrong with them.
# [rfc3501#6.2.2] [rfc3501#6.2.3] [rfc4959#3]
begin: in TLS
S: * OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR AUTH=PLAIN AUTH=LOGIN ID] Sceau ready
C: a LOGIN anne@a.mssante.fr wrong
S: a NO [AUTHENTICATIONFAILED] the name or the password is wrong
C: b LOGIN nobody@a.mssante.fr wrong
S: b NO [AUTHENTICATIONFAILED] the name or the password is wrong
C: c LOGIN anne@a.mssante.fr
S: c BAD [CLIENTBUG] the arguments have no valid form
# an initial response with an authorisation identity that is somebody else's
C: d AUTHENTICATE PLAIN YWxhaW5AYS5tc3NhbnRlLmZyAGFubmVAYS5tc3NhbnRlLmZyAGNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==
S: d NO [AUTHENTICATIONFAILED] the name or the password is wrong
# not base64
C: e AUTHENTICATE PLAIN
S: + 
C: ****
S: e BAD [CLIENTBUG] the login exchange has no valid form
# given up
C: f AUTHENTICATE PLAIN
S: + 
C: *
S: f BAD [CLIENTBUG] the login exchange has no valid form
C: g AUTHENTICATE CRAM-MD5
S: g NO [CANNOT] this mechanism is not offered
C: h LOGIN {17}
S: + go ahead
C> anne@a.mssante.fr {21+}\r\ncorrect horse battery\r\n
S: h OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ UTF8=ACCEPT CONDSTORE QRESYNC SEARCHRES PARTIAL WITHIN STATUS=SIZE INPROGRESS OBJECTID SAVEDATE PREVIEW BINARY ID ENABLE NAMESPACE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE QUOTA QUOTA=RES-STORAGE ACL RIGHTS=kxte LIST-MYRIGHTS METADATA LIST-METADATA NOTIFY COMPRESS=DEFLATE UNAUTHENTICATE MULTIAPPEND CATENATE REPLACE IDLE UNSELECT UIDPLUS ESEARCH MULTISEARCH CONTEXT=SEARCH UIDBATCHES SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES MOVE APPENDLIMIT=1048576] LOGIN completed
